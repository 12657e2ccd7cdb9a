"""Write a campaign down: from a ready-made one or blank, changed while a draft, copied, written again to those who did not click."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext

from campaigns.broadcasts.content import Words
from campaigns.broadcasts.ready_made import READY_MADE
from campaigns.broadcasts.winning import FEWEST_TRIED
from campaigns.measurement.lots import LEAST_SHARE
from campaigns.models import Campaign, CampaignSegment, CampaignVariant, Message, Sender, Template
from campaigns.models.campaign import LETTERS, MOST_DELAY_HOURS
from campaigns.personalization.ready.spoken import texts_of
from retention.kit.words import Phrase, gettext_noop
from retention.stores.models import Store
from retention.tenancy.context import require_store_id
from segments import saving
from segments.models import Segment

CHANNELS = ("email", "sms", "push", "onsite")
FIRST_YEAR, LAST_YEAR = 2000, 2099  # the calendar of a computer ends, and a day later or earlier in another zone must still be one


@dataclass(frozen=True)
class Way:
    """One variant as it is told. template, sender: public ids of the store's own, or nothing for the words and the connection's sender.

    delay_hours: how much later than the first it leaves, to try another time of the day.
    """

    subject: str = ""
    words: Words = field(default_factory=Words)
    template: str = ""
    weight: int = 1
    sender: str = ""
    delay_hours: int = 0


@dataclass(frozen=True)
class Told:
    """A whole draft as a form or the API tells it. include, exclude: public ids of segments. Shares lie between 0 and 1.

    channel: nothing for that of its templates, or e-mail. holdout_share: None for as many as the size asks for.
    """

    name: str
    channel: str = ""
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    everybody: bool = False
    when: str = "now"
    wall_day: date | None = None
    wall_time: time | None = None
    ramp_hours: int | None = None
    holdout_share: float | None = 0.0
    test_share: float | None = None
    decide_metric: str = ""
    decide_hours: int | None = None
    decide_count: int | None = None
    measure_opens: bool = True
    ways: tuple[Way, ...] = ()


class Faulty(Exception):
    """A draft that cannot be kept. faults: a sentence for each field."""

    def __init__(self, faults: dict[str, Phrase]) -> None:
        super().__init__(", ".join(faults))
        self.faults = faults


class NotADraft(Exception):
    """It was started already; what is sent does not change any more."""


def make(*, ready_made: str = "", channel: str = "email", segment: Segment | None = None, user_id: int | None, now: datetime) -> Campaign:
    """Save a draft from a ready-made campaign, or a blank one; raises UnknownKey. segment: whose people get it, to begin with."""
    with transaction.atomic():
        campaign = _begun(ready_made, channel=channel, user_id=user_id, now=now)
        if segment is not None:
            CampaignSegment.objects.create(campaign=campaign, segment=segment, side="include")
    return campaign


def _begun(ready_made: str, *, channel: str, user_id: int | None, now: datetime) -> Campaign:
    begun: dict[str, Any] = {"holdout_by_size": True, "created_by_id": user_id, "created_at": now}
    if not ready_made:
        blank: Campaign = Campaign.objects.create(name=gettext("New campaign"), channel=channel, **begun)
        return blank
    ready, store = READY_MADE[ready_made], Store.objects.only("web_address", "locale").get(pk=require_store_id())
    said = ready.in_words_of(texts_of(store.locale))
    campaign: Campaign = Campaign.objects.create(name=ready.name.render(gettext), ready_made=ready.key, channel=channel, **begun)
    url = store.web_address if store.web_address.startswith(("https://", "http://")) else ""  # so that no mail leaves without its button
    words = {"heading": said.heading, "text": said.text, "button": said.button, "url": url}
    if channel == "sms":
        words = {"text": f"{{{{ shop.name }}}}: {said.short}{' ' if url else ''}{url}"}
    elif channel != "email":
        words = {"text": f"{said.short[0].upper()}{said.short[1:]}", "url": url}
    CampaignVariant.objects.create(campaign=campaign, letter="a", subject=said.subject, words=words)
    return campaign


def create(told: Told, *, user_id: int | None, now: datetime) -> Campaign:
    """Save a draft told as a whole; raises Faulty."""
    with transaction.atomic():
        campaign = Campaign(name=told.name[:120] or "-", created_by_id=user_id, created_at=now)
        campaign.save()
        change(campaign, told)
    return campaign


def change(campaign: Campaign, told: Told) -> None:
    """Write a draft anew, and take back the question whether it may be sent; raises Faulty and NotADraft, and then nothing changed."""
    include, exclude = _segments(told.include), _segments(told.exclude)
    templates = offered_templates()
    senders = {str(one.public_id): one for one in Sender.objects.all()}
    channels = channels_of(told, templates)
    faults = _faults(told, include, exclude, templates) | _ways_faults(told, templates, senders)
    if len(channels) > 1:
        faults["variants"] = Phrase(gettext_noop("All variants go by the same channel."))
    if faults:
        raise Faulty(faults)
    with transaction.atomic():
        held = Campaign.objects.filter(pk=campaign.pk).select_for_update().get()
        if not held.is_editable:
            raise NotADraft
        plain = (
            "when", "wall_day", "wall_time", "ramp_hours", "test_share", "decide_metric", "decide_hours", "decide_count", "measure_opens",
        )  # fmt: skip
        holding = ("holdout_share", "holdout_by_size")
        held.name, held.to_everyone, held.channel = told.name, told.everybody, channels[0]
        for name in plain:
            setattr(held, name, getattr(told, name))
        held.holdout_share, held.holdout_by_size = told.holdout_share or 0.0, told.holdout_share is None
        held.asked_at, held.asked_by, held.asked_mark = None, None, ""
        held.save(update_fields=["name", "to_everyone", "channel", *holding, "asked_at", "asked_by", "asked_mark", *plain])
        held.segments.all().delete()
        rows = [(pk, "include") for pk in include.values()] + [(pk, "exclude") for pk in exclude.values()]
        CampaignSegment.objects.bulk_create([CampaignSegment(campaign=held, segment_id=pk, side=side) for pk, side in rows])
        held.variants.all().delete()
        CampaignVariant.objects.bulk_create(
            [_variant(held, letter, way, templates, senders) for letter, way in zip(LETTERS, told.ways, strict=False)]
        )
    campaign.refresh_from_db()


def channels_of(told: Told, templates: Mapping[str, Template]) -> list[str]:
    """Return by which channels the ways of a draft go: that of its template, or the draft's for plain words. More than one is a fault."""
    found = {templates[way.template].channel if way.template in templates else told.channel or "email" for way in told.ways}
    return sorted(found | ({told.channel} if told.channel else set())) or ["email"]


def unsaved(campaign: Campaign, told: Told) -> list[CampaignVariant]:
    """Return the ways of a draft that is not saved, as variants of a campaign; nothing is written."""
    templates, senders = offered_templates(), {str(one.public_id): one for one in Sender.objects.all()}
    return [_variant(campaign, letter, way, templates, senders) for letter, way in zip(LETTERS, told.ways, strict=False)]


def offered_templates() -> dict[str, Template]:
    """Return the templates a campaign may say, by public id."""
    return {str(one.public_id): one for one in Template.objects.filter(channel__in=CHANNELS)}


def _variant(campaign: Campaign, letter: str, way: Way, templates: dict[str, Template], senders: dict[str, Sender]) -> CampaignVariant:
    words = {"heading": way.words.heading, "text": way.words.text, "button": way.words.button, "url": way.words.url}
    template = templates.get(way.template)
    return CampaignVariant(
        campaign=campaign, letter=letter, weight=way.weight, subject=way.subject, template=template, words={} if template else words,
        sender=senders.get(way.sender), delay_hours=way.delay_hours,
    )  # fmt: skip


def _segments(public_ids: tuple[str, ...]) -> dict[str, int]:
    wanted = [one for one in public_ids if _is_uuid(one)]
    return {str(public_id): pk for public_id, pk in Segment.objects.live().filter(public_id__in=wanted).values_list("public_id", "pk")}


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _faults(told: Told, include: dict[str, int], exclude: dict[str, int], templates: dict[str, Template]) -> dict[str, Phrase]:
    """Return what is wrong with a draft, by field."""
    faults: dict[str, Phrase] = {}
    if not told.name.strip():
        faults["name"] = Phrase(gettext_noop("Give it a name."))
    for name, ids, found in (("include", told.include, include), ("exclude", told.exclude, exclude)):
        if set(ids) - set(found):
            faults[name] = Phrase(gettext_noop("One of these segments does not exist or is not in use."))
    if told.channel and told.channel not in CHANNELS:
        faults["channel"] = Phrase(gettext_noop("Choose one of: email, sms, push, onsite."))
    if set(include) & set(exclude):
        faults["exclude"] = Phrase(gettext_noop("A segment cannot be chosen and left out at once."))
    if told.when not in Campaign.When.values:
        faults["when"] = Phrase(gettext_noop("Choose one of: now, at, local."))
    elif (told.when == "now") != (told.wall_day is None) or (told.when == "now") != (told.wall_time is None):
        faults["wall_day"] = Phrase(gettext_noop("A day and a time belong to “at” and “local”, and to them only."))
    elif told.wall_day is not None and not FIRST_YEAR <= told.wall_day.year <= LAST_YEAR:
        faults["wall_day"] = Phrase(gettext_noop("Choose a day of this century."))
    if told.ramp_hours is not None and (told.when == "local" or not 1 <= told.ramp_hours <= 168):
        faults["ramp_hours"] = Phrase(gettext_noop("From 1 to 168 hours, and not together with each person's own time."))
    if told.holdout_share is not None and not 0 <= told.holdout_share <= 0.5:
        faults["holdout_share"] = Phrase(gettext_noop("From 0 to 50%."))
    elif told.holdout_share and told.holdout_share < LEAST_SHARE:
        faults["holdout_share"] = Phrase(
            gettext_noop("At least 5%. With less, this campaign could never show whether it brings in anything.")
        )
    return faults | _test_faults(told)


def _ways_faults(told: Told, templates: dict[str, Template], senders: dict[str, Sender]) -> dict[str, Phrase]:
    """Return what is wrong with the variants, by field."""
    faults: dict[str, Phrase] = {}
    if len(told.ways) > len(LETTERS):
        faults["variants"] = Phrase(gettext_noop("At most six variants."))
    for way in told.ways:
        if way.template and way.template not in templates:
            faults["variants"] = Phrase(gettext_noop("One of these templates does not exist."))
        if way.sender and way.sender not in senders:
            faults["variants"] = Phrase(gettext_noop("One of these senders does not exist."))
        if not 1 <= way.weight <= 100:
            faults["variants"] = Phrase(gettext_noop("A weight is a whole number from 1 to 100."))
        if not 0 <= way.delay_hours <= MOST_DELAY_HOURS:
            faults["variants"] = Phrase(gettext_noop("A mail leaves at most 72 hours after the first."))
        if way.words.url and not way.words.url.startswith(("https://", "http://")):
            faults["url"] = Phrase(gettext_noop("The address begins with https://."))
        if "\n" in way.subject or len(way.subject) > 300:
            faults["subject"] = Phrase(gettext_noop("The subject is one line of at most 300 letters."))
    return faults


def _test_faults(told: Told) -> dict[str, Phrase]:
    if told.test_share is None:
        return (
            {"test_share": Phrase(gettext_noop("Say which share tries it first."))}
            if told.decide_metric or told.decide_hours or told.decide_count
            else {}
        )
    if told.when == "local" or told.ramp_hours is not None or any(way.delay_hours for way in told.ways):
        return {"test_share": Phrase(gettext_noop("A winner can be chosen only where all who try it get it at once."))}
    if not 0.05 <= told.test_share <= 0.9 or told.decide_metric not in Campaign.Metric.values or not 1 <= (told.decide_hours or 0) <= 168:
        return {"test_share": Phrase(gettext_noop("A share from 5 to 90%, clicks or orders, and 1 to 168 hours."))}
    if told.decide_count is not None and not FEWEST_TRIED <= told.decide_count <= 1_000_000:
        return {"decide_count": Phrase(gettext_noop("Each mail must have gone to at least 50 people before one can win."))}
    return {}


def duplicate(campaign: Campaign, *, user_id: int | None, now: datetime) -> Campaign:
    """Save a draft that says the same to the same segments, to be sent at once."""
    with transaction.atomic():
        copy = Campaign(
            name=(gettext("%(name)s, again") % {"name": campaign.name})[:120], ready_made=campaign.ready_made, channel=campaign.channel,
            to_everyone=campaign.to_everyone, holdout_share=campaign.holdout_share,
            holdout_by_size=campaign.holdout_by_size, created_by_id=user_id, created_at=now,
            test_share=campaign.test_share, decide_metric=campaign.decide_metric, decide_hours=campaign.decide_hours,
            decide_count=campaign.decide_count, measure_opens=campaign.measure_opens,
        )  # fmt: skip
        copy.save()
        for row in campaign.segments.all():
            CampaignSegment.objects.create(campaign=copy, segment_id=row.segment_id, side=row.side)
        for way in campaign.variants.order_by("letter"):
            values: dict[str, Any] = {"weight": way.weight, "subject": way.subject, "template_id": way.template_id, "words": way.words}
            values |= {"sender_id": way.sender_id, "delay_hours": way.delay_hours}
            CampaignVariant.objects.create(campaign=copy, letter=way.letter, **values)
    return copy


def write_again(campaign: Campaign, *, user_id: int | None, now: datetime) -> Campaign | None:
    """Save a draft for those who got it and did not click, as a list of their own; None when there is nobody. Raises NameTaken."""
    rows = Message.objects.filter(source_kind="campaign", source_id=campaign.pk, state="sent", clicked_at=None)
    people = list(rows.values_list("customer_id", flat=True))
    if not people:
        return None
    with transaction.atomic():
        name = (gettext("Did not click: %(name)s") % {"name": campaign.name})[:100] + f" ({now:%Y-%m-%d %H:%M})"
        silent = saving.create_list(name=name, customer_ids=people, user_id=user_id, now=now)
        copy = duplicate(campaign, user_id=user_id, now=now)
        copy.segments.filter(side="include").delete()
        Campaign.objects.filter(pk=copy.pk).update(to_everyone=False)
        CampaignSegment.objects.create(campaign=copy, segment=silent, side="include")
    copy.refresh_from_db()
    return copy
