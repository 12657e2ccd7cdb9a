"""Tools without models or domain: clock, env, money, words, register (pure), fetch and locks.

Nothing here knows a store, a customer or a page. Copy `money.py` for a new pure tool.
"""
