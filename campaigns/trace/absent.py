"""Why there is no message: each running journey, departure and recent campaign that did not write to a person, and why as it stands now."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from campaigns.journeys.engine import key_of
from campaigns.journeys.versions import LiveJourney, live_journeys
from campaigns.models import Campaign, Departure, Enrollment, Journey, Message, TurnedAway
from campaigns.recovery.rules.groups import BY_KEY
from campaigns.sending.addresses import address_of
from campaigns.sending.browsers import attach_browsers
from campaigns.sending.reasons import words_of
from retention.customers.models import Customer, CustomerEvent
from retention.kit.words import Phrase, gettext_noop
from segments.models import SegmentMember

LOOK_BACK = timedelta(days=90)
KEPT_AT_LEAST = timedelta(days=424)  # fourteen months: of runs that ended before, single messages may have left
MOST = 30
Say = Callable[[str], str]
_EVENTS = {"Cart Idle": gettext_noop("Basket left alone"), "Order Completed": gettext_noop("Order placed")}


@dataclass(frozen=True)
class Absent:
    """A journey, departure or campaign that has no message for a person, and why.

    kind: journey, recovery (public_id is then of the stage, part of the group) or campaign; reason: a word for programs.
    """

    kind: str
    public_id: UUID
    name: str
    reason: str
    words: str
    at: datetime | None = None
    part: str = ""


def absent_for(customer: Customer, *, say: Say, now: datetime) -> list[Absent]:
    """Return why live journeys, the recovery plan and campaigns opened in 90 days have no message for a person; at most 30 of each."""
    return [*_journeys(customer, say, now), *_departures(customer, say, now), *_campaigns(customer, say, now)]


def _journeys(customer: Customer, say: Say, now: datetime) -> list[Absent]:
    written = set(Message.objects.filter(customer=customer, source_kind="journey").values_list("source_id", flat=True))
    runs = {run.journey_id: run for run in Enrollment.objects.filter(customer=customer).order_by("entered_at", "id")}
    plain = Journey.objects.live().plain().in_bulk()  # a cell of the recovery plan is told as a departure
    live = [one for one in live_journeys() if one.journey_id in plain and one.journey_id not in written][:MOST]
    rows = plain
    found = []
    for one in live:
        reason, phrase, at = _of_run(runs[one.journey_id], now) if one.journey_id in runs else _not_in(one, customer)
        journey = rows[one.journey_id]
        found.append(Absent("journey", journey.public_id, journey.name, reason, phrase.render(say), at))
    return found


def _departures(customer: Customer, say: Say, now: datetime) -> list[Absent]:
    """Return where a person left lately and why the plan has not written about it: the evidence, and what was decided or has come of it."""
    left = Departure.objects.since(now - LOOK_BACK).filter(customer=customer, stage__isnull=False)
    written = Message.objects.filter(customer=customer, source_kind="journey").values("enrollment_id")
    told = list(Enrollment.objects.filter(pk__in=written, journey__for_quiet=True).values_list("occurrence", flat=True))
    quiet = left.exclude(decision=Departure.Decision.ENTERED, about__in=told)
    rows = list(quiet.select_related("stage").order_by("-left_at", "-id")[:MOST])
    mine = Enrollment.objects.filter(customer=customer, journey__for_quiet=True, occurrence__in=[one.about for one in rows])
    runs = {run.occurrence: run for run in mine}
    found = []
    for one in rows:
        reason, decided = one.decision, Phrase(str(one.get_decision_display()))
        if one.decision == Departure.Decision.ENTERED and one.about in runs:
            reason, decided, _at = _of_run(runs[one.about], now)
        words = Phrase(gettext_noop("%(why)s. %(decision)s"), {"why": _evidence(one, say), "decision": decided})
        name = f"{one.stage.name} × {BY_KEY[one.group].name.render(say)}"
        found.append(Absent("recovery", one.stage.public_id, name, reason, words.render(say), one.left_at, one.group))
    return found


def _evidence(departure: Departure, say: Say) -> str:
    said = [departure.evidence.get(part) for part in ("stage", "group")]
    return "; ".join(Phrase(text, values).render(say) for text, values in filter(None, said) if text)


def _of_run(run: Enrollment, now: datetime) -> tuple[str, Phrase, datetime | None]:
    if run.held_out:
        return "holdout", words_of("holdout"), run.entered_at
    if run.state == Enrollment.State.STOPPED:
        return "run_ended", Phrase(gettext_noop("The journey ended for them: %(why)s"), {"why": words_of(run.reason)}), run.ended_at
    if run.state == Enrollment.State.RUNNING:
        return "waiting", Phrase(gettext_noop("They are in it and wait for the next step")), run.due_at
    if run.ended_at is not None and run.ended_at < now - KEPT_AT_LEAST:
        return "long_ago", Phrase(gettext_noop("They went through it long ago; its messages are kept no longer")), run.ended_at
    return "finished", Phrase(gettext_noop("They went through it without a message")), run.ended_at


def _not_in(journey: LiveJourney, customer: Customer) -> tuple[str, Phrase, datetime | None]:
    """Say why somebody never entered: what starts it did not happen, happened before it was live, or did not say what it is about."""
    trigger = journey.definition.trigger
    away = TurnedAway.objects.filter(customer=customer, journey_id=journey.journey_id).order_by("-until").first()
    if away is not None:
        return away.reason, words_of(away.reason), away.until
    if not trigger.event:
        return "not_yet", Phrase(gettext_noop("Its day has not come for them, or they are not among those it is for")), None
    last = CustomerEvent.objects.filter(customer=customer, name=trigger.event).order_by("-occurred_at", "-id").first()
    values = {"event": Phrase(_EVENTS[trigger.event]) if trigger.event in _EVENTS else trigger.event}
    if last is None:
        return "not_happened", Phrase(gettext_noop("“%(event)s” never happened to them"), values), None
    if last.occurred_at < journey.launched_at:
        return "before_launch", Phrase(gettext_noop("“%(event)s” happened before the journey was live"), values), last.occurred_at
    if last.backfill:
        return "from_the_past", Phrase(gettext_noop("“%(event)s” came with older data, which starts nothing"), values), last.occurred_at
    if not trigger.starts(last.name, last.properties):
        return "other_event", Phrase(gettext_noop("“%(event)s” happened, but not as it must to start this"), values), last.occurred_at
    if key_of(trigger, last.properties, customer_id=customer.pk) is None:
        return "no_key", Phrase(gettext_noop("“%(event)s” did not say what it is about"), values), last.occurred_at
    return "soon", Phrase(gettext_noop("“%(event)s” happened and is being read"), values), last.occurred_at


def _campaigns(customer: Customer, say: Say, now: datetime) -> list[Absent]:
    written = Message.objects.filter(customer=customer, source_kind="campaign").values_list("source_id", flat=True)
    opened = Campaign.objects.filter(opened_at__gt=now - LOOK_BACK).exclude(pk__in=list(written)).order_by("-opened_at", "-id")[:MOST]
    attach_browsers([customer], now=now)
    mine = set(SegmentMember.objects.filter(customer=customer).values_list("segment_id", flat=True))
    return [
        Absent("campaign", one.public_id, one.name, reason, phrase.render(say), one.opened_at)
        for one in opened
        for reason, phrase in [_not_chosen(one, customer, mine)]
    ]


def _not_chosen(campaign: Campaign, customer: Customer, mine: set[int]) -> tuple[str, Phrase]:
    if campaign.opened_at is not None and customer.created_at > campaign.opened_at:
        return "came_later", Phrase(gettext_noop("They came to the shop after it was sent"))
    if mine & set(campaign.audience("exclude")):
        return "left_out", Phrase(gettext_noop("They are in a segment that was left out"))
    if not campaign.to_everyone and not mine & set(campaign.audience("include")):
        return "not_chosen", Phrase(gettext_noop("They are in none of its segments"))
    if campaign.to_everyone and not address_of(customer, campaign.channel):
        return "no_address", words_of("no_address", channel=campaign.channel)
    if campaign.planned_at is None:
        return "soon", Phrase(gettext_noop("It is still being planned"))
    return "was_not_chosen", Phrase(gettext_noop("They were not in its segments when it was sent"))
