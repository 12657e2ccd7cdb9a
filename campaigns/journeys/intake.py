"""News for the journeys: events start runs, exit events end them at once, orders are credited. In bulk, in one transaction.

The news rows are deleted first and the events read afterwards, in the transaction that does the work, so none is lost; every
effect has its own unique key, so reading the same event twice changes nothing.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from campaigns.coupons.redeeming import mark_from_orders
from campaigns.journeys.definition import Definition
from campaigns.journeys.engine import GOES_ON, Answer, Happened, Standing, advance, listen, meaning
from campaigns.journeys.entering import Wish, enter
from campaigns.journeys.facts import asked_of, facts_of
from campaigns.journeys.hearers import tell_hearers
from campaigns.journeys.standings import carry_out, run_of, standing_of
from campaigns.journeys.steps import Effect, Facts
from campaigns.journeys.triggers import PRODUCT_NEWS
from campaigns.journeys.versions import LiveJourney, definitions_of, live_journeys
from campaigns.journeys.yielding import yield_to_journeys
from campaigns.measurement.attribution import attribute
from campaigns.models import Enrollment, Journey
from retention.customers.changes import VIEWS
from retention.customers.events import take_pending
from retention.customers.models import CustomerEvent
from retention.tenancy.bulk import update_rows

READER = "journeys"
SLICE = 500
LOOK_BACK = timedelta(days=7)


def take_news(*, now: datetime) -> int:
    """Read the news of up to 500 customers of the active store and act on it; return how many there were."""
    with transaction.atomic():
        customer_ids = list(take_pending(READER, limit=SLICE))
        if not customer_ids:
            return 0
        tell_hearers(customer_ids, now=now)
        live = live_journeys()
        runs = _running(customer_ids)
        definitions = definitions_of(run.version_id for run in runs)
        heard = {name for one in (*definitions.values(), *(journey.definition for journey in live)) for name in one.events}
        events = _events(customer_ids, heard, now=now) if heard else []
        begun = _start(live, events, now=now)
        yielded = yield_to_journeys(events, now=now)
        _tell(_running(customer_ids) if begun or yielded else runs, events, now=now)
        attribute(customer_ids, now=now)
        mark_from_orders(customer_ids, now=now)
    return len(customer_ids)


def _running(customer_ids: Sequence[int]) -> list[Enrollment]:
    """Return these customers' running runs as they are now, not locked."""
    return list(Enrollment.objects.running().filter(customer_id__in=customer_ids).order_by("id"))


def _events(customer_ids: Sequence[int], names: Collection[str], *, now: datetime) -> list[CustomerEvent]:
    """Return what these customers did lately that some journey listens to, in the order it happened; only events whose effects are stored.

    A view counts as the product's word for it, whatever the page calls itself.
    """
    views = [kind for kind, name in VIEWS.items() if name in names]
    recent = CustomerEvent.objects.filter(
        Q(kind__in=["track", "own"], name__in=names) | Q(kind__in=views),
        customer_id__in=customer_ids,
        occurred_at__gte=now - LOOK_BACK,
        projected_at__isnull=False,
        refusal="",
    )
    found = list(
        recent.only("id", "customer_id", "kind", "name", "properties", "occurred_at", "backfill", "store_id").order_by("occurred_at", "id")
    )
    for event in found:
        event.name = VIEWS.get(event.kind, event.name)
    return found


def _start(journeys: Sequence[LiveJourney], events: Sequence[CustomerEvent], *, now: datetime) -> int:
    """Let people in where a trigger happened since the launch, whatever is replayed; return how many entered."""
    by_event: dict[str, list[LiveJourney]] = defaultdict(list)
    for journey in journeys:
        by_event[journey.definition.trigger.event].append(journey)
    wishes = [
        Wish(journey, event.customer_id, event.occurred_at, event.properties, event_id=event.pk)
        for event in events
        if event.customer_id is not None and not event.backfill
        for journey in by_event.get(event.name, ())
        if event.occurred_at >= journey.launched_at and journey.definition.trigger.starts(event.name, event.properties)
    ]
    return enter(wishes, now=now)


def _tell(runs: Sequence[Enrollment], events: Sequence[CustomerEvent], *, now: datetime) -> None:
    """Show each running run what its customer did since it was triggered: it ends, and takes its unsent messages along, or goes on.

    What a run waits for whose journey rests is kept for later; what ends it ends it now.

    A run that may come to wait for an event is locked and looked at as it is then, for somebody may carry it there at this moment. Of the
    others only those that end are locked: what ends a run does so wherever it stands.
    """
    definitions = definitions_of(run.version_id for run in runs)
    by_customer = _grouped(events)
    listening = [run.pk for run in runs if (one := definitions.get(run.version_id)) and (one.listens or _heard(run, one, by_customer))]
    if not listening:
        return
    locked = list(Enrollment.objects.running().filter(pk__in=listening).order_by("id").select_for_update())
    definitions |= definitions_of(run.version_id for run in locked)
    heard = {run.pk: found for run in locked if (found := _heard(run, definitions.get(run.version_id), by_customer))}
    touched = [run for run in locked if run.pk in heard]
    live = set(Journey.objects.live().filter(pk__in={run.journey_id for run in touched}).values_list("pk", flat=True)) if touched else ()
    asking = [run for run in touched if run.journey_id in live and heard[run.pk] == GOES_ON]
    facts = facts_of([asked_of(run, definitions[run.version_id].all_needs) for run in asking], now=now) if asking else {}
    answers = {run.pk: _told(run, definitions[run.version_id], by_customer[run.customer_id], facts.get(run.pk), now=now) for run in touched}
    carry_out(touched, answers, streams={pk: definition.stream for pk, definition in definitions.items()}, now=now)
    _speak_of([run for run in touched if heard[run.pk] == GOES_ON], definitions, by_customer)


def _heard(run: Enrollment, definition: Definition | None, by_customer: Mapping[int | None, Sequence[CustomerEvent]]) -> str:
    """Return what the first event that means something to a run means."""
    return next((word for _event, word in _meant(run, definition, by_customer)), "")


def _meant(
    run: Enrollment, definition: Definition | None, by_customer: Mapping[int | None, Sequence[CustomerEvent]]
) -> Iterator[tuple[CustomerEvent, str]]:
    """Yield the events that mean something to a run where it stands, with what."""
    if definition is not None:
        standing = standing_of(run)
        for event in by_customer.get(run.customer_id, ()):
            if _since(run, event) and (word := meaning(definition, standing, _happened(event), about=run.subject)):
                yield event, word


def _speak_of(
    runs: Sequence[Enrollment], definitions: Mapping[int, Definition], by_customer: Mapping[int | None, Sequence[CustomerEvent]]
) -> None:
    """Let messages of runs that no event began speak of the news of a product they waited for, such as that it is back.

    Whatever else they waited for is no word of ours: it stays out of what their messages say.
    """
    speaking = []
    for run in runs:
        if run.trigger_event_id is None:
            meant = _meant(run, definitions.get(run.version_id), by_customer)
            run.trigger_event_id = next((event.pk for event, word in meant if word == GOES_ON and _is_product_news(event)), None)
            speaking += [run] if run.trigger_event_id is not None else []
    update_rows(speaking, ["trigger_event_id"])


def _is_product_news(event: CustomerEvent) -> bool:
    return event.kind == "own" and event.name in PRODUCT_NEWS.values()


def _told(run: Enrollment, definition: Definition, events: Sequence[CustomerEvent], facts: Facts | None, *, now: datetime) -> Answer:
    """Return where a run stands once it was shown all that happened, and what shall be done; who goes on may hear the next event too.

    facts: None while its journey rests.
    """
    standing: Standing = standing_of(run)
    effects: list[Effect] = []
    for event in events:
        happened = _happened(event)
        if not _since(run, event) or not meaning(definition, standing, happened, about=run.subject):
            continue
        if facts is None:
            standing, more = listen(definition, standing, happened=happened, about=run.subject, now=now)
        else:
            standing, more = advance(definition, standing, signal=happened, facts=facts, run=run_of(run), now=now)
        effects += more
    return standing, tuple(effects)


def _since(run: Enrollment, event: CustomerEvent) -> bool:
    return event.pk != run.trigger_event_id and event.occurred_at >= run.trigger_at


def _happened(event: CustomerEvent) -> Happened:
    return Happened(event.name, event.properties, event.occurred_at, event.pk)


def _grouped(events: Sequence[CustomerEvent]) -> dict[int | None, list[CustomerEvent]]:
    grouped: dict[int | None, list[CustomerEvent]] = defaultdict(list)
    for event in events:
        grouped[event.customer_id].append(event)
    return grouped
