"""Who gets a word in: of several messages that want the same person now, one goes and the others wait. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

GAP = timedelta(minutes=30)


@dataclass(slots=True)
class Candidate:
    """One marketing message that could leave now. Higher priority wins, then the longer wait, then the lower id."""

    message_id: int
    customer_id: int
    due_at: datetime
    priority: int = 0


def winners(candidates: Iterable[Candidate]) -> frozenset[int]:
    """Return the ids of the messages that may go: one for each customer."""
    best: dict[int, Candidate] = {}
    for candidate in candidates:
        current = best.get(candidate.customer_id)
        if current is None or _rank(candidate) < _rank(current):
            best[candidate.customer_id] = candidate
    return frozenset(candidate.message_id for candidate in best.values())


def _rank(candidate: Candidate) -> tuple[int, datetime, int]:
    return -candidate.priority, candidate.due_at, candidate.message_id
