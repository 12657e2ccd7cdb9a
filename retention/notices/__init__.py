"""Mail the product itself owes someone: address checks, resets, invitations, alarms. Never marketing.

`owing.py` writes one row with a unique key in the caller's transaction; `delivering.py` claims and sends it in its own loop.
"""
