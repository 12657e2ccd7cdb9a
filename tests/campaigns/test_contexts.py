"""What templates see, built for a slice of messages at once: each message as if it were alone."""

from typing import Any

import pytest

from campaigns.personalization.context import contexts
from campaigns.sending.reading import read_messages
from retention.orders.models import Cart, CartLine
from tests.campaigns.crowd import make_ready

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_messages_of_one_basket_show_each_of_its_lines_once(store: Any, now: Any) -> None:
    messages = make_ready(2, now=now)
    owner = messages[0].customer
    cart = Cart.objects.create(customer=owner, currency="EUR", lines_count=2, started_at=now, last_activity_at=now)
    CartLine.objects.bulk_create(
        [CartLine(cart=cart, product_id=name, name=name, quantity=1, price_minor=100) for name in ("Lamp", "Chair")]
    )
    for message in messages:
        message.customer, message.cart, message.occurrence = owner, cart, f"of {message.pk}"
        message.save()
    found = contexts(read_messages([one.pk for one in messages]), store=store)
    shown = [[line["name"] for line in found[one.pk]["cart"]["lines"]] for one in messages]
    assert shown == [["Lamp", "Chair"]] * 2
