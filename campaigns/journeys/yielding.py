"""That a product is back is told once: a journey that begins with that news goes before the recovery plan.

Whoever made such a journey asked for exactly this, and chose what is said; the plan writes because somebody left. A journey that rests, or
runs in shadow, tells nobody. Who is held back in the journey is its to compare with, and hears of it from neither.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db.models import Q

from campaigns.journeys.definition import Definition
from campaigns.journeys.engine import end
from campaigns.journeys.standings import carry_out, standing_of
from campaigns.journeys.triggers import FOR_STOCK, PRODUCT_NEWS
from campaigns.journeys.versions import definitions_of, live_journeys
from campaigns.models import Enrollment, Journey
from retention.customers.models import CustomerEvent

TOLD_ELSEWHERE = "told_elsewhere"
_KIND = "back_in_stock"
_BACK = PRODUCT_NEWS[_KIND]


def tellers() -> list[Journey]:
    """Return the live journeys of the active store that begin when a product is back."""
    ids = [one.journey_id for one in live_journeys() if _tells(one.definition)]
    return list(Journey.objects.by_name().plain().filter(pk__in=ids)) if ids else []


def told_by_journeys(returns: Mapping[int, tuple[int, str]]) -> set[int]:
    """Return the events of which a journey tells their person: one that began with it, or a live one that goes on about the product.

    returns: customer and product by the event's id.
    """
    if not returns:
        return set()
    people, products = {who for who, _ in returns.values()}, {product for _, product in returns.values()}
    going = Q(state=Enrollment.State.RUNNING, about__in=products, journey__state=Journey.State.LIVE)
    runs = Enrollment.objects.filter(Q(trigger_event_id__in=list(returns)) | going, customer_id__in=people)
    rows = list(runs.filter(journey__in=Journey.objects.plain()).select_related("journey"))
    definitions = definitions_of(run.version_id for run in rows)
    telling = [run for run in rows if run.version_id in definitions and _tells(definitions[run.version_id])]
    began = {run.trigger_event_id for run in telling}
    live = [run for run in telling if run.state == Enrollment.State.RUNNING and run.journey.state == Journey.State.LIVE]
    going_on = {(run.customer_id, run.about) for run in live}
    return {event_id for event_id, about in returns.items() if event_id in began or about in going_on}


def yield_to_journeys(events: Sequence[CustomerEvent], *, now: datetime) -> int:
    """End the plan's runs that would tell of what a journey tells of, in the caller's transaction; return how many there were."""
    back = {event.pk: event for event in events if event.kind == "own" and event.name == _BACK and event.customer_id is not None}
    returns = {pk: (event.customer_id or 0, str(event.properties.get("product_id", ""))) for pk, event in back.items()}
    told = [(returns[pk], back[pk]) for pk in told_by_journeys(returns)]
    if not told:
        return 0
    plan = Enrollment.objects.running().filter(
        Q(step=FOR_STOCK) | Q(trigger_event_id__in=list(back)),
        customer_id__in={who for (who, _), _ in told},
        about__in={product for (_, product), _ in told},
        journey__for_quiet=True,
    )
    runs = [run for run in plan.order_by("id").select_for_update(of=("self",)) if _is_told(run, told)]
    carry_out(runs, {run.pk: end(standing_of(run), TOLD_ELSEWHERE) for run in runs}, streams={}, now=now)
    return len(runs)


def _is_told(run: Enrollment, told: Sequence[tuple[tuple[int, str], CustomerEvent]]) -> bool:
    """Say whether a return a journey tells of is the one a run waits for, or the one it began with."""
    return any(
        about == (run.customer_id, run.about)
        and event.occurred_at >= run.trigger_at
        and (run.step == FOR_STOCK or run.trigger_event_id == event.pk)
        for about, event in told
    )


def _tells(definition: Definition) -> bool:
    product = definition.trigger.product
    return product is not None and product.what == _KIND
