"""What runs do beside messages: keep a code, write something down, tell a webhook, tell the team. Once for each step and lap of a run.

Everything happens in the transaction that stores where the run stands; what leaves the house leaves from a queue row of another room.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from campaigns.coupons.drawing import draw, occasion_of_run
from campaigns.journeys.occasions import is_public_id
from campaigns.journeys.steps import Call, Change, Draw, Notify
from campaigns.models import CouponPool, Enrollment, Journey, JourneyAction
from retention.customers.events import tell_readers
from retention.customers.models import Customer
from retention.customers.profile import Told, apply_traits, is_reserved
from retention.dashboard.addresses import page_address
from retention.stores.models import Store
from retention.stores.telling import owe_team
from retention.tenancy.context import require_store_id
from retention.webhooks.models import Endpoint
from retention.webhooks.outbox import News, tell_each

REACHED = "journey.reached"
MOST_MAILS_A_DAY = 20
GONE, QUIET, NONE_LEFT = "gone", "quiet", "none_left"
Deed = Draw | Change | Call | Notify
_KINDS: Mapping[type, str] = {Draw: "draw", Change: "change", Call: "call", Notify: "notify"}
_FIRST_TIME = """
    INSERT INTO campaigns_journeyaction (store_id, enrollment_id, journey_id, step, lap, kind, detail, done_at)
    SELECT %s, run, journey, step, lap, kind, '', %s
    FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::int[], %s::text[]) AS v(run, journey, step, lap, kind)
    ON CONFLICT (store_id, enrollment_id, step, lap) DO NOTHING RETURNING id, enrollment_id, step, lap
"""


@dataclass(frozen=True)
class Done:
    """One thing to be done for a run, the first time it is. deed: of the kind its doer is for."""

    action_id: int
    run: Enrollment
    deed: Any


Details = dict[int, str]


def do(deeds: Sequence[tuple[Enrollment, Deed]], *, now: datetime) -> dict[int, bool]:
    """Do these things, each that was not done before; return, by run, whether it has the code it asked for."""
    if not deeds:
        return {}
    first = _first_times(deeds, now=now)
    details: Details = {}
    for kind, doing in _DOERS.items():
        mine = [one for one in first if isinstance(one.deed, kind)]
        details |= doing(mine, now) if mine else {}
    for detail in sorted(set(details.values())):
        JourneyAction.objects.filter(pk__in=[pk for pk, said in details.items() if said == detail]).update(detail=detail)
    return {one.run.pk: details.get(one.action_id, "") == "" for one in first if isinstance(one.deed, Draw)}


def _first_times(deeds: Sequence[tuple[Enrollment, Deed]], *, now: datetime) -> list[Done]:
    columns: list[list[Any]] = [
        [run.pk for run, _deed in deeds],
        [run.journey_id for run, _deed in deeds],
        [deed.step for _run, deed in deeds],
        [deed.lap for _run, deed in deeds],
        [_KINDS[type(deed)] for _run, deed in deeds],
    ]
    with connection.cursor() as cursor:
        cursor.execute(_FIRST_TIME, [require_store_id(), now, *columns])
        made = {(run, step, lap): pk for pk, run, step, lap in cursor.fetchall()}
    keys = [(run.pk, deed.step, deed.lap) for run, deed in deeds]
    return [Done(made[key], run, deed) for key, (run, deed) in zip(keys, deeds, strict=True) if key in made]


def _draw(done: Sequence[Done], now: datetime) -> Details:
    """Give each run its code. A pool that is gone or empty gives none."""
    zone = Store.objects.only("zone").get(pk=require_store_id()).timezone
    details: Details = {}
    by_pool: dict[str, list[Done]] = {}
    for one in done:
        by_pool.setdefault(one.deed.pool, []).append(one)
    for name in sorted(by_pool):
        pool = CouponPool.objects.filter(public_id=name).first() if is_public_id(name) else None
        wanted = {occasion_of_run(one.run.pk): one.run.customer_id for one in by_pool[name]}
        got = draw(pool, wanted, zone=zone, now=now) if pool is not None else frozenset()
        details |= {one.action_id: NONE_LEFT for one in by_pool[name] if occasion_of_run(one.run.pk) not in got}
    return details


def _change(done: Sequence[Done], now: datetime) -> Details:
    """Write attributes as the shop's own word, and leave the news of what changed; what is a field of the customer is not written."""
    words = [
        Told(one.run.customer_id, {name: value for name, value in one.deed.values.items() if not is_reserved(name)}, now, trusted=True)
        for one in sorted(done, key=lambda one: (one.run.customer_id, one.action_id))
    ]
    tell_readers(apply_traits(words), now=now)
    return {}


def _call(done: Sequence[Done], now: datetime) -> Details:
    """Write what an endpoint of the store is told; it is signed, sent and tried again by the webhooks room."""
    names = {one.deed.endpoint for one in done if is_public_id(one.deed.endpoint)}
    endpoints = {str(public_id): pk for public_id, pk in Endpoint.objects.filter(public_id__in=names).values_list("public_id", "pk")}
    journeys = Journey.objects.in_bulk({one.run.journey_id for one in done})
    customers = dict(Customer.objects.filter(pk__in={one.run.customer_id for one in done}).values_list("pk", "public_id"))
    told, details = [], {}
    for one in done:
        endpoint_id = endpoints.get(one.deed.endpoint)
        if endpoint_id is None:
            details[one.action_id] = GONE
        else:
            told.append((endpoint_id, _news(one, journeys[one.run.journey_id], customers[one.run.customer_id])))
    tell_each(told, now=now)
    return details


def _news(one: Done, journey: Journey, customer: UUID) -> News:
    return News(
        REACHED,
        {
            "journey": {"id": str(journey.public_id), "name": journey.name},
            "step": one.deed.step,
            "run": str(one.run.public_id),
            "about": "" if one.run.subject.startswith("customer-") else one.run.subject,
            "customer": {"id": str(customer)},
            "values": dict(one.deed.data),
        },
        about=customer,
    )


def _notify(done: Sequence[Done], now: datetime) -> Details:
    """Owe the team a mail for each, so many a day of one step at most; the last one says that it is the last."""
    store = Store.objects.get(pk=require_store_id())
    journeys = Journey.objects.in_bulk({one.run.journey_id for one in done})
    customers = Customer.objects.in_bulk({one.run.customer_id for one in done})
    ours = {one.action_id for one in done}
    left: dict[tuple[int, str], int] = {}
    details: Details = {}
    for one in done:
        deed, place = one.deed, (one.run.journey_id, one.deed.step)
        if place not in left:
            today = JourneyAction.objects.filter(journey_id=place[0], step=place[1], kind="notify", done_at__gt=now - timedelta(days=1))
            told = today.filter(detail="").exclude(pk__in=ours).values_list("pk", flat=True)[:MOST_MAILS_A_DAY]
            left[place] = MOST_MAILS_A_DAY - len(told)
        left[place] -= 1
        if left[place] < 0:
            details[one.action_id] = QUIET
            continue
        customer = customers[one.run.customer_id]
        page = page_address("customers:detail", store.slug, customer.public_id)
        words = {"store": store.name, "journey": journeys[place[0]].name, "text": deed.text, "page": page, "last": left[place] == 0}
        subject = _("%(store)s: %(subject)s") % {"store": store.name, "subject": deed.subject}
        owe_team("journey_step", roles=deed.roles, subject=subject, words=words, key=f"journey-action:{one.action_id}")
    return details


_DOERS: Mapping[type, Callable[[Sequence[Done], datetime], Details]] = {Draw: _draw, Change: _change, Call: _call, Notify: _notify}
