"""The campaigns floor."""
