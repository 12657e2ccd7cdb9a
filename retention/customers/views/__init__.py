"""The pages of the customers room, one file a page. Copy `listing.py` for a list, `detail.py` for one thing."""
