"""Django's PostgreSQL engine with the store's setting in front of each transaction's first statement.

The wrapper is `base.py`; nothing else belongs here.
"""
