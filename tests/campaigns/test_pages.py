"""The journeys pages: what they show, who may press the switches, and that a pause holds everything back."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from campaigns.models import CouponPool, Journey, Message, SendRule, Template
from campaigns.personalization.saving import save_version
from campaigns.playbooks.switching import add, switch_on
from retention.kit import clock
from retention.stores.audit_words import words_of
from retention.stores.models import AuditEntry
from retention.tenancy.context import store_context
from tests.campaigns.coupons.pools import make_pool
from tests.campaigns.story import leave_cart, make_shopper, send, tick
from tests.factories import make_store, member_of, signed_in

pytestmark = pytest.mark.django_db


def browser(store: Any, role: str = "owner") -> Client:
    return signed_in(member_of(store, role))


def test_lists_a_journey_and_shows_its_steps(store: Any, sink: Any) -> None:
    now = clock.now()
    journey = switch_on("abandoned_cart", now=now - timedelta(days=1))
    leave_cart(make_shopper("Ana", now=now), now=now)
    leave_cart(make_shopper("Ben", consent=False, now=now), now=now)
    tick(now=now)
    send(store, now=now)
    client = browser(store)
    page = client.get(f"/s/{store.slug}/journeys/").content.decode()
    assert "Abandoned basket" in page
    page = client.get(f"/s/{store.slug}/journeys/{journey.public_id}/").content.decode()
    assert "Wait 20 hours" in page
    assert "when a basket is left alone" in page
    assert "No e-mail consent" in page
    page = client.get(f"/s/{store.slug}/journeys/{journey.public_id}/messages/").content.decode()
    assert "Ana, your basket is still here" in page
    assert "Held back" in page
    page = browser(store, "analyst").get(f"/s/{store.slug}/journeys/{journey.public_id}/messages/").content.decode()
    assert "Ana, your basket" not in page
    assert "Held back" in page


def test_pause_holds_everything_back_and_resume_lets_it_go(store: Any, sink: Any) -> None:
    now = clock.now()
    journey = switch_on("abandoned_cart", now=now - timedelta(days=1))
    leave_cart(make_shopper(now=now), now=now)
    tick(now=now)
    client = browser(store)
    assert client.post(f"/s/{store.slug}/journeys/{journey.public_id}/pause/").status_code == 302
    assert send(store, now=clock.now()).reserved == 0
    assert Message.objects.get().state == "ready"
    assert client.post(f"/s/{store.slug}/journeys/{journey.public_id}/resume/").status_code == 302
    assert send(store, now=clock.now()).states == {"sent": 1}
    deeds = AuditEntry.objects.filter(action__startswith="journey.").order_by("number")
    assert list(deeds.values_list("action", flat=True)) == ["journey.paused", "journey.resumed"]


def test_switches_a_playbook_on_once(store: Any) -> None:
    client = browser(store, "marketer")
    for _ in range(2):
        assert client.post(f"/s/{store.slug}/journeys/ready/abandoned_cart/switch-on/").status_code == 302
    assert Journey.objects.get().state == "live"
    deed = AuditEntry.objects.get(action__startswith="journey.")
    assert words_of(deed.action) == "Switched a journey on"
    assert client.post(f"/s/{store.slug}/journeys/ready/nothing/switch-on/").status_code == 404


@pytest.mark.parametrize("role", ["analyst", "support"])
def test_who_may_not_switch_sees_no_change(store: Any, role: str) -> None:
    journey = switch_on("abandoned_cart", now=clock.now())
    assert browser(store, role).post(f"/s/{store.slug}/journeys/{journey.public_id}/pause/").status_code == 403
    assert Journey.objects.get().state == "live"


def test_another_stores_journey_does_not_exist(store: Any) -> None:
    other = make_store("Other")
    with store_context(other.pk):
        foreign = switch_on("abandoned_cart", now=clock.now())
    client = browser(store)
    assert client.get(f"/s/{store.slug}/journeys/{foreign.public_id}/").status_code == 404
    assert client.post(f"/s/{store.slug}/journeys/{foreign.public_id}/pause/").status_code == 404
    assert client.get(f"/s/{other.slug}/journeys/").status_code == 404


def test_a_journey_that_shows_a_code_without_a_pool_does_not_go_live_and_says_what_to_mend(store: Any, sink: Any) -> None:
    now = clock.now()
    client, here = browser(store), f"/s/{store.slug}/journeys/"
    add("abandoned_cart", now=now)
    template = Template.objects.get(key="abandoned-cart-first")
    source = "<mjml><mj-body><mj-section><mj-column><mj-text>{{ coupon.code }}</mj-text></mj-column></mj-section></mj-body></mjml>"
    save_version(template, subject="Ten percent", source=source, now=now)
    page = client.post(f"{here}ready/abandoned_cart/switch-on/", follow=True).content.decode()
    journey = Journey.objects.get()
    assert (journey.state, journey.launched_at) == ("draft", None)
    assert "is not live yet: something must be mended first." in page
    assert f"“{template.name}”: It shows a coupon code. Choose the pool it is drawn from" in page
    pool = make_pool(now=now)
    SendRule(journey=journey, step="first", pool=pool).save()
    said = {
        f"the pool “{pool.name}”, which has none left": {},
        f"the pool “{pool.name}”, which is put away": {"archived_at": now},
        f"the pool “{pool.name}”, whose time is over": {"archived_at": None, "expires_at": now},
    }
    for words, fields in said.items():
        CouponPool.objects.update(**fields or {"archived_at": None})
        assert words in client.get(f"{here}{journey.public_id}/").content.decode()
    CouponPool.objects.update(archived_at=None, expires_at=None, endless=True)
    assert "Mend this first" not in client.get(f"{here}{journey.public_id}/").content.decode()
    client.post(f"{here}ready/abandoned_cart/switch-on/")
    assert Journey.objects.get().state == "live"
    journey.refresh_from_db()
    assert journey.pause(now=now)
    CouponPool.objects.update(archived_at=now)
    assert "does not go on yet" in client.post(f"{here}{journey.public_id}/resume/", follow=True).content.decode()
    assert Journey.objects.get().state == "paused"
