"""Carts and orders as the shop reported them. What we say about them lives in campaigns.

Copy `models/cart.py` for another thing a customer fills or pays.
"""
