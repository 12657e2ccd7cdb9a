"""The demo's second store, Attic Gifts: real purchases of a British gift shop (Online Retail), by people who are invented.

A slice of UCI Online Retail (CC BY 4.0, see NOTICE) comes in by the same import a merchant uses, moved so that its last day is yesterday.
"""

import csv
import gzip
import io
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from django.db import transaction

from retention.customers.importing import running
from retention.customers.importing.filing import keep
from retention.customers.importing.mapping import kind_of, propose, propose_options
from retention.customers.models import Customer, Import
from retention.demo.people import FIRST, LAST
from retention.orders.models import Order
from retention.stores.models import AuditEntry, Membership, Store, User
from retention.tenancy.context import store_context, user_context

SLUG = "attic-gifts"
SLICE = Path(__file__).parent / "data" / "online_retail_slice.csv.gz"
_MOMENT = "%Y-%m-%d %H:%M:%S"
_WEEK = timedelta(days=7)
Lines = list[dict[str, str]]


def load(*, owner: str, now: datetime) -> tuple[int, int]:
    """Make the store with its people and orders where they are not there yet; return how many customers and orders it has.

    owner: the e-mail address of the person it belongs to. Takes a few seconds the first time. Killed in between, the next call goes on:
    each file counts only once its import is done.
    """
    with transaction.atomic():
        store = Store.objects.filter(slug=SLUG).first() or _open(owner, now=now)
    with store_context(store.pk):
        missing = [kind for kind in ("customers", "orders") if not Import.objects.filter(kind=kind, state=Import.State.DONE).exists()]
        lines = _lines(now=now) if missing else []
        for kind in missing:
            _bring_in(_people(lines) if kind == "customers" else _table(lines), store, kind=kind, now=now)
        return Customer.objects.count(), Order.objects.count()


def _open(owner: str, *, now: datetime) -> Store:
    store = Store.objects.create(
        name="Attic Gifts",
        slug=SLUG,
        country="GB",
        currency="GBP",
        zone="Europe/London",
        locale="en",
        web_address="https://attic.example.test",
        postal_address="Attic Gifts, 4 Example Row, London N1 0AA, United Kingdom",
        created_at=now - timedelta(days=220),
    )
    user = User.objects.get(email=owner)
    with user_context(user.pk), store_context(store.pk):
        Membership.objects.create(store=store, user=user, role="owner", created_at=now)
        AuditEntry.write("team.joined", store_id=store.pk, now=now, actor_id=user.pk, target=f"user:{user.pk}", details={"role": "owner"})
    return store


def _lines(*, now: datetime) -> Lines:
    """Return the slice's lines, moved by whole weeks, so that weekdays stay what they were."""
    with gzip.open(SLICE, "rt", encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    moments = [datetime.strptime(line["InvoiceDate"], _MOMENT) for line in lines]  # noqa: DTZ007 - local times, as a shop's file has them
    by = (now.replace(tzinfo=None) - timedelta(days=1) - max(moments)) // _WEEK * _WEEK
    return [line | {"InvoiceDate": (moment + by).strftime(_MOMENT)} for line, moment in zip(lines, moments, strict=True)]


def _people(lines: Lines) -> bytes:
    """Return a file of invented people behind the customer numbers, the same on every machine."""
    dice = random.Random(23)  # noqa: S311 - invented people, not a secret
    countries = {line["CustomerID"]: line["Country"] for line in lines}
    return _table([person for number, country in sorted(countries.items()) for person in _person(number, country, dice=dice)])


def _person(number: str, country: str, *, dice: random.Random) -> Iterator[dict[str, str]]:
    first, last = dice.choice(FIRST), dice.choice(LAST)
    email = f"{first}.{last}.{number}@example.test".lower()
    yield {"Email": email, "External ID": number, "First Name": first, "Last Name": last, "Country": country}


def _table(rows: Lines) -> bytes:
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue().encode()


def _bring_in(data: bytes, store: Store, *, kind: str, now: datetime) -> None:
    """Put a file in, read it, compare it and bring it in, as a merchant would, or go on where an earlier start ended. Workers may help."""
    of = Import.objects.filter(kind=kind).exclude(state__in=Import.OVER).order_by("pk").first()
    if of is None:
        with transaction.atomic():
            of = keep([data], kind=kind, name=f"{kind}.csv", created_by=None)
            running.begin_reading(of, mapping=propose(kind_of(of), of.headings), options=propose_options(of, store), now=now)
    _work(now=now)
    of.refresh_from_db()
    if of.state == Import.State.READY:
        running.begin_running(of, now=now)
        _work(now=now)


def _work(*, now: datetime) -> None:
    while running.import_batch(now=now):
        continue
