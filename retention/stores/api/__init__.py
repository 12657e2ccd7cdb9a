"""The store itself in the management API."""
