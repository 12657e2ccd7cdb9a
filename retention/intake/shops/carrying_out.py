"""What results do: events are stored, products saved, people joined or erased. Runs in the caller's transaction.

Each returns a key for the delivery's outcome; `telling.py` puts the keys into words.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from retention.customers.models import CustomerEvent
from retention.intake.models import ShopConnection
from retention.intake.reading import EARLIEST, Row, key_of
from retention.intake.shops import people
from retention.intake.shops.catalogue import save_costs, save_products, save_stock
from retention.intake.shops.connecting import end
from retention.intake.shops.results import (
    Asked,
    CostSeen,
    Disconnected,
    Forget,
    Happened,
    Joined,
    ProductGone,
    ProductSeen,
    Result,
    StockSeen,
)
from retention.intake.storing import store_events

LATE = timedelta(days=1)  # what is told later than that is counted, and starts no message


@dataclass(frozen=True)
class Done:
    """What came of a delivery, in its order and each once: keys for `telling.py`, and the public ids of the events that were new."""

    outcome: list[str]
    events: list[str]


def carry_out(results: Sequence[Result], *, shop: ShopConnection, now: datetime) -> Done:
    """Carry out what a delivery means and return what came of it."""
    rows = [_row(one, shop=shop, now=now) for one in results if isinstance(one, Happened)]
    store_events(rows, now=now)
    new = _new_among(rows, now=now)
    names = {row.name for row in rows if row.public_id in new}
    outcome = [f"{'event' if row.name in names else 'known'}:{row.name}" for row in rows]
    outcome += save_products(results, now=now, source=shop.kind) + save_stock(results) + save_costs(results)
    for one in results:
        outcome += _act(one, shop=shop, now=now)
    return Done(list(dict.fromkeys(outcome)), [row.public_id for row in rows if row.public_id in new])


def _new_among(rows: Sequence[Row], *, now: datetime) -> set[str]:
    """Return the public ids of the rows that were stored; the others were known."""
    given = [row.public_id for row in rows if row.public_id]
    if not given:
        return set()
    return {str(found) for found in CustomerEvent.objects.filter(received_at=now, public_id__in=given).values_list("public_id", flat=True)}


def would(results: Sequence[Result]) -> list[str]:
    """Return what a test would have done, as far as it can be said without doing it."""
    words: dict[type, str] = {ProductSeen: "product", ProductGone: "product_gone", StockSeen: "stock", CostSeen: "cost"}
    words |= {Forget: "erased", Joined: "joined", Asked: "asked", Disconnected: "disconnected"}
    named = [f"event:{one.name}" if isinstance(one, Happened) else words.get(type(one), "") for one in results]
    return [key for key in dict.fromkeys(named) if key]


def _act(one: Result, *, shop: ShopConnection, now: datetime) -> list[str]:
    """Do what is neither an event nor about products."""
    if isinstance(one, Forget):
        return people.forget(one, now=now)
    if isinstance(one, Joined):
        return people.join(one, now=now)
    if isinstance(one, Asked):
        return people.pass_on(one, shop=shop, now=now)
    if isinstance(one, Disconnected):
        end(shop, because=one.why, now=now)
        return ["disconnected"]
    return []


def _row(one: Happened, *, shop: ShopConnection, now: datetime) -> Row:
    """Return the stored event of something that happened; its address travels in the context, as tracking libraries send it."""
    occurred_at = min(max(one.occurred_at, EARLIEST), now)
    return Row(
        store_id=shop.store_id,
        key=key_of(_told_once(one, kind=shop.kind), by="shop"),
        kind=one.kind,
        name=one.name,
        anonymous_id=one.person.anonymous[:200],
        external_id=one.person.external[:200],
        properties=dict(one.properties),
        context={"traits": {"email": one.person.email}} if one.person.email else {},
        occurred_at=occurred_at,
        received_at=now,
        trusted=True,
        source=shop.kind,
        backfill=now - occurred_at > LATE,
    )


def _told_once(one: Happened, *, kind: str) -> str:
    """Return what makes a happening the same however often, through whichever topic and connection, it is told."""
    whole = json.dumps([dict(one.properties), one.person.external, one.person.email, one.occurred_at.isoformat()], sort_keys=True)
    same = one.once or hashlib.blake2b(whole.encode(), digest_size=16).hexdigest()
    return "\n".join((kind, one.name, one.person.anonymous if not one.once else "", same))
