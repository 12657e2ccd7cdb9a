"""Products and stock in the management API. Copy `products.py` for another kind of row."""
