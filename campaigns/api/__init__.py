"""The API of the campaigns floor."""
