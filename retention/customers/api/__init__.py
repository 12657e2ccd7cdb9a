"""Customers and their events in the management API. `fields.py` holds what they say and take; copy `customers.py`."""
