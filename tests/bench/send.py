"""What a message costs: building it against Django's template and mail classes, a whole campaign against a bare SMTP source.

Both sides in turns in one run, by processor time of everything that takes part: worker, render process, PostgreSQL, and for sending the
same sink, which takes whatever comes. Where no statement is run, which is looked at, PostgreSQL takes no part: what it does by itself
after rows were written belongs to neither side. Django's side has its links replaced too, by a pattern and one signature a mail, the
cheapest way there is for a template that does not know its links. The mail is the same for all: 40 KB of HTML, a loop over four lines, 24
links (`measuring/mails.py`).

`campaign_vs_smtp_source_cpu` compares mails a second of processor time, the sink's included, because a bare source has little else: one
process sends here, slice by slice. `campaign_vs_smtp_source` compares mails a second of wall time, which is what a shop waits for: a
campaign of one store, from the moment its messages are due until the last has left, sent by the product's own worker processes (a turn and
hands lent), as many as there are cores, rung for as often as the scheduler does; and the bare source, in turns with it, into the same sink.

What a push message costs is measured in the same run (`push.py`).
"""

import os
import re
import statistics
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from html import unescape
from typing import Any, NamedTuple

from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.smtp import EmailBackend
from django.core.signing import Signer
from django.db import connection, connections
from django.db.models import Max
from django.template import Context, Engine

from campaigns.channels import Account
from campaigns.models import Connection, Message, Template, TemplateVersion
from campaigns.personalization.context import contexts
from campaigns.sending import lines
from campaigns.sending.batches import MADE_AT_ONCE
from campaigns.sending.building import Texts
from campaigns.sending.dispatch import dispatch_slice
from campaigns.sending.reading import read_messages
from campaigns.sending.turns import KIND
from retention.customers.models import Consent, Customer
from retention.kit import clock
from retention.kit.memory import keep_what_is_loaded
from retention.kit.money import format_amount
from retention.orders.models import Cart, CartLine
from retention.stores.models import Store, StoreWork
from retention.tenancy.context import store_context
from tests.bench import push
from tests.bench.measuring import relay
from tests.bench.measuring.mails import DJANGO, LIQUID, SHOP, with_totals
from tests.bench.measuring.processes import children_seconds, cpu_seconds, parent_of, resident_bytes, tree
from tests.bench.measuring.workers import tick_until, workers

TURNS, MESSAGES, BUILT, SIDE_BY_SIDE = 3, 3_000, 600, 20_000  # messages a turn at scale 1
_LINK, _ADDRESS = re.compile(r'(<a\b[^>]*?\bhref=")(https?://[^"]*)'), re.compile(r"()(https?://[^\s<>\"]+)")
_ACCOUNT = Account(provider="smtp", settings={}, from_name="Lumen", from_address="hello@lumen.example.test")
Rows = list[tuple[object, ...]]
Walls = list[tuple[float, float]]


class Cost(NamedTuple):
    """Processor seconds of one message: everything, PostgreSQL's part, the sink's part."""

    total: float
    database: float = 0.0
    sink: float = 0.0


def main(scale: float) -> tuple[Rows, dict[str, Any]]:
    """Measure all sides in turns and return the table and the figures."""
    keep_what_is_loaded()  # as the worker does
    count, built = max(200, int(MESSAGES * scale)), max(100, int(BUILT * scale))
    store = Store.objects.create(
        name="Lumen", slug=f"send-{clock.now():%H%M%S%f}", web_address=SHOP, postal_address="Weg 7, Berlin", zone="Europe/Berlin"
    )
    costs: dict[str, list[Cost]] = {}
    memory: list[int] = []
    with store_context(store.pk), relay.sink() as (port, sink):
        at = {"host": "127.0.0.1", "port": port, "security": "none"}
        Connection.objects.create(channel="email", provider="smtp", name="Sink", settings=at, from_address="hello@lumen.example.test")
        version = _version()
        _send_all(store, _ready(64, version), sink)  # what is only loaded once is no part of a message
        size = _sizes(store, version)
        for _turn in range(TURNS):
            for name, cost in _turn_of(store, version, count=count, built=built, port=port, sink=sink, size=size).items():
                costs.setdefault(name, []).append(cost)
            memory.append(_own_bytes(sink))
        lines.close_all()
        walls, shares, held = _side_by_side(store, version, count=max(600, int(SIDE_BY_SIDE * scale)), port=port, size=size)
        unsent = Message.objects.exclude(state="sent").count()
    middle = {name: sorted(found, key=lambda cost: cost.total)[len(found) // 2] for name, found in costs.items()}
    rows: Rows = [("what", "us of CPU a message", "of it PostgreSQL", "of it the sink", "messages a CPU second", "us of wall")]
    rows += [(name, *(round(1e6 * part) for part in cost), round(1 / cost.total), "") for name, cost in middle.items()]
    sides = zip(("bare source", f"campaign by {len(shares)} workers"), zip(*walls, strict=True), strict=True)
    rows += [(f"{name}, side by side", "", "", "", "", round(1e6 * statistics.median(found))) for name, found in sides]
    pushed, found_of_push = push.main(scale)
    rows += [(f"push, {name}", cost, "", "", rate, "") for name, cost, rate in pushed[1:]]
    campaign = middle["campaign"]
    ratios = {
        "build_vs_django": _median_ratio(costs["build by Django"], costs["build"]),
        "campaign_vs_smtp_source": round(statistics.median(bare / ours for bare, ours in walls), 3),
        "campaign_vs_smtp_source_cpu": _median_ratio(costs["bare source"], costs["campaign"]),
        "campaign_vs_django": _median_ratio(costs["Django send_messages"], costs["campaign"]),
        "push_vs_raw": found_of_push["ratios"]["push_vs_raw"],
        "outbox_share": round(campaign.database / (campaign.total - campaign.sink), 3),
        "memory_growth": round(memory[-1] / memory[0], 3),
    }
    counts = {
        "messages": count * TURNS,
        "unsent": unsent,
        "mail_bytes": size,
        "worker_mb": held >> 20,
        "workers": len(shares),
        "least_share": min(shares),
        "postfix": int(relay.kind() == "postfix"),
    }
    return rows, {"ratios": ratios, "counts": counts}


def _median_ratio(other: list[Cost], ours: list[Cost]) -> float:
    return round(statistics.median(theirs.total / own.total for theirs, own in zip(other, ours, strict=True)), 3)


def _turn_of(store: Store, version: TemplateVersion, *, count: int, built: int, port: int, sink: int, size: int) -> dict[str, Cost]:
    messages = read_messages([row.pk for row in _ready(built, version)])
    found = contexts(messages, store=store)
    engine, names = Engine(), list(DJANGO)
    templates = {name: engine.from_string(DJANGO[name]) for name in names}

    def by_django() -> list[EmailMultiAlternatives]:
        return [_django_mail(templates, found[message.pk], message) for message in messages]

    def send_by_django() -> None:
        EmailBackend(host="127.0.0.1", port=port).send_messages(by_django())

    costs = {
        "build": _spent_alone(lambda: _build(messages, found), sink, per=built),
        "build by Django": _spent_alone(lambda: [mail.message().as_bytes() for mail in by_django()], sink, per=built),
        "Django send_messages": _spent_alone(send_by_django, sink, per=built),
    }
    Message.objects.filter(pk__in=[message.pk for message in messages]).delete()
    _ready(count, version)
    costs["campaign"] = _spent(lambda: _send_all(store, [], sink), sink, per=count)
    costs["bare source"] = _spent_alone(lambda: relay.send_raw(port, count=count, size=size), sink, per=count)
    return costs


def _build(messages: list[Message], found: Any) -> None:
    for start in range(0, len(messages), MADE_AT_ONCE):
        mails, failed = Texts(messages[start : start + MADE_AT_ONCE], found).built(account=_ACCOUNT, now=clock.now())
        if failed:
            raise RuntimeError(f"A mail could not be built: {failed}")
        for mail in mails.values():  # the other side has each mail in one, so ours is put together too
            if mail.outgoing is None or not mail.outgoing.content:
                raise RuntimeError("A mail has no content.")


def _django_mail(templates: Any, context: dict[str, Any], message: Message) -> EmailMultiAlternatives:
    values = Context(with_totals(context, format_amount))
    subject, html, text = (templates[name].render(values) for name in ("subject", "html", "text"))
    base, positions = f"https://lumen.example.test/c/{Signer().sign(str(message.pk))}.", dict[str, int]()

    def ours(found: re.Match[str]) -> str:
        return f"{found[1]}{base}{positions.setdefault(unescape(found[2]), len(positions))}"

    html, text = (_LINK.sub(ours, html), _ADDRESS.sub(ours, text))
    mail = EmailMultiAlternatives(subject, text, "Lumen <hello@lumen.example.test>", [message.customer.email])
    mail.attach_alternative(html, "text/html")
    return mail


def _sizes(store: Store, version: TemplateVersion) -> int:
    """Return the bytes of one mail of ours."""
    messages = read_messages([row.pk for row in _ready(1, version)])
    built, failed = Texts(messages, contexts(messages, store=store)).built(account=_ACCOUNT, now=clock.now())
    outgoing = next(iter(built.values())).outgoing if not failed else None
    if outgoing is None:
        raise RuntimeError(f"A mail could not be built: {failed}")
    Message.objects.filter(pk=messages[0].pk).delete()
    return len(outgoing.content)


def _send_all(store: Store, _rows: object, _sink: int) -> None:
    while dispatch_slice(store, channel="email", clock=clock.now).reserved:
        pass


def _side_by_side(
    store: Store, version: TemplateVersion, *, count: int, port: int, size: int
) -> tuple[list[tuple[float, float]], list[float], int]:
    """Compare the bare source and a campaign sent by a worker for each core.

    Returns the wall seconds of a mail on both sides, turn by turn, the workers' shares, and the bytes the larger of them holds at the end.
    """
    walls = []
    with workers(os.cpu_count() or 1) as pids:
        _campaign_by_workers(store, version, count=max(600, count // 4))  # what is only loaded once is no part of a message
        before = [cpu_seconds(pid) for pid in pids]
        for _turn in range(TURNS):
            began = time.perf_counter()
            relay.send_raw(port, count=count, size=size)
            bare = time.perf_counter() - began
            walls.append((bare / count, _campaign_by_workers(store, version, count=count) / count))
        spent = [cpu_seconds(pid) - earlier for pid, earlier in zip(pids, before, strict=True)]
        held = max(map(resident_bytes, pids))
    return walls, [round(one / sum(spent), 2) for one in spent], held


def _campaign_by_workers(store: Store, version: TemplateVersion, *, count: int) -> float:
    """Send so many messages by the workers that are running; return the seconds from ringing for them until the last has left."""
    rows = _ready(count, version)
    mine = Message.objects.filter(pk__gte=min(row.pk for row in rows))
    began = clock.now()
    StoreWork.ring(KIND, store_id=store.pk, due_at=began)
    waiting, leaving = Message.objects.due(began).filter(channel="email"), mine.being_sent()
    tick_until(lambda: not waiting.exists() and not leaving.exists(), seconds=300)
    last: datetime = mine.aggregate(last=Max("sent_at"))["last"]
    return (last - began).total_seconds()


def _postmaster() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return parent_of(int(cursor.fetchone()[0]))


def _own_bytes(sink: int) -> int:
    """Return the memory of the worker and its render process."""
    others = {pid for pid in (sink, _postmaster()) if pid in set(tree((os.getpid(),)))}
    return resident_bytes(os.getpid()) - sum(map(resident_bytes, others))


def _spent(work: Callable[[], object], sink: int, *, per: int) -> Cost:
    """Return the processor seconds a message took: here, in the processes started here, in PostgreSQL and in the sink."""
    postmaster = _postmaster()
    inside = postmaster in set(tree((os.getpid(),)))

    def others() -> tuple[float, float, float]:
        database = cpu_seconds(postmaster)
        return children_seconds(os.getpid()) + (0.0 if inside else database), database, cpu_seconds(sink)

    before = others()
    began = time.process_time()  # looking at all processes takes as long as building a hundred mails: it is no part of either side
    work()
    own = time.process_time() - began
    total, database, taken = (after - earlier for after, earlier in zip(others(), before, strict=True))
    return Cost((own + total) / per, database / per, taken / per)


def _spent_alone(work: Callable[[], object], sink: int, *, per: int) -> Cost:
    """Return the processor seconds a message took where PostgreSQL takes no part."""

    def refuse(*_: object) -> None:
        raise RuntimeError("A statement was run where none is counted.")

    def quietly() -> None:
        with connection.execute_wrapper(refuse):
            work()

    cost = _spent(quietly, sink, per=per)
    return Cost(cost.total - cost.database, 0.0, cost.sink)


def _version() -> TemplateVersion:
    template = Template.objects.create(key="bench", name="Bench", live_number=1)
    return TemplateVersion.objects.create(template=template, number=1, source="", **LIQUID)


def _ready(count: int, version: TemplateVersion) -> list[Message]:
    """Save due messages of new people, each with a basket of four lines."""
    now, day = clock.now(), timedelta(days=1)
    mark = f"{now:%d%H%M%S%f}"
    people = Customer.objects.bulk_create(
        [
            Customer(
                email=f"p{number}.{mark}@example.test",
                email_key=f"p{number}.{mark}@example.test",
                first_name=f"Zoë {number}",
                created_at=now - day,
            )
            for number in range(count)
        ]
    )
    Consent.objects.bulk_create([Consent(customer=person, channel="email", status="granted", changed_at=now) for person in people])
    basket = {"currency": "EUR", "total_minor": 19600, "lines_count": 4, "started_at": now - day, "last_activity_at": now, "idle_at": now}
    carts = Cart.objects.bulk_create([Cart(customer=person, **basket) for person in people])
    CartLine.objects.bulk_create(
        [
            CartLine(
                cart=cart,
                product_id=f"g{n}",
                name=f"Hand grinder {n}",
                quantity=n + 1,
                price_minor=4900 + n,
                url=f"{SHOP}/p/{n}",
                image_url=f"{SHOP}/i/{n}.png",
            )
            for cart in carts
            for n in range(4)
        ]
    )
    common = {
        "source_kind": "campaign",
        "source_id": 1,
        "step": "body",
        "occurrence": "once",
        "channel": "email",
        "template_version": version,
    }
    rows = [
        Message(customer=cart.customer, cart=cart, planned_at=now, due_at=now, expires_at=now + 3 * day, **common) for cart in carts
    ]  # fmt: skip
    made = list(Message.objects.bulk_create(rows))
    with connections["owner"].cursor() as cursor:  # people and baskets were there for a while, the messages for a minute
        cursor.execute("SELECT 1")  # connects
        cursor.cursor.execute("VACUUM (ANALYZE) customers_customer, customers_consent, orders_cart, orders_cartline")
        cursor.execute("ANALYZE campaigns_message")
    return made
