"""The pages of the catalog room, one file a page."""
