"""Mail the product itself owes someone: address checks, resets, invitations, alarms. Never marketing.

One row with a unique key, written in the caller's transaction, claimed and sent by its own loop.
"""
