"""The webhook pages, one file each, all under Settings."""
