"""Blocked addresses in a statement: who has one is found outside it.

The store keeps digests of blocked addresses, and the key that makes them is not the database's to know.
"""

from dataclasses import dataclass

from segments.rules.windows import Span


@dataclass(frozen=True, slots=True)
class Blocked:
    """Stands among a statement's values for the ids of customers whose address on a channel is blocked.

    reason: only with this one; nothing for any. spans: blocked in one of these stretches of time.
    """

    channel: str
    reason: str
    spans: tuple[Span, ...]
