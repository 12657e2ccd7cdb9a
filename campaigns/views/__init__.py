"""Pages of the campaigns floor, one file each."""
