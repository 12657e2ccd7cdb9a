"""A stranger types somebody's address into a shop, again and again: whoever it belongs to hears of it once at most."""

import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from campaigns.models import Message
from campaigns.playbooks.switching import switch_on
from retention.customers.consent import Said, record_consents
from retention.customers.identifying import Claim, identify
from retention.customers.models import Customer, CustomerEvent
from retention.intake.projecting.running import project_store
from retention.kit import clock
from retention.orders.idling import note_idle
from retention.orders.models import Cart
from retention.tenancy.context import store_context
from tests.campaigns.story import leave_cart, send, tick
from tests.factories import make_key, make_store
from tests.intake.knocking import ask, make_door  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db(transaction=True)
VICTIM = "vera@victim.example.test"
A_BATCH = 400
BASKET = {"products": [{"product_id": "p-1", "name": "Grinder", "price": 49, "quantity": 1}], "currency": "EUR", "value": 49}


def told(number: int) -> dict[str, Any]:
    """Return one thing a browser says: the address typed in, then a basket, a checkout, a page; every browser says four."""
    browser, turn = divmod(number, 4)
    who = {"anonymousId": f"stranger-{browser}", "messageId": f"m-{number}"}
    said = [
        {"type": "identify", "traits": {"email": VICTIM, "first_name": "Buy cheap pills"}},
        {"type": "track", "event": "Product Added", "properties": {"cart_id": f"c-{browser}", **BASKET["products"][0], "currency": "EUR"}},
        {"type": "track", "event": "Checkout Started", "properties": {"cart_id": f"c-{browser}", "email": VICTIM, **BASKET}},
        {"type": "track", "event": "Cart Viewed", "userId": VICTIM, "properties": {"cart_id": f"c-{browser}", **BASKET}},
    ]
    return who | said[turn]


@pytest.mark.parametrize("events", [400, pytest.param(10_000, marks=pytest.mark.deep)])
@pytest.mark.parametrize("known", [True, False], ids=["a customer who said yes", "somebody unknown"])
def test_a_stranger_who_types_an_address_makes_us_write_to_it_once_at_most(
    sink: Any,
    make_door: Any,  # noqa: F811 - the fixture
    events: int,
    known: bool,
) -> None:
    store = make_store("Lumen", web_address="https://lumen.example.test", postal_address="Lumen, Weg 7, 10115 Berlin", currency="EUR")
    began = clock.now()
    _row, key = make_key(store, "public")
    with store_context(store.pk):
        switch_on("abandoned_cart", now=began - timedelta(days=1))
        if known:
            with transaction.atomic():
                (pk,) = identify([Claim(external="c-1", email=VICTIM, trusted=True)], now=began)
                record_consents([Said(pk, "email", "granted", began, method="checkout")], now=began)
    door = make_door()
    for start in range(0, events, A_BATCH):
        batch = [told(number) for number in range(start, min(start + A_BATCH, events))]
        status, headers, answer = ask(door, "/v1/batch", {"batch": batch, "writeKey": key})
        while status == 429:  # the door takes so many a second of one key; a stranger waits
            time.sleep(float(headers["Retry-After"]))
            status, headers, answer = ask(door, "/v1/batch", {"batch": batch, "writeKey": key})
        assert (status, answer["accepted"]) == (200, len(batch))
    assert project_store(store.pk, now=clock.now()) == events
    with store_context(store.pk):
        assert CustomerEvent.objects.filter(kind__in=("track", "identify")).count() == events
        assert Cart.objects.exists()
        go_by(store, days=4)
        to_victim = [address for address in sink.recipients if address == VICTIM]
        assert len(to_victim) <= 1
        assert set(sink.recipients) <= {VICTIM}
        assert "pills" not in "".join(str(mail) for mail in sink.accepted)
        if known:  # what is their own still reaches them, so nothing above was silent for another reason
            sink.accepted.clear()
            own = Customer.objects.get(email_key=VICTIM)
            later = clock.now() + timedelta(days=9)
            leave_cart(own, now=later)
            tick(now=later)
            send(store, now=later)
            assert len(sink.accepted) == 1
            assert Message.objects.filter(customer=own, state="sent").exists()


def go_by(store: Any, *, days: int) -> None:
    """Let days go by, a look every two hours: baskets are noticed, journeys go on, and what is ready leaves."""
    for hours in range(0, 24 * days, 2):
        moment = clock.now() + timedelta(hours=hours)
        note_idle(now=moment)
        tick(now=moment)
        while send(store, now=moment).reserved:
            continue
