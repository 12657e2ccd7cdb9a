"""Intake: the door storefronts speak to. Verify, store durably, answer; then turn what was stored into customers, baskets, orders.

No pages and no sending. The order of work: `door.py` -> `reading.py` -> `writing.py` | later -> `projecting/`.
"""
