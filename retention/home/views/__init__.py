"""The pages of this room: `home.py` the first page of a store, `website.py` how its website is connected."""
