"""The forms of the customers room, one file a page."""
