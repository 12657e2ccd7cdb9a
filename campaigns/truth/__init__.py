"""Is what a message shows still true? Price, stock, products that are gone, orders placed meanwhile, coupons.

`using.py` knows what a template shows, `deciding.py` (think) what the merchant's rule makes of it, `offers.py` reads the catalogue for a
whole slice, `rules.py` finds the rules, `picking.py` looks over shelves of
products, `showing.py` puts it together before a message is rendered and looks again before it leaves.
"""
