"""The main job end to end with a real mail server: a basket left alone, a mail, a click, an order, and silence."""

from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client

from campaigns.models import Attribution, Click, Enrollment, Journey, Message
from campaigns.playbooks.switching import switch_on
from campaigns.sending.receipts import note_clicks
from retention.customers.models import CustomerEvent
from retention.kit import clock
from retention.orders.models import Cart
from tests.campaigns.story import buy, leave_cart, make_shopper, send, tick

pytestmark = pytest.mark.django_db


def links_of(mail: Any) -> list[str]:
    """Return the addresses of a mail's HTML."""
    html = mail.get_body(("html",)).get_content()
    return [part.partition('"')[0].replace("&amp;", "&") for part in html.split('href="')[1:]]


def test_a_basket_comes_back_and_nothing_is_sent_twice(store: Any, sink: Any) -> None:
    now = clock.now()
    switch_on("abandoned_cart", now=now - timedelta(days=1))
    ana = make_shopper("Ana", now=now)
    cart = leave_cart(ana, now=now - timedelta(minutes=1))
    tick(now=now)
    assert send(store, now=now).states == {"sent": 1}
    assert [mail["To"] for mail in sink.accepted] == [f"Ana <{ana.email}>"]
    mail = sink.accepted[0]
    assert mail["Subject"] == "Ana, your basket is still here"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "Hand grinder" in mail.get_body(("plain",)).get_content()
    assert "€49.00" in unescape(mail.get_body(("html",)).get_content())
    assert sink.users == {str(store.public_id)}

    Message.objects.update(sent_at=now - timedelta(seconds=30))
    link = next(link for link in links_of(mail) if "/c/" in link)
    answer = Client(headers={"user-agent": "Mozilla/5.0 (X11; Linux)"}).get(link.removeprefix("http://localhost:8000"))
    assert answer.status_code == 302
    assert answer["Location"].startswith("https://lumen.example.test/cart?utm_source=boomerang")
    assert list(Click.objects.values_list("suspected", flat=True)) == [""]

    buy(ana, cart, now=clock.now())
    later = clock.now()
    tick(now=later)
    run = Enrollment.objects.get()
    assert (run.state, run.reason) == ("stopped", "Order Completed")
    assert Attribution.objects.get().total_minor == 4900
    assert Cart.objects.get().state == "recovered"
    note_clicks(now=later)
    assert set(CustomerEvent.objects.values_list("name", flat=True)) == {
        "Cart Idle",
        "Email Delivered",
        "Email Link Clicked",
        "Order Completed",
    }
    about = CustomerEvent.objects.filter(name__startswith="Email ").values_list("properties__journey", "properties__step")
    assert set(about) == {(str(Journey.objects.get().public_id), "first")}

    for hours in (1, 20, 21, 48):
        tick(now=later + timedelta(hours=hours))
        send(store, now=later + timedelta(hours=hours))
    assert len(sink.accepted) == 1
    assert Message.objects.count() == 1


def test_second_mail_follows_after_twenty_hours(store: Any, sink: Any) -> None:
    now = clock.now()
    switch_on("abandoned_cart", now=now - timedelta(days=1))
    leave_cart(make_shopper(now=now), now=now)
    for hours in (0, 1, 19.9, 20.1, 20.2, 30):
        moment = now + timedelta(hours=hours)
        tick(now=moment)
        send(store, now=moment)
    assert len(sink.accepted) == 2
    assert list(Message.objects.order_by("id").values_list("step", "state")) == [("first", "sent"), ("second", "sent")]
    assert Enrollment.objects.get().state == "finished"
