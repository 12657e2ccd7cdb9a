"""The merchant's rules for a slice of messages: of the campaign or journey step first, then of the template."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db.models import Q

from campaigns.models import Message, SendRule
from campaigns.truth.deciding import Rule, merged


class Found(NamedTuple):
    """The rule of one message, and the pool its code is drawn from, if one was named."""

    rule: Rule
    pool_id: int | None


def rules_of(messages: Sequence[Message]) -> dict[int, Found]:
    """Return each message's rule by its id, in one query. messages: with their template's version."""
    places = {message.id: _places(message) for message in messages}
    different = set(places.values())  # many messages have the same few
    rows = SendRule.objects.filter(
        Q(template_id__in={one[1] for found in different for one in found if one[0] == "template"})
        | Q(campaign_id__in={one[1] for found in different for one in found if one[0] == "campaign"})
        | Q(journey_id__in={one[1] for found in different for one in found if one[0] == "journey"})
    )
    by_place = {_place_of(row): row for row in rows}
    answers = {found: _found([by_place[place] for place in found if place in by_place]) for found in different}
    return {pk: answers[found] for pk, found in places.items()}


def _places(message: Message) -> tuple[tuple[str, int, str], ...]:
    near = (message.source_kind, message.source_id, message.step if message.source_kind == "journey" else "")
    return near, ("template", message.template_version.template_id, "")


def _place_of(row: SendRule) -> tuple[str, int, str]:
    if row.template_id is not None:
        return "template", row.template_id, ""
    return ("campaign", row.campaign_id, "") if row.campaign_id is not None else ("journey", row.journey_id or 0, row.step)


def _found(rows: Sequence[SendRule]) -> Found:
    answers: list[dict[str, Any]] = [{name: getattr(row, name) for name in ("sold_out", "dearer", "fallback")} for row in rows]
    return Found(merged(*answers), next((row.pool_id for row in rows if row.pool_id is not None), None))
