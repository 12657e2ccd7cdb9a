"""Who enters: once for what started it, as often for one thing as the journey says, and only people who are meant. In bulk.

Events are read again whenever there is news of their customer, so every answer must last: who entered stands in `Enrollment`, and who was
turned away in `TurnedAway`, with the moment up to which what they did has been answered.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from campaigns.journeys.engine import begin, key_of
from campaigns.journeys.facts import who_fits
from campaigns.journeys.occasions import is_public_id
from campaigns.journeys.versions import LiveJourney
from campaigns.measurement.assignment import held_out_of, journey_key
from campaigns.models import Enrollment, TurnedAway
from retention.orders.models import Cart
from retention.tenancy.context import require_store_id

NOT_MEANT, TOO_SOON = "not_meant", "too_soon"
_TURN_AWAY = """
    INSERT INTO campaigns_turnedaway AS away (store_id, journey_id, customer_id, about, reason, until, noted_at)
    SELECT DISTINCT ON (journey, customer, about) %s, journey, customer, about, reason, until, %s
    FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::timestamptz[]) AS v(journey, customer, about, reason, until)
    ORDER BY journey, customer, about, until DESC
    ON CONFLICT (store_id, customer_id, journey_id, about) DO UPDATE
    SET reason = excluded.reason, until = greatest(away.until, excluded.until), noted_at = excluded.noted_at
    WHERE away.until < excluded.until
"""


@dataclass(frozen=True)
class Wish:
    """Something that would start a run for a customer: an event, or the calendar (then without an event's id, but with the day)."""

    journey: LiveJourney
    customer_id: int
    at: datetime
    properties: Mapping[str, Any]
    event_id: int | None = None
    day: str = ""

    @property
    def about(self) -> str | None:
        """Return what it is about; None where the event does not say."""
        key = key_of(self.journey.definition.trigger, self.properties, customer_id=self.customer_id)
        return None if key is None else key[:120]

    @property
    def occurrence(self) -> str:
        """Return what makes the same cause start one run only."""
        once = self.journey.definition.again.rule == "never"
        return str(self.about) if once else f"{self.about}@{self.day or self.event_id}"

    @property
    def subject(self) -> tuple[int, int, str]:
        """Return the journey, the person and what it is about: of these one run goes at a time."""
        return self.journey.journey_id, self.customer_id, str(self.about)


def enter(wishes: Sequence[Wish], *, now: datetime) -> int:
    """Let people in, in the caller's transaction; return how many runs were begun at most. wishes: in the order they happened.

    Doing it again begins nothing twice.
    """
    let_in, away = _judge(_not_answered([wish for wish in wishes if wish.about is not None]), now=now)
    _turn_away(away, now=now)
    carts, held = _carts(let_in), _held_out(let_in, now=now)
    runs = [_enrollment(wish, carts, held_out=wish.subject[:2] in held, now=now) for wish in let_in]
    Enrollment.objects.bulk_create(runs, ignore_conflicts=True, batch_size=5000)
    return len(let_in)


def _not_answered(wishes: Sequence[Wish]) -> list[Wish]:
    """Leave out what was answered before: by a run that began with it, by one that goes on, or by turning them away.

    Once only is answered by any run about the same: one that came from a customer merged since was begun by another occurrence.
    """
    if not wishes:
        return []
    people = {wish.customer_id for wish in wishes}
    journeys = {wish.journey.journey_id for wish in wishes}
    rows = Enrollment.objects.filter(customer_id__in=people, journey_id__in=journeys)
    begun, going, left = set(), set(), dict[tuple[int, int, str], datetime]()
    for journey_id, customer_id, about, occurrence, state, ended_at in rows.values_list(
        "journey_id", "customer_id", "about", "occurrence", "state", "ended_at"
    ):
        subject = (journey_id, customer_id, about or occurrence)
        begun.add((journey_id, occurrence))
        if state == Enrollment.State.RUNNING:
            going.add(subject)
        else:
            left[subject] = max(ended_at, left.get(subject, ended_at))
    away = TurnedAway.objects.filter(customer_id__in=people, journey_id__in=journeys).values_list(
        "journey_id", "customer_id", "about", "until"
    )
    answered = {(journey_id, customer_id, about): until for journey_id, customer_id, about, until in away}
    return [
        wish
        for wish in wishes
        if (wish.journey.journey_id, wish.occurrence) not in begun
        and wish.subject not in going
        and (wish.subject not in left or (wish.journey.definition.again.rule != "never" and wish.at > left[wish.subject]))
        and (wish.subject not in answered or wish.at > answered[wish.subject])
    ]


def _judge(wishes: Sequence[Wish], *, now: datetime) -> tuple[list[Wish], list[tuple[Wish, str]]]:
    """Part those who enter from those who are turned away, with why. Of one subject the first who may enter does."""
    questions: dict[int, set[Any]] = {}
    for wish in wishes:
        if wish.journey.definition.people:
            questions.setdefault(wish.customer_id, set()).update(wish.journey.definition.people)
    holds = who_fits(questions, now=now) if questions else {}
    since = _entered_before(wishes)
    let_in: dict[tuple[int, int, str], Wish] = {}
    away: list[tuple[Wish, str]] = []
    for wish in wishes:
        definition = wish.journey.definition
        soon = (
            definition.again.rule == "after"
            and wish.subject in since
            and wish.at < since[wish.subject] + timedelta(days=definition.again.days)
        )
        if not all(who.fits(holds.get(wish.customer_id, {})) for who in definition.people):
            away.append((wish, NOT_MEANT))
        elif soon:
            away.append((wish, TOO_SOON))
        else:
            let_in.setdefault(wish.subject, wish)
    return list(let_in.values()), away


def _entered_before(wishes: Sequence[Wish]) -> dict[tuple[int, int, str], datetime]:
    """Return when each subject entered last, for journeys where that matters."""
    asked = [wish for wish in wishes if wish.journey.definition.again.rule == "after"]
    if not asked:
        return {}
    rows = Enrollment.objects.filter(
        customer_id__in={wish.customer_id for wish in asked}, journey_id__in={wish.journey.journey_id for wish in asked}
    )
    found: dict[tuple[int, int, str], datetime] = {}
    for journey_id, customer_id, about, occurrence, entered_at in rows.values_list(
        "journey_id", "customer_id", "about", "occurrence", "entered_at"
    ):
        subject = (journey_id, customer_id, about or occurrence)
        found[subject] = max(entered_at, found.get(subject, entered_at))
    return found


def _turn_away(away: Sequence[tuple[Wish, str]], *, now: datetime) -> None:
    """Note who was turned away by an event, and why; the calendar asks nobody twice."""
    rows = [(*wish.subject, reason, wish.at) for wish, reason in away if wish.event_id is not None]
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(_TURN_AWAY, [require_store_id(), now, *map(list, zip(*rows, strict=True))])


def _held_out(wishes: Sequence[Wish], *, now: datetime) -> set[tuple[int, int]]:
    """Return who is only measured, as (journey, person); what an order or the law asks for is for everybody."""
    by_journey: dict[int, list[Wish]] = {}
    for wish in wishes:
        by_journey.setdefault(wish.journey.journey_id, []).append(wish)
    held = set()
    for journey_id, found in by_journey.items():
        share = found[0].journey.definition.held_back_share
        people = held_out_of(journey_key(journey_id), [wish.customer_id for wish in found], share=share, now=now)
        held |= {(journey_id, customer_id) for customer_id in people}
    return held


def _enrollment(wish: Wish, carts: Mapping[str, tuple[int, int]], *, held_out: bool, now: datetime) -> Enrollment:
    journey, definition, about = wish.journey, wish.journey.definition, str(wish.about)
    told = {name: wish.properties[name] for name in definition.told if name in wish.properties}
    standing = begin(held_out=held_out, now=now, told=told)
    owner, cart_id = carts.get(about, (None, None))
    return Enrollment(
        journey_id=journey.journey_id,
        version_id=journey.version_id,
        customer_id=wish.customer_id,
        occurrence=wish.occurrence[:160],
        about=about,
        cart_id=cart_id if owner == wish.customer_id else None,
        trigger_event_id=wish.event_id,
        trigger_at=wish.at,
        state=standing.status,
        step=standing.step,
        due_at=standing.due_at,
        held_out=standing.held_out,
        memory=standing.memory,
        entered_at=now,
    )


def _carts(wishes: Sequence[Wish]) -> dict[str, tuple[int, int]]:
    """Return (customer, cart) for what is a basket's public id."""
    wanted = {about for wish in wishes if wish.journey.definition.trigger.key and is_public_id(about := str(wish.about))}
    rows = Cart.objects.filter(public_id__in=wanted).values_list("public_id", "customer_id", "pk") if wanted else []
    return {str(public_id): (customer_id, pk) for public_id, customer_id, pk in rows}
