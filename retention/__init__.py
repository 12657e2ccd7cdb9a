"""Boomerang's front door and ground floor: tenants, customers, intake, and everything the upper floors stand on."""
