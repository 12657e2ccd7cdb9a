"""Who else wants to hear what customers did, in the transaction in which the journeys read it: upper rooms add themselves at start-up."""

from collections.abc import Callable, Sequence
from datetime import datetime

from retention.customers.models import CustomerEvent
from retention.kit.register import Register

Hearer = Callable[[Sequence[CustomerEvent], datetime], None]
hearers: Register[Hearer] = Register("hearer of news")
"""Each is given the recent events of the customers with news, in the order they happened, and the moment."""


def tell_hearers(events: Sequence[CustomerEvent], *, now: datetime) -> None:
    """Let everybody hear these events, in the caller's transaction."""
    for hear in hearers:
        hear(events, now)
