"""Stored versions of journeys as typed definitions, parsed once per process: a version never changes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F

from campaigns.journeys.definition import Definition, read_definition
from campaigns.models import Journey, JourneyVersion
from retention.tenancy.context import require_store_id

_MOST_KEPT = 1000
_known: dict[tuple[int, int], Definition] = {}


@dataclass(frozen=True)
class LiveJourney:
    """A journey people can enter now, by which version, and since when."""

    journey_id: int
    version_id: int
    launched_at: datetime
    definition: Definition


def definition_of(version_id: int, data: Any) -> Definition:
    """Return a version's definition; raises DefinitionError for data this release cannot read."""
    key = (require_store_id(), version_id)
    found = _known.get(key)
    if found is None:
        if len(_known) >= _MOST_KEPT:
            _known.clear()
        found = _known[key] = read_definition(data)
    return found


def live_journeys() -> list[LiveJourney]:
    """Return the store's live journeys."""
    rows = JourneyVersion.objects.filter(journey__state=Journey.State.LIVE, number=F("journey__live_number")).select_related("journey")
    return [
        LiveJourney(row.journey_id, row.pk, row.journey.launched_at, definition_of(row.pk, row.definition))
        for row in rows.order_by("journey_id")
    ]


def definitions_of(version_ids: Iterable[int]) -> dict[int, Definition]:
    """Return the definitions of these versions by id."""
    wanted = set(version_ids)
    store_id = require_store_id()
    missing = [pk for pk in wanted if (store_id, pk) not in _known]
    if missing:
        for pk, data in JourneyVersion.objects.filter(pk__in=missing).values_list("pk", "definition"):
            definition_of(pk, data)
    return {pk: _known[store_id, pk] for pk in wanted if (store_id, pk) in _known}
