"""The door for storefronts: receive, verify, store durably, then project events into customers, carts and orders.

The door (`door.py`, `writing.py`) knows no Django request; the projection (`projecting/`) reads stored events only.
"""
