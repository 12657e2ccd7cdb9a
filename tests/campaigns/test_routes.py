"""Two connections with their shares, and one that warms up: who leaves by which, how many a day, and what becomes of the rest."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date, timedelta
from typing import Any

import pytest

from campaigns.models import Campaign, Connection, ConnectionDay
from campaigns.sending import connecting, routing
from campaigns.sending.warming import WarmUp
from retention.kit import clock
from retention.stores.models import AuditEntry
from retention.tenancy.context import store_context
from tests.campaigns.campaigning import make_campaign, make_crowd, make_list, rows, send_all, start
from tests.campaigns.esp import YES, Service, playing
from tests.cast import lumen
from tests.factories import signed_in

pytestmark = pytest.mark.django_db
VENDORS = ("resend", "sendgrid")


@pytest.fixture
def services(settings: Any) -> Iterator[dict[str, Service]]:
    with ExitStack() as stack:
        running = {vendor: stack.enter_context(playing()) for vendor in VENDORS}
        settings.FETCH_ALLOWED_PORTS = [one.port for one in running.values()]
        for vendor, one in running.items():
            one.answer = YES[vendor]
        yield running


def connect(vendor: str, service: Service, *, now: Any, beside: bool = False) -> Connection:
    return connecting.keep(
        "email", vendor, name=vendor, settings={"api_url": service.url}, secrets={"api_key": "k"},
        sender={"from_name": "Lumen", "from_address": "hello@lumen.example.test"}, now=now, beside=beside,
    )  # fmt: skip


def mail_to(people: list[Any], store: Any, *, now: Any) -> Any:
    campaign = make_campaign(make_list(people, now=now), now=now)
    start(campaign, store, now=now)
    send_all(store, now=now)
    return rows(campaign)


@pytest.mark.parametrize(("days", "allowed"), [(-3, 50), (0, 50), (1, 65), (2, 84), (10, 689), (22, 16_059), (23, None), (500, None)])
def test_a_warm_up_grows_every_day_until_it_needs_no_limit(days: int, allowed: int | None) -> None:
    warm = WarmUp(date(2026, 3, 2), 50, 30, 20_000)
    assert warm.allowed(warm.since + timedelta(days=days)) == allowed
    assert warm.days == 23


def test_a_share_is_kept_and_a_person_always_hears_from_the_same_connection(store: Any, services: Any, now: Any) -> None:
    first = connect("resend", services["resend"], now=now)
    second = connect("sendgrid", services["sendgrid"], now=now, beside=True)
    first.refresh_from_db()
    assert (first.weight, second.weight) == (80, 20)
    people = make_crowd(60, now=now)
    by = dict(mail_to(people, store, now=now).values_list("customer_id", "connection_id"))
    shares = {one.pk: list(by.values()).count(one.pk) for one in (first, second)}
    assert sum(shares.values()) == 60
    assert 3 <= shares[second.pk] <= 24
    assert [len(services[vendor].asked) for vendor in VENDORS] == list(shares.values())
    assert dict(mail_to(people, store, now=now + timedelta(days=3)).values_list("customer_id", "connection_id")) == by
    assert connecting.stop_using("email", "resend", now=now)
    assert set(mail_to(people, store, now=now + timedelta(days=6)).values_list("state", flat=True)) == {"sent"}
    assert len(services["sendgrid"].asked) == 2 * shares[second.pk] + 60


def test_what_goes_over_a_warm_up_waits_for_the_same_hour_of_the_next_day(store: Any, services: Any, now: Any) -> None:
    only = connect("resend", services["resend"], now=now)
    assert connecting.share(only, weight=99, warm_up=WarmUp(routing.day_of(store, now), 10, 30, 100), now=now)
    messages = mail_to(make_crowd(25, now=now), store, now=now)
    assert messages.filter(state="sent").count() == 10
    waiting = messages.filter(state="ready", reason="warming_up")
    assert {one.due_at - now for one in waiting} == {timedelta(days=1)}
    assert {one.expires_at - one.due_at for one in waiting} == {timedelta(hours=12)}, "it keeps its patience"
    assert waiting.count() == 15
    assert ConnectionDay.objects.get().taken == 10
    tomorrow = now + timedelta(days=1)
    Campaign.objects.update(seen_at=tomorrow)
    send_all(store, now=tomorrow)
    assert (messages.filter(state="sent").count(), messages.filter(reason="warming_up").count()) == (23, 2)
    assert connecting.share(only, weight=99, warm_up=None, now=tomorrow)
    send_all(store, now=tomorrow)
    assert messages.filter(state="sent").count() == 25
    assert len(services["resend"].asked) == 25


def test_what_goes_over_a_warm_up_leaves_by_the_other_connection(store: Any, services: Any, now: Any) -> None:
    connect("resend", services["resend"], now=now)
    new = connect("sendgrid", services["sendgrid"], now=now, beside=True)
    assert connecting.share(new, weight=90, warm_up=WarmUp(routing.day_of(store, now), 5, 30, 100), now=now)
    messages = mail_to(make_crowd(30, now=now), store, now=now)
    assert set(messages.values_list("state", flat=True)) == {"sent"}
    assert messages.filter(connection=new).count() == 5
    assert [len(services[vendor].asked) for vendor in VENDORS] == [25, 5]


def test_a_connection_that_takes_nothing_now_rests_and_what_it_tried_stays_with_it(store: Any, services: Any, now: Any) -> None:
    connect("resend", services["resend"], now=now)
    new = connect("sendgrid", services["sendgrid"], now=now, beside=True)
    services["sendgrid"].answer = (429, {"errors": []}, {"Retry-After": "60"})
    messages = mail_to(make_crowd(40, now=now), store, now=now)
    tried = list(messages.filter(reason="refused_for_now").values_list("connection_id", flat=True))
    assert set(tried) == {new.pk}
    assert messages.filter(state="sent").count() + messages.filter(state="ready").count() == 40
    assert messages.filter(state="sent").count() == len(services["resend"].asked) > 0
    services["sendgrid"].answer = YES["sendgrid"]
    later = now + timedelta(minutes=10)
    send_all(store, now=later)
    assert set(messages.values_list("state", flat=True)) == {"sent"}
    assert set(messages.exclude(connection=new).values_list("attempts", flat=True)) == {1}


def test_the_page_adds_one_beside_shares_and_says_what_of_the_day_is_used() -> None:
    shop = lumen()
    browser, here = signed_in(shop.nora), "/s/lumen/settings/channels/"
    form = {"from_name": "Lumen", "from_address": "hello@lumen.example.test", "api_key": "k"}
    browser.post(f"{here}resend/", form)
    assert "Add one beside it" in browser.get(here).content.decode()
    assert "?beside=1" in browser.get(f"{here}sendgrid/?beside=1").content.decode()
    browser.post(f"{here}sendgrid/?beside=1", form)
    page = browser.get(here).content.decode()
    assert "80%" in page
    assert "Add one beside it" not in page
    told = {"weight": "30", "warm": "on", "first": "40", "growth": "50", "goal": "1000"}
    assert "first day" in browser.post(f"{here}sendgrid/share/", {**told, "goal": "3"}, follow=True).content.decode()
    browser.post(f"{here}sendgrid/share/", told)
    with store_context(shop.store.pk):
        new = Connection.objects.get(provider="sendgrid")
        assert (new.weight, new.warm_since, new.warm_first) == (30, routing.day_of(shop.store, clock.now()), 40)
        assert Connection.objects.get(provider="resend").weight == 70
        ConnectionDay.objects.create(connection=new, day=new.warm_since, taken=12)
        assert AuditEntry.objects.filter(action="connection.shared").count() == 1
    page = browser.get(here).content.decode()
    assert "12 of 40" in page
    assert "Day 1 of 8 of its warm-up. What goes over it leaves by Resend." in page
    browser.post(f"{here}resend/stop/")
    assert "28 more may leave today; the others wait for tomorrow." in browser.get(here).content.decode()
    assert signed_in(shop.mia).post(f"{here}sendgrid/share/", told).status_code == 403
