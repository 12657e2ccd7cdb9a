"""Pages of the stores room, one file a page: the way in, opening a store, joining one, one's account, and a store's settings."""
