"""The pages of the orders room, one file a page."""
