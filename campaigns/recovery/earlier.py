"""What the plan did about people before, as far as it decides whether they may enter now: in a few statements, whoever they are.

What somebody wants is known by their browser's word, so nothing here grows with how often they said it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Case, Count, Exists, F, OuterRef, Q, When

from campaigns.journeys.triggers import FOR_STOCK
from campaigns.journeys.yielding import told_by_journeys
from campaigns.models import Departure, Enrollment, Message
from campaigns.recovery.looking import products_back

REST = timedelta(days=7)
MOST_WAITS = 20
"""So many products one person waits for; whoever looks at more of what is sold out looks at a list of it."""


class Asked(NamedTuple):
    """A departure that is being decided. about: as `Departure.about`; wanted: the product that was sold out, or empty, and since when."""

    customer_id: int
    about: str
    wanted: str
    left_at: datetime
    wanted_at: datetime


@dataclass(frozen=True)
class Earlier:
    """departures: of the last week, or about what is asked, goes on, or was told of late, that had a run and do not wait, newest first.

    runs: that go on and do not wait, by what their departure is about. waits: how many products somebody waits for. wanted: when they
    wanted it, or a run ended that told them, who had one about a product lately, None while it goes on. back: the event that told of a
    return; told: of which a journey tells. silent: what those departures are about whose runs waited for what was sold out and said
    nothing; late: when those ended whose product came back.
    """

    departures: Mapping[int, Sequence[Departure]]
    runs: Mapping[int, Mapping[str, Enrollment]]
    waits: Mapping[int, int]
    wanted: Mapping[tuple[int, str], Sequence[datetime | None]]
    back: Mapping[tuple[int, str], int]
    told: frozenset[int]
    silent: frozenset[str]
    late: Mapping[str, datetime]

    def rests(self, customer_id: int, *, left_at: datetime) -> bool:
        """Say whether the plan wrote to them less than a week before.

        Counted from when they left; of what they waited for from the end of the run, which ends with its last message.
        """
        before = (one for one in self.departures[customer_id] if one.about not in self.silent)
        return any(left_at - self.late.get(one.about, one.left_at) < REST for one in before)

    def came_back(self, customer_id: int, product: str) -> int | None:
        """Return the event that told somebody, after they had wanted it, that a product is back; None when it is not."""
        return self.back.get((customer_id, product))

    def may_want(self, customer_id: int, product: str, *, left_at: datetime) -> bool:
        """Say whether the plan has not dealt with this wish: no journey tells of it, no run about it goes on, began lately or told lately.

        A run that said nothing counts from when they wanted it.
        """
        lately = self.wanted.get((customer_id, product), ())
        return self.came_back(customer_id, product) not in self.told and not any(at is None or left_at - at < REST for at in lately)

    def may_wait(self, customer_id: int) -> bool:
        """Say whether somebody may wait for one more product."""
        return self.waits.get(customer_id, 0) < MOST_WAITS

    @classmethod
    def of(cls, asked: Sequence[Asked]) -> "Earlier":
        """Read it for these departures, one of a person; runs that do not wait are locked."""
        people = {one.customer_id for one in asked}
        if not people:
            return cls({}, {}, {}, {}, {}, frozenset(), frozenset(), {})
        since = min(one.left_at for one in asked) - REST
        going = Enrollment.objects.running().filter(customer_id__in=people, journey__for_quiet=True)
        runs: dict[int, dict[str, Enrollment]] = {customer_id: {} for customer_id in people}
        for run in going.exclude(step=FOR_STOCK).select_related("journey").order_by("id").select_for_update(of=("self",)):
            runs[run.customer_id][run.occurrence] = run
        abouts = {one.about for one in asked} | {about for mine in runs.values() for about in mine}
        departures: dict[int, list[Departure]] = {customer_id: [] for customer_id in people}
        late = _late(people, since=since)
        had = Departure.objects.filter(customer_id__in=people, decision__in=[Departure.Decision.ENTERED, Departure.Decision.HELD_OUT])
        had = had.filter(Q(left_at__gt=since) | Q(about__in=abouts | late.keys()))
        had = had.exclude(about__in=going.filter(step=FOR_STOCK).values("occurrence"))
        for departure in had.select_related("stage").order_by("-left_at", "-id"):
            departures[departure.customer_id].append(departure)
        return cls(departures, runs, *_of_wishes([one for one in asked if one.wanted], since=since), _silent(departures), late)


def _late(people: set[int], *, since: datetime) -> Mapping[str, datetime]:
    """Return when runs that waited for a product ended since a moment, by what their departure is about, where their product came back."""
    ended = Enrollment.objects.filter(customer_id__in=people, journey__for_quiet=True, ended_at__gt=since, trigger_event_id__isnull=False)
    return dict(ended.order_by("ended_at", "pk").values_list("occurrence", "ended_at"))  # of several about the same the last


def _silent(departures: Mapping[int, Sequence[Departure]]) -> frozenset[str]:
    """Return what departures are about whose runs waited for a product, and planned no message."""
    abouts = [one.about for several in departures.values() for one in several]
    waited = Enrollment.objects.filter(customer_id__in=departures, journey__for_quiet=True, occurrence__in=abouts)
    of_a_product = waited.exclude(Q(about="") | Q(about=F("occurrence")))
    return frozenset(of_a_product.filter(~_says()).values_list("occurrence", flat=True))


def _says() -> Q:
    """Return which runs for what was sold out planned a message; who is held back to compare would have heard of what their run heard."""
    planned = Exists(Message.objects.filter(enrollment_id=OuterRef("pk")))
    return Q(held_out=True, trigger_event_id__isnull=False) | Q(planned, held_out=False)


def _of_wishes(
    asked: Sequence[Asked], *, since: datetime
) -> tuple[Mapping[int, int], Mapping[tuple[int, str], Sequence[datetime | None]], Mapping[tuple[int, str], int], frozenset[int]]:
    """Return what decides about those who wanted something: `waits`, `wanted`, `back` and `told` of `Earlier`."""
    people = {one.customer_id for one in asked}
    if not people:
        return {}, {}, {}, frozenset()
    mine = Enrollment.objects.filter(customer_id__in=people, journey__for_quiet=True)
    waiting = mine.filter(state=Enrollment.State.RUNNING, step=FOR_STOCK).values("customer_id").annotate(count=Count("id")).order_by()
    waits = dict(waiting.values_list("customer_id", "count"))
    wanted: dict[tuple[int, str], list[datetime | None]] = {}
    lately = Q(state=Enrollment.State.RUNNING) | Q(trigger_at__gt=since) | Q(ended_at__gt=since)
    about = mine.filter(lately, about__in={one.wanted for one in asked})
    told_at_end = Case(When(Q(trigger_event_id__isnull=False) & _says(), then=F("ended_at")))
    rows = about.annotate(told_at=told_at_end).values_list("customer_id", "about", "state", "trigger_at", "told_at")
    for customer_id, product, state, at, told_at in rows:
        wanted.setdefault((customer_id, product), []).append(None if state == Enrollment.State.RUNNING else told_at or at)
    back = products_back([(one.customer_id, one.wanted, one.wanted_at) for one in asked])
    return waits, wanted, back, frozenset(told_by_journeys({event_id: wish for wish, event_id in back.items()}))
