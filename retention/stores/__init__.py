"""Stores: the tenant, the people who work in it, its keys, and the audit log of what they did.

Customers and everything they do live above. Copy `models/invitation.py` for another row a store owns.
"""
