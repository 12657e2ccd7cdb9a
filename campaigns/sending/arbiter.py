"""Who gets a word in: of several messages that want the same person now, the most valuable one goes and the others wait. Pure.

What the merchant says comes first, then what a message of that source brings in, then its kind, then the longer wait.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

GAP = timedelta(minutes=30)
ASK_AGAIN = timedelta(minutes=5)
"""How long a message waits for one that is worth more and about to go, before it asks again whether it went."""
KINDS = ("cell", "journey", "campaign")
"""What goes first while nothing is known of what it brings in: what somebody just left behind, then what they began, then news for many."""


@dataclass(slots=True)
class Candidate:
    """One marketing message that could leave now.

    priority: the merchant's, higher goes first. worth: money one message of its source brings in, in minor units. source: its kind (one
    of `KINDS`, or another that goes last) and id.
    """

    message_id: int
    customer_id: int
    due_at: datetime
    priority: int = 0
    worth: float = 0.0
    source: tuple[str, int] = ("campaign", 0)


@dataclass(frozen=True)
class Contest:
    """How one message did against the others that wanted its person. among: how many there were, itself included.

    by: what decided between it and the winner, or of the winner between it and the next best; one of `RULES`.
    """

    won: bool
    winner: Candidate
    by: str
    among: int

    def told(self) -> dict[str, Any]:
        """Return it as it is kept with a decision: won, by, among, and the winner's message, kind and source."""
        kind, source_id = self.winner.source
        return {
            "won": self.won, "by": self.by, "among": self.among,
            "message": self.winner.message_id, "kind": kind, "source": source_id,
        }  # fmt: skip


RULES = ("priority", "worth", "kind", "wait", "order")


def decide(candidates: Iterable[Candidate]) -> dict[int, Contest]:
    """Return how each message did whose person others wanted too; who is wanted by one message alone is left out."""
    wanted: dict[int, list[Candidate]] = {}
    for candidate in candidates:
        wanted.setdefault(candidate.customer_id, []).append(candidate)
    found: dict[int, Contest] = {}
    for several in wanted.values():
        if len(several) > 1:
            found |= _between(sorted(several, key=_rank))
    return found


def _between(best_first: list[Candidate]) -> Mapping[int, Contest]:
    winner, second = best_first[:2]
    among = len(best_first)
    lost = {one.message_id: Contest(False, winner, _difference(winner, one), among) for one in best_first[1:]}
    return lost | {winner.message_id: Contest(True, winner, _difference(winner, second), among)}


def _difference(winner: Candidate, other: Candidate) -> str:
    return next(rule for rule, one, two in zip(RULES, _rank(winner), _rank(other), strict=True) if one != two)


def _rank(candidate: Candidate) -> tuple[int, float, int, datetime, int]:
    """Return what the lowest of wins; the id makes every tie end the same way."""
    kind = candidate.source[0]
    place = KINDS.index(kind) if kind in KINDS else len(KINDS)
    return -candidate.priority, -candidate.worth, place, candidate.due_at, candidate.message_id
