"""Shops that tell us themselves: their webhooks verified, stored as they came, and turned into events, products and stock.

`receiving.py` stores, `applying.py` carries out; what a shop's words mean is in `shopify/` and `woocommerce/`, one register each.
A new topic is a line in a shop's register; a new shop is a folder like these and a line in `kinds.py`.
"""
