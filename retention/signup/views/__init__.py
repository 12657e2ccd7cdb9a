"""Pages of the signup room, one file each."""
