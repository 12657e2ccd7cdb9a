"""What a campaign would do, as short marks: the same as long as nothing changes in what is sent, to whom, when, and by which rules."""

import hashlib

from django.db.models import Q
from django.db.models.functions import Coalesce

from campaigns.channels import CHANNELS
from campaigns.models import Campaign, SendRule, StorePhrase
from campaigns.sending.connecting import without_provider
from retention.customers.changes import of_segment
from segments.models import Segment

_PLAN = (
    "channel", "to_everyone", "when", "wall_day", "wall_time", "ramp_hours", "holdout_share", "holdout_by_size", "test_share",
    "decide_metric", "decide_hours", "decide_count", "measure_opens",
)  # fmt: skip
_WAY = (
    "letter", "weight", "delay_hours", "subject", "words", "template_id", "template__live_number", "sender__name", "sender__address",
)  # fmt: skip
_RULE = ("campaign_id", "template_id", "sold_out", "dearer", "fallback", "pool_id")
_POOL = ("benefit", "percent", "amount_minor", "currency", "endless", "valid_days", "expires_at", "when_out", "fallback", "archived_at")
_PART = 32
_BELOW = of_segment("")


def mark_of(campaign: Campaign) -> str:
    """Return the mark of all of it, as a question keeps it to say what was asked."""
    plan = [getattr(campaign, name) for name in _PLAN]
    ways = campaign.variants.order_by("letter").values_list(*_WAY)
    phrases = list(StorePhrase.objects.order_by("key", "language").values_list("key", "language", "text"))
    return _digest([plan, list(ways), _audience(campaign), _rules(campaign), *([phrases] if phrases else [])])


def shown_mark(campaign: Campaign) -> str:
    """Return the mark of what is looked at before the start, as a page carries it: all of it, and whether it reaches anybody outside.

    A question does not keep the last: where an account is connected, what was asked about is still the same.
    """
    mark = mark_of(campaign)
    return _digest([mark, "test inbox"]) if stays_inside(campaign) else mark


def stays_inside(campaign: Campaign) -> bool:
    """Say whether its messages go to the test inbox and to nobody outside, as accounts are connected now."""
    return bool(without_provider([campaign.channel]))


def turned(campaign: Campaign) -> str:
    """Return where one that was started goes now, "outside" or "inside", where it was started for the other; else nothing.

    Outside are real people, inside is the test inbox. Either needs another yes.
    """
    inside = stays_inside(campaign)
    return "" if inside == campaign.begun_inside else "inside" if inside else "outside"


def turned_now() -> Q:
    """Return the condition on campaigns of the active store of which `turned` says something, with one look at the accounts for all."""
    inside = without_provider(CHANNELS.keys())
    return Q(channel__in=inside, begun_inside=False) | (Q(begun_inside=True) & ~Q(channel__in=inside))


def standing_mark(campaign: Campaign) -> str:
    """Return the marks of what may still change after the start: whom its segments choose, and its rules with their coupons.

    A yes to one that would go elsewhere now than it was started for, to real people or to the test inbox, is another one than before.
    """
    where = turned(campaign)
    rules = [where, *_rules(campaign)] if where else _rules(campaign)
    return f"{_digest(_audience(campaign))[:_PART]}{_digest(rules)[:_PART]}"


def differs(campaign: Campaign, seen: str | None = None) -> bool:
    """Say whether something changed that somebody was asked about: the audience until everybody has a row, the rules until the end.

    So did what would go elsewhere now than it was started for (`turned`), whether somebody was asked or not.
    seen: a standing mark that a page showed, to ask whether something changed since that instead.
    """
    kept = campaign.approved_mark if seen is None else seen
    if not campaign.approved_mark and not turned(campaign):
        return False
    now = standing_mark(campaign)
    return now[_PART:] != kept[_PART:] or (campaign.planned_at is None and now[:_PART] != kept[:_PART])


def _audience(campaign: Campaign) -> list[object]:
    rows = list(campaign.segments.order_by("side", "segment_id").values_list("side", "segment_id"))
    return [rows, _told_of([pk for _side, pk in rows])]


def _told_of(segment_ids: list[int]) -> list[object]:
    """Return what says whom segments choose: their own state and that of every segment they are built on, to the end."""
    found: dict[int, object] = {}
    wanted = Q(pk__in=segment_ids)
    while rows := list(Segment.objects.filter(wanted).exclude(pk__in=found).values_list("pk", "kind", "version", "state", "reads")):
        found |= {row[0]: row[:4] for row in rows}
        below = {entry.removeprefix(_BELOW) for row in rows for entry in row[4] if entry.startswith(_BELOW)}
        wanted = Q(public_id__in=sorted(below))
    return [found[pk] for pk in sorted(found)]


def _rules(campaign: Campaign) -> list[object]:
    """Return the rules its messages will be held to: of the template each is sent by, which the start may have made for it alone."""
    templates = campaign.variants.values_list(Coalesce("version__template_id", "template_id"), flat=True)
    mine = SendRule.objects.filter(Q(campaign_id=campaign.pk) | Q(template_id__in=[one for one in templates if one])).order_by("pk")
    return list(mine.values_list(*_RULE, *(f"pool__{name}" for name in _POOL)))


def _digest(told: object) -> str:
    return hashlib.sha256(repr(told).encode()).hexdigest()
