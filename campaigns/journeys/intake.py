"""News for the journeys: events start runs, exit events end them at once, orders are credited. In bulk, in one transaction.

The news rows are deleted first and the events read afterwards, in the transaction that does the work, so none is lost; every
effect has its own unique key, so reading the same event twice changes nothing.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from campaigns.coupons.redeeming import mark_from_orders
from campaigns.journeys.engine import Happened, advance, begin, key_of
from campaigns.journeys.hearers import tell_hearers
from campaigns.journeys.standings import carry_out, facts_of, standing_of
from campaigns.journeys.versions import LiveJourney, definitions_of, live_journeys
from campaigns.measurement.attribution import attribute
from campaigns.measurement.holdouts import held_out
from campaigns.models import Enrollment
from retention.customers.events import take_pending
from retention.customers.models import CustomerEvent
from retention.orders.models import Cart
from retention.tenancy.context import require_store_id

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
        events = _events(customer_ids, now=now)
        _start(live_journeys(), events, now=now)
        _end(customer_ids, events, now=now)
        attribute(customer_ids, now=now)
        mark_from_orders(customer_ids, now=now)
    return len(customer_ids)


def _events(customer_ids: Sequence[int], *, now: datetime) -> list[CustomerEvent]:
    """Return what these customers did lately, in the order it happened; only events whose effects are stored."""
    recent = CustomerEvent.objects.filter(
        customer_id__in=customer_ids, occurred_at__gte=now - LOOK_BACK, projected_at__isnull=False, refusal=""
    )
    return list(recent.only("id", "customer_id", "name", "properties", "occurred_at", "backfill", "store_id").order_by("occurred_at", "id"))


def _start(journeys: Sequence[LiveJourney], events: Sequence[CustomerEvent], *, now: datetime) -> None:
    """Enroll where a trigger happened since the launch: once per journey and occurrence, whatever is replayed."""
    found: dict[tuple[int, str], Enrollment] = {}
    for event in events:
        for journey in journeys:
            if event.backfill or event.name != journey.definition.trigger.event or event.occurred_at < journey.launched_at:
                continue
            if event.customer_id is None:
                continue
            occurrence = key_of(journey.definition.trigger, event.properties, customer_id=event.customer_id)
            if occurrence is not None:
                found.setdefault((journey.journey_id, occurrence), _enrollment(journey, event, occurrence, now=now))
    carts = _carts({occurrence for _, occurrence in found})
    for (_, occurrence), run in found.items():
        owner, cart_id = carts.get(occurrence, (None, None))
        run.cart_id = cart_id if owner == run.customer_id else None
    Enrollment.objects.bulk_create(list(found.values()), ignore_conflicts=True)


def _enrollment(journey: LiveJourney, event: CustomerEvent, occurrence: str, *, now: datetime) -> Enrollment:
    out = held_out(
        f"journey-{journey.journey_id}",
        store_id=require_store_id(),
        customer_id=event.customer_id or 0,
        share=journey.definition.holdout_share,
    )
    standing = begin(held_out=out, now=now)
    return Enrollment(
        journey_id=journey.journey_id,
        version_id=journey.version_id,
        customer_id=event.customer_id or 0,
        occurrence=occurrence[:120],
        trigger_event_id=event.pk,
        trigger_at=event.occurred_at,
        state=standing.status,
        step=standing.step,
        due_at=standing.due_at,
        held_out=standing.held_out,
        entered_at=now,
    )


def _carts(occurrences: set[str]) -> dict[str, tuple[int, int]]:
    """Return (customer, cart) for those occurrences that are a basket's public id."""
    wanted = [occurrence for occurrence in occurrences if _is_uuid(occurrence)]
    rows = Cart.objects.filter(public_id__in=wanted).values_list("public_id", "customer_id", "pk") if wanted else []
    return {str(public_id): (customer_id, pk) for public_id, customer_id, pk in rows}


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def _end(customer_ids: Sequence[int], events: Sequence[CustomerEvent], *, now: datetime) -> None:
    """Show each running run what its customer did since it was triggered; those that end take their unsent messages with them."""
    runs = list(Enrollment.objects.running().filter(customer_id__in=customer_ids).order_by("id").select_for_update())
    if not runs:
        return
    definitions = definitions_of(run.version_id for run in runs)
    by_customer: Mapping[int | None, list[CustomerEvent]] = _grouped(events)
    facts = facts_of(runs)
    answers = {}
    for run in runs:
        definition = definitions.get(run.version_id)
        for event in by_customer.get(run.customer_id, []) if definition is not None else []:
            if definition is None or event.pk == run.trigger_event_id or event.occurred_at < run.trigger_at:
                continue
            signal = Happened(event.name, event.properties)
            standing, effects = advance(
                definition, standing_of(run), signal=signal, facts=facts[run.pk], occurrence=run.occurrence, now=now
            )
            if standing != standing_of(run):
                answers[run.pk] = (standing, effects)
                break
    carry_out(runs, answers, streams={}, now=now)


def _grouped(events: Sequence[CustomerEvent]) -> dict[int | None, list[CustomerEvent]]:
    grouped: dict[int | None, list[CustomerEvent]] = defaultdict(list)
    for event in events:
        grouped[event.customer_id].append(event)
    return grouped
