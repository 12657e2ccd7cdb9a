"""The pages of operations staff: the admin's site, what they need first, and the tables of libraries.

A room's own tables are registered in its `admin.py` (copy `retention/orders/admin.py`); nothing here is for a store's people.
"""
