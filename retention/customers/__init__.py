"""Customers: who they are, how we know them, what they allowed, and everything that happened to them.

Carts and orders live in `orders`; the door for storefronts is `intake`. Copy `models/consent.py` for another fact about a person.
"""
