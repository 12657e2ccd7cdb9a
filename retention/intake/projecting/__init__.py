"""The projection: stored events become customers, consents, baskets and orders, and news for those who read the spine.

`running.py` chooses stores, `batching.py` applies one batch in one transaction, `reading.py` reads names, traits and consents
out of events. What a basket or an order is, is decided in the orders room.
"""

from retention.intake.projecting.running import project_due, project_store

__all__ = ["project_due", "project_store"]
