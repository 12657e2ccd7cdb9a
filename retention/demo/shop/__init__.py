"""The demo's storefront: a few real pages of Lumen Coffee that use the product as any shop would. Only in the demo.

Browsers speak through `boomerang.js` with the public key, the shop's server through the tracking API with its secret key; nothing here
reaches into the product's tables. Pages: `browsing.py` (list, product, wishes), `buying.py` (basket, checkout, order).
"""
