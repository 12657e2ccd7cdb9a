"""Management commands of the tenancy room."""
