"""Numbers no frame holds, told by strangers with a shop's public key: each mail is made all the same, and nobody behind it waits."""

from typing import Any

import pytest

from campaigns.models import Message
from campaigns.personalization.render import CannotRender, Rendered
from campaigns.sending.dispatch import dispatch_slice
from campaigns.sending.rendering import Job, Renderer
from retention.customers.models import Customer
from retention.kit import clock
from retention.orders.models import Cart
from tests.campaigns.crowd import make_ready, make_version
from tests.intake.stories import event, take

TEN_TRILLION = 10_000_000_000_000  # in euro, the largest amount there is
ATTRIBUTE = "<p>{{ profile.attributes.size }}</p>{{ unsubscribe_url }}"
BASKET = "{% for line in cart.lines %}<p>{{ line.total_minor | money: 'EUR' }}</p>{% endfor %}{{ unsubscribe_url }}"


@pytest.mark.django_db
def test_a_number_of_a_stranger_holds_up_no_mail(store: Any, sink: Any) -> None:
    (hers, *_others) = make_ready(3, now=clock.now(), version=make_version(html=ATTRIBUTE))
    Customer.objects.exclude(pk=hers.customer_id).update(attributes={"size": "L"})
    Customer.objects.filter(pk=hers.customer_id).update(attributes={"size": 1e25, "sizes": [-1e25, {"a": 1e300}]})
    assert dispatch_slice(store, channel="email", clock=clock.now).states == {"sent": 3}
    assert len(sink.accepted) == 3


@pytest.mark.django_db
def test_a_basket_filled_by_one_event_and_priced_by_another_holds_up_no_mail(store: Any, sink: Any) -> None:
    take([event(1, "Product Added", browser="a", product_id="x", price=0, quantity=10**6)])
    take([event(2, "Product Added", browser="a", product_id="x", price=TEN_TRILLION)])
    (hers, *_others) = make_ready(3, now=clock.now(), version=make_version(html=BASKET))
    Message.objects.filter(pk=hers.pk).update(cart=Cart.objects.get())
    assert dispatch_slice(store, channel="email", clock=clock.now).states == {"sent": 3}
    assert any("10,000,000,000,000.00" in str(mail) for mail in sink.accepted), "a line is worth no more than its basket"


@pytest.mark.parametrize("value", [10**400, "\ud800"], ids=["number", "letter"])
def test_what_stands_in_no_frame_costs_its_own_mail_alone(value: Any) -> None:
    shop, process = {"name": "Lumen"}, Renderer()
    parts = {"subject": "Hi", "html": "<p>{{ shop.name }} {{ event.n }}</p>", "text": "Hi"}
    try:
        unfit, *made = process.render_all([Job("t", parts, {"shop": shop, "event": {"n": n}}) for n in (value, 1, 2)])
    finally:
        process.stop()
    assert isinstance(unfit, CannotRender)
    assert unfit.reason == "template_error"
    assert made == [Rendered("Hi", f"<p>Lumen {n}</p>", "Hi") for n in (1, 2)]
