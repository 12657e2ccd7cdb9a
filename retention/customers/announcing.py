"""What merchants' own systems hear of customers: the webhook types, and what each carries.

`customer_data` costs two queries for any number of customers and none when no endpoint wants the type.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.contrib.postgres.functions import TransactionNow
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from retention.customers.models import Consent, Customer, Import
from retention.webhooks.outbox import News, announce, announce_many, wanted_types
from retention.webhooks.types import WebhookType, webhook_types

CREATED = "customer.created"
UPDATED = "customer.updated"
MERGED = "customer.merged"
ERASED = "customer.erased"
CONSENT = "consent.changed"
IMPORTED = "import.finished"
_SHOWN = ("email", "phone", "first_name", "last_name", "gender", "language", "city", "region", "postcode", "country")
_EXAMPLE = {
    "customer": {"id": "0b0c9f6e-5d0f-4a0e-9d27-6f1f4b1d2c11", "email": "ana@example.test", "first_name": "Ana", "country": "DE"},
}


def add_types() -> None:
    """Add the types of this room to the register; called once at start-up."""
    webhook_types.add(CREATED, WebhookType(_("A customer is new"), _("The customer as the API shows them"), _EXAMPLE))
    webhook_types.add(UPDATED, WebhookType(_("A customer changed"), _("The customer as they are now"), _EXAMPLE))
    webhook_types.add(
        MERGED,
        WebhookType(
            _("Two customers turned out to be one"), _("The ids of who stays and who went"), {"customer": {"id": "…"}, "merged": "…"}
        ),
    )
    webhook_types.add(ERASED, WebhookType(_("A customer was erased"), _("The customer's id and nothing else"), {"customer": {"id": "…"}}))
    webhook_types.add(
        CONSENT,
        WebhookType(
            _("A customer allowed or refused a channel"),
            _("The customer's id, the channel and the answer with its time"),
            {"customer": {"id": "…"}, "channel": "email", "status": "granted", "said_at": "2026-11-20T12:00:00Z"},
        ),
    )

    webhook_types.add(
        IMPORTED,
        WebhookType(
            _("An import ended"),
            _("The import with how it ended and its counts"),
            {"import": {"id": "…", "kind": "customers", "state": "done", "new": 120, "changed": 3, "same": 0, "refused": 2}},
        ),
    )


def announce_import(of: Import, *, now: datetime) -> bool:
    """Say that an import ended, well or not; one that was called off is no news."""
    counts = {"new": of.new_count, "changed": of.changed_count, "same": of.same_count, "refused": of.refused_count}
    return announce(IMPORTED, {"import": {"id": str(of.public_id), "kind": of.kind, "state": of.state, **counts}}, now=now)


@contextmanager
def told_of_customers(*, now: datetime) -> Iterator[set[int]]:
    """Tell at the end of the block who, of the people put into the set it gives, is new or changed; for one thing that happens to few."""
    newest_before = newest_customer()
    concerned: set[int] = set()
    yield concerned
    announce_changes(concerned, newest_before=newest_before, now=now)


def newest_customer() -> int:
    """Return the highest row of the active store's customers, to tell afterwards which are new; 0 when nobody hears of customers."""
    if not {CREATED, UPDATED} & wanted_types():
        return 0
    return int(Customer.objects.aggregate(highest=Max("pk"))["highest"] or 0)


def announce_changes(customer_ids: Iterable[int], *, newest_before: int, now: datetime) -> int:
    """Say which of these customers are new and which changed within the running transaction; return how many were written down.

    newest_before: what `newest_customer` said before the batch. Changes are what the database noted in `changed_at`.
    """
    concerned = set(customer_ids)
    if not concerned or not {CREATED, UPDATED} & wanted_types():
        return 0
    fresh = {number for number in concerned if number > newest_before}
    changed = Customer.objects.filter(pk__in=concerned - fresh, changed_at__gte=TransactionNow()).values_list("pk", flat=True)
    return announce_customers(CREATED, fresh, now=now) + announce_customers(UPDATED, changed, now=now)


def announce_merges(pairs: Sequence[tuple[Customer, Customer]], *, now: datetime) -> int:
    """Say who (the first) stays of two that turned out to be one."""
    return announce_many(
        [
            News(MERGED, {"customer": {"id": str(stays.public_id)}, "merged": str(went.public_id)}, about=stays.public_id)
            for stays, went in pairs
        ],
        now=now,
    )


def announce_customers(kind: str, customer_ids: Iterable[int], *, now: datetime) -> int:
    """Say that customers are new or changed, each with what is known now; return how many were written down."""
    wanted = sorted(set(customer_ids))
    if not wanted or kind not in wanted_types():
        return 0
    rows = Customer.objects.filter(pk__in=wanted).prefetch_related("consents").order_by("pk")
    return announce_many([News(kind, {"customer": customer_data(row)}, about=row.public_id) for row in rows], now=now)


def customer_data(customer: Customer) -> dict[str, Any]:
    """Return a customer with their consents as plain JSON values; empty fields are left out."""
    said = {name: getattr(customer, name) for name in _SHOWN if getattr(customer, name)}
    consents = {one.channel: one.status for one in customer.consents.all()}
    return {"id": str(customer.public_id), **said, "consents": consents, "created_at": customer.created_at.isoformat()}


@contextmanager
def told_of_consents(said: Mapping[tuple[int, str], bool], *, now: datetime) -> Iterator[None]:
    """Tell at the end of the block which consents are other than before it.

    said: by customer and channel, whether only the past is told. Then a first word is no news, and one that replaces another is.
    """
    if not said or CONSENT not in wanted_types():
        yield
        return
    held = Consent.objects.filter(customer_id__in={customer_id for customer_id, _channel in said}).order_by("customer_id", "channel")
    before = {(row.customer_id, row.channel): (row.status, row.method) for row in held.select_for_update()}
    yield
    news = []
    for row in held.select_related("customer"):
        key = (row.customer_id, row.channel)
        if before.get(key) != (row.status, row.method) and (key in before or not said.get(key)):
            news.append(_consent_news(row))
    announce_many(news, now=now)


def _consent_news(one: Consent) -> News:
    data = {
        "customer": {"id": str(one.customer.public_id)},
        "channel": one.channel,
        "status": one.status,
        "method": one.method,
        "source": one.source,
        "said_at": one.changed_at.isoformat(),
    }
    return News(CONSENT, data, about=one.customer.public_id, occurred_at=one.changed_at)
