"""Pages of the segments floor, one file each."""
