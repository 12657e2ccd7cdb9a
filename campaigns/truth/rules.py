"""The merchant's rules for a slice of messages: of the campaign or journey step first, then of the template."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from campaigns.models import Message, versions_among
from campaigns.truth.deciding import Rule, merged
from retention.tenancy.context import require_store_id
from retention.tenancy.prepared import Prepared

Place = tuple[str, int, str]
_RULES = Prepared(
    "truth_rules",
    """
    SELECT template_id, campaign_id, journey_id, step, sold_out, dearer, fallback, pool_id FROM campaigns_sendrule
    WHERE store_id = $1 AND (template_id = ANY($2) OR campaign_id = ANY($3) OR journey_id = ANY($4))
    """,
    "bigint, bigint[], bigint[], bigint[]",
)


class Found(NamedTuple):
    """The rule of one message, and the pool its code is drawn from, if one was named."""

    rule: Rule
    pool_id: int | None


def rules_of(messages: Sequence[Message]) -> dict[int, Found]:
    """Return each message's rule by its id, in one query. messages: with their template's version."""
    templates = {pk: version.template_id for pk, version in versions_among(messages).items()}
    places = {message.id: _places(message, templates[message.template_version_id]) for message in messages}
    different = set(places.values())  # many messages have the same few
    wanted = [sorted({one[1] for found in different for one in found if one[0] == kind}) for kind in ("template", "campaign", "journey")]
    by_place = {_place_of(row): row for row in _RULES.rows([require_store_id(), *wanted])}
    answers = {found: _found([by_place[place] for place in found if place in by_place]) for found in different}
    return {pk: answers[found] for pk, found in places.items()}


def _places(message: Message, template_id: int) -> tuple[Place, ...]:
    near = (message.source_kind, message.source_id, message.step if message.source_kind == "journey" else "")
    return near, ("template", template_id, "")


def _place_of(row: Sequence[Any]) -> Place:
    template_id, campaign_id, journey_id, step = row[:4]
    if template_id is not None:
        return "template", template_id, ""
    return ("campaign", campaign_id, "") if campaign_id is not None else ("journey", journey_id or 0, step)


def _found(rows: Sequence[Sequence[Any]]) -> Found:
    answers: list[dict[str, Any]] = [dict(zip(("sold_out", "dearer", "fallback"), row[4:7], strict=True)) for row in rows]
    return Found(merged(*answers), next((row[7] for row in rows if row[7] is not None), None))
