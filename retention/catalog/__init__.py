"""What the shop sells: categories, products, variants, prices over time and stock per place.

Not here: baskets and orders (orders), supplier offers (fulfillment). Copy `saving.py` for another thing the shop reports.
"""
