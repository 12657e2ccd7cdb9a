"""The form of a draft: a saved one as it is shown, and what a posted one tells. Each mail's fields end in its letter: subject_a, text_b."""

from collections.abc import Mapping
from datetime import date, time
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.broadcasts.content import Words
from campaigns.broadcasts.drafting import Told, Way
from campaigns.models import Campaign, CampaignVariant, Sender, Template
from campaigns.models.campaign import LETTERS
from campaigns.views.journey_words import CHANNEL_WORDS
from retention.kit.words import one_line
from segments.models import Segment

MOST_SEGMENTS = 200
_LENGTHS = {"heading": 300, "text": 20_000, "button": 80, "url": 2000}
_BY_SHOP = gettext_lazy("On a day, at an hour by the shop's clock")
_USUAL_SHARE, _USUAL_HOURS, _USUAL_COUNT = 20, 4, 500


def saved(campaign: Campaign) -> dict[str, Any]:
    """Return a saved draft as its form shows it."""
    rows = list(campaign.variants.select_related("template", "sender").order_by("letter"))
    sides = {side: {str(row.segment.public_id) for row in campaign.segments.filter(side=side)} for side in ("include", "exclude")}
    told = {
        "name": campaign.name,
        "when": campaign.when,
        "wall_day": campaign.wall_day.isoformat() if campaign.wall_day else "",
        "wall_time": campaign.wall_time.strftime("%H:%M") if campaign.wall_time else "",
        "ramp_hours": campaign.ramp_hours or "",
        "holdout": "" if campaign.holdout_by_size else round(campaign.holdout_share * 100),
        "winner": campaign.decide_metric,
        "test_share": round((campaign.test_share or _USUAL_SHARE / 100) * 100),
        "decide_hours": campaign.decide_hours or _USUAL_HOURS,
        "early": "1" if campaign.decide_count else "",
        "decide_count": campaign.decide_count or _USUAL_COUNT,
        "no_picture": "" if campaign.measure_opens else "1",
    }
    ways = [_shown(row) for row in rows] or [_blank()]
    return _page(campaign, told, ways) | {"chosen": sides["include"], "barred": sides["exclude"], "everybody": campaign.to_everyone}


def posted(form: Any, campaign: Campaign, *, do: str = "") -> dict[str, Any]:
    """Return a posted form to be shown again. do: "add" for one mail more, made like the first, or "drop_b" for one less."""
    ways = [_posted_way(form, letter) for letter in _letters(form)]
    if do == "add" and len(ways) < len(LETTERS):
        ways.append({**ways[0]} if ways else _blank())
    elif do.startswith("drop_") and len(ways) > 1:
        ways = [way for letter, way in zip(_letters(form), ways, strict=True) if letter != do.removeprefix("drop_")]
    names = (
        "name",
        "when",
        "wall_day",
        "wall_time",
        "ramp_hours",
        "holdout",
        "winner",
        "test_share",
        "decide_hours",
        "early",
        "decide_count",
        "no_picture",
    )
    told = {name: form.get(name, "") for name in names}
    sides = {"chosen": set(form.getlist("include")), "barred": set(form.getlist("exclude")), "everybody": bool(form.get("everybody"))}
    return _page(campaign, told, ways) | sides


def read(form: Any, *, channel: str) -> tuple[Told, dict[str, str]]:
    """Return the draft a form tells, and what in it cannot be read, by field. channel: of the campaign, chosen when it was made."""
    faults: dict[str, str] = {}
    when = form.get("when") or "now"
    day, wall = _day(form.get("wall_day", ""), faults), _time(form.get("wall_time", ""), faults)
    ramp, holdout = _whole(form.get("ramp_hours", ""), "ramp_hours", faults), _whole(form.get("holdout", ""), "holdout_share", faults)
    ways = tuple(_way(_posted_way(form, letter), faults) for letter in _letters(form))
    ways = tuple(way for way in ways if way.subject or way.template or way.words != Words())
    metric = form.get("winner", "") if len(ways) > 1 else ""
    share, hours = _whole(form.get("test_share", ""), "test_share", faults), _whole(form.get("decide_hours", ""), "test_share", faults)
    count = _whole(form.get("decide_count", ""), "decide_count", faults)
    told = Told(
        name=one_line(form.get("name", ""), longest=120),
        channel=channel,
        include=tuple(form.getlist("include")),
        exclude=tuple(form.getlist("exclude")),
        everybody=bool(form.get("everybody")),
        when=when,
        wall_day=None if when == "now" else day,
        wall_time=None if when == "now" else wall,
        ramp_hours=ramp or None,
        holdout_share=None if holdout is None else holdout / 100,
        test_share=(share or 0) / 100 if metric else None,
        decide_metric=metric,
        decide_hours=hours or 0 if metric else None,
        decide_count=(count or 0) if metric and form.get("early") else None,
        measure_opens=not form.get("no_picture"),
        ways=ways,
    )
    return told, faults


def _page(campaign: Campaign, told: Mapping[str, Any], ways: list[dict[str, Any]]) -> dict[str, Any]:
    offered = Template.objects.kept().by_name().filter(live_number__isnull=False)
    return {
        "campaign": campaign,
        "told": told,
        "faults": {},
        "ways": [{**way, "letter": letter} for letter, way in zip(LETTERS, ways, strict=False)],
        "more_ways": len(ways) < len(LETTERS),
        "segments": [(str(one.public_id), one) for one in Segment.objects.live().order_by("name", "id")[:MOST_SEGMENTS]],
        "templates": [(str(one.public_id), one.name) for one in offered.filter(channel=campaign.channel)],
        "channel": CHANNEL_WORDS.get(campaign.channel, campaign.channel),
        "senders": [(str(one.public_id), str(one)) for one in Sender.objects.order_by("name", "id")],
        "whens": [(key, _BY_SHOP if key == Campaign.When.AT else label) for key, label in Campaign.When.choices],
        "metrics": Campaign.Metric.choices,
    }


def _blank() -> dict[str, Any]:
    return {"subject": "", "template": "", "sender": "", "delay": "", "weight": 1, "heading": "", "text": "", "button": "", "url": ""}


def _shown(row: CampaignVariant) -> dict[str, Any]:
    return vars(Words.read(row.words)) | {
        "subject": row.subject,
        "template": str(row.template.public_id) if row.template else "",
        "sender": str(row.sender.public_id) if row.sender else "",
        "delay": row.delay_hours or "",
        "weight": row.weight,
    }


def _letters(form: Any) -> list[str]:
    return [letter for letter in LETTERS if f"subject_{letter}" in form]


def _posted_way(form: Any, letter: str) -> dict[str, Any]:
    way = {name: form.get(f"{name}_{letter}", "") for name in ("template", "sender", "delay", "weight")}
    words = {name: form.get(f"{name}_{letter}", "").replace("\0", "").strip()[:most] for name, most in _LENGTHS.items()}
    return way | words | {"subject": one_line(form.get(f"subject_{letter}", ""), longest=300)}


def _way(way: Mapping[str, Any], faults: dict[str, str]) -> Way:
    words = Words() if way["template"] else Words(*(way[name] for name in _LENGTHS))
    delay, weight = _whole(way["delay"], "variants", faults), _whole(way["weight"], "variants", faults)
    return Way(way["subject"], words, way["template"], 1 if weight is None else weight, way["sender"], delay or 0)


def _day(text: str, faults: dict[str, str]) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        faults["wall_day"] = _("This is not a date.")
        return None


def _time(text: str, faults: dict[str, str]) -> time | None:
    try:
        return time.fromisoformat(text).replace(tzinfo=None) if text else None
    except ValueError:
        faults["wall_day"] = _("This is not a time.")
        return None


def _whole(text: str, name: str, faults: dict[str, str]) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 7):
        faults[name] = _("This is not a whole number.")
        return None
    return int(text)
