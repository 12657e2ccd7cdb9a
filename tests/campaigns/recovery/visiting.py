"""Visits told in short, for tests of the recovery plan: what happened, how many minutes after nine."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from campaigns.recovery.rules.behaviour import Moment, Visit, read_moment, visits_of

NINE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
Told = tuple[float, str] | tuple[float, str, Mapping[str, Any]]


def moment(minute: float, name: str, properties: Mapping[str, Any] | None = None, *, context: Mapping[str, Any] | None = None) -> Moment:
    """Return one moment; a name with a stroke before it is the path of a page."""
    kind = "page" if name.startswith("/") else "track"
    said = {"path": name} if kind == "page" else dict(properties or {})
    return read_moment(kind, "" if kind == "page" else name, said, context or {}, at=NINE + timedelta(minutes=minute))


def visit(*told: Told, context: Mapping[str, Any] | None = None) -> Visit:
    """Return one visit of these moments."""
    visits = visits_of(moment(*one, context=context) for one in told)
    assert len(visits) == 1, "these moments make more than one visit"
    return visits[0]
