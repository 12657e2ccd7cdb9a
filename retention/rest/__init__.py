"""The manners of the API: problem answers, strict JSON, cursor pages, idempotency. Knows no model of any room.

Endpoints live in each room's `api/`. Copy `paging.py` for another piece every endpoint shares.
"""
