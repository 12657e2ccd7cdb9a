"""Outgoing webhooks: what happened in a store, told to the merchant's own addresses by Standard Webhooks.

Rooms above say what happened with `outbox.announce`; `sending.py` delivers. What a type means stands in `types.py`.
"""
