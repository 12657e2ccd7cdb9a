"""Customers and their events in the management API. Copy `customers.py` for another kind of row."""
