"""Coupons: pools of codes, each given to one person with a message and used by one order.

`making.py` puts codes in, `drawing.py` keeps one for a message and gives it with it, `redeeming.py` lets an order use it, `warning.py`
tells before a pool is empty, `reading.py` counts.
"""
