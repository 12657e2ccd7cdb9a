"""Who else wants to know whose news the journeys read, in the same transaction: upper rooms add themselves at start-up."""

from collections.abc import Callable, Sequence
from datetime import datetime

from retention.kit.register import Register

Hearer = Callable[[Sequence[int], datetime], None]
hearers: Register[Hearer] = Register("hearer of news")
"""Each is given the customers with news and the moment, and reads for itself what happened."""


def tell_hearers(customer_ids: Sequence[int], *, now: datetime) -> None:
    """Let everybody hear whose news is read, in the caller's transaction."""
    for hear in hearers:
        hear(customer_ids, now)
