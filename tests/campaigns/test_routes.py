"""Two connections with their shares, and one that warms up: who leaves by which, how many a day, and what becomes of the rest."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import OperationalError

from campaigns.models import Campaign, Connection, ConnectionDay, Message
from campaigns.sending import buckets, connecting, dispatch, looking, routing
from campaigns.sending.accounts import NoAccount, account_of
from campaigns.sending.dispatch import IDLE_SECONDS, dispatch_slice
from campaigns.sending.doubts import RECOGNISED_FOR
from campaigns.sending.warming import WarmUp
from retention.kit import clock
from retention.stores.models import AuditEntry
from retention.tenancy.context import store_context
from tests.campaigns.campaigning import make_campaign, make_crowd, make_list, rows, send_all, start
from tests.campaigns.crowd import make_ready
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


def test_a_lone_connection_that_takes_nothing_is_known_to_rest_and_is_tried_again(store: Any, services: Any, now: Any) -> None:
    connect("resend", services["resend"], now=now)
    services["resend"].answer = (429, {}, {"Retry-After": "60"})
    assert routing.takes(store, channel="email", now=now)
    messages = mail_to(make_crowd(2, now=now), store, now=now)
    assert set(messages.values_list("reason", flat=True)) == {"refused_for_now"}
    assert [routing.takes(store, channel="email", now=now + timedelta(seconds=after)) for after in (1, 90, 121)] == [False, False, True]
    services["resend"].answer = YES["resend"]
    assert look(store, now=now + timedelta(minutes=3)).states == {"sent": 2}


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


def tried(connection: Connection, *, now: Any, **fields: Any) -> Message:
    """Return a message that is due and that a connection tried before."""
    (made,) = make_ready(1, now=now)
    Message.objects.filter(pk=made.pk).update(connection=connection, attempts=1, first_attempt_at=now, **fields)
    made.refresh_from_db()
    return made


def both(services: Any, store: Any, *, now: Any) -> tuple[Connection, Connection]:
    first = connect("resend", services["resend"], now=now)
    return first, connect("sendgrid", services["sendgrid"], now=now, beside=True)


def filled(connection: Connection, store: Any, *, now: Any) -> None:
    """Let a connection warm up whose day is used up."""
    day = routing.day_of(store, now)
    Connection.objects.filter(pk=connection.pk).update(warm_since=day, warm_first=5, warm_growth=30, warm_goal=100)
    ConnectionDay.objects.create(connection=connection, day=day, taken=5)


def look(store: Any, *, now: Any) -> Any:
    return dispatch_slice(store, channel="email", clock=lambda: now)


def test_what_a_full_connection_tried_leaves_by_the_other_one_unless_it_may_have_left(store: Any, services: Any, now: Any) -> None:
    _first, new = both(services, store, now=now)
    filled(new, store, now=now)
    later, doubt = tried(new, now=now, reason="refused_for_now"), tried(new, now=now, provider_key="mark")
    look(store, now=now)
    assert [one.state for one in Message.objects.filter(pk__in=[later.pk, doubt.pk]).order_by("pk")] == ["sent", "ready"]
    assert (len(services["resend"].asked), len(services["sendgrid"].asked)) == (1, 0)
    look(store, now=now + RECOGNISED_FOR)
    assert (Message.objects.get(pk=doubt.pk).state, len(services["sendgrid"].asked)) == ("unknown", 0)


def test_with_all_full_a_doubt_stays_where_it_is_and_is_not_put_off(store: Any, services: Any, now: Any) -> None:
    first, new = both(services, store, now=now)
    filled(first, store, now=now)
    filled(new, store, now=now)
    Connection.objects.filter(pk=new.pk).update(resting_until=now + timedelta(minutes=1))
    mail, order = tried(new, now=now, provider_key="mark"), tried(new, now=now, provider_key="mark", stream="transactional")
    fresh = tried(first, now=now, stream="transactional")
    slice_ = look(store, now=now)
    assert [one.state for one in Message.objects.filter(pk__in=[mail.pk, order.pk, fresh.pk]).order_by("pk")] == ["ready", "ready", "sent"]
    assert Message.objects.get(pk=mail.pk).due_at == now
    assert not slice_.stopped
    assert look(store, now=now).wait_seconds == IDLE_SECONDS


def test_one_connection_that_cannot_be_opened_leaves_everything_to_the_other(store: Any, services: Any, now: Any) -> None:
    first, new = both(services, store, now=now)
    Connection.objects.filter(pk=first.pk).update(sealed="broken")
    messages = [*make_ready(12, now=now), tried(first, now=now, reason="refused_for_now")]
    look(store, now=now)
    assert set(Message.objects.filter(pk__in=[one.pk for one in messages]).values_list("state", "connection_id")) == {("sent", new.pk)}
    Connection.objects.update(sealed="broken")
    with pytest.raises(NoAccount, match="credentials_unreadable"):
        routing.routes_for(store, channel="email", now=now)


def test_what_waits_for_a_warm_up_is_due_again_when_another_connection_takes_over(store: Any, services: Any, now: Any) -> None:
    only = connect("resend", services["resend"], now=now)
    assert connecting.share(only, weight=99, warm_up=WarmUp(routing.day_of(store, now), 1, 30, 100), now=now)
    messages = mail_to(make_crowd(5, now=now), store, now=now)
    assert messages.filter(reason="warming_up").count() == 4
    connect("sendgrid", services["sendgrid"], now=now)
    send_all(store, now=now)
    assert messages.filter(state="sent").count() == 5
    Message.objects.filter(pk=messages.first().pk).update(state="ready", reason="warming_up", due_at=now + timedelta(days=1))
    assert connecting.stop_using("email", now=now)
    assert Message.objects.get(state="ready").due_at == now


def test_a_connection_with_nothing_of_its_own_looks_a_little_further_each_time_and_hurries_nobody(
    store: Any, services: Any, now: Any, monkeypatch: Any
) -> None:
    """All that is due is the first's, whose pace is used up: the second looks at so many rows at a time, then rests."""
    monkeypatch.setattr(looking, "LOOK_AT", 1)
    monkeypatch.setattr(dispatch, "SLICE", 4)
    first, new = both(services, store, now=now)
    Connection.objects.filter(pk=first.pk).update(settings=first.settings | {"per_second": 0.01})
    buckets.take(account_of(Connection.objects.get(pk=first.pk)), 1)
    others = make_ready(10, now=now)
    Message.objects.update(connection=first)
    looks = [look(store, now=now) for _ in range(3)]
    assert [one.wait_seconds for one in looks] == [0.0, 0.0, IDLE_SECONDS]
    (mine,) = make_ready(1, now=now)
    Message.objects.filter(pk=mine.pk).update(connection=new)
    assert look(store, now=now).states == {"sent": 1}
    afterwards = time.monotonic() + looking.AFRESH_SECONDS + 1
    monkeypatch.setattr(looking.time, "monotonic", lambda: afterwards)
    assert looking.begin(new.pk, channel="email", now=now, limit=4).start is None
    assert Message.objects.filter(pk__in=[one.pk for one in others], state="ready").count() == 10


def test_a_day_is_given_back_although_the_reserving_failed(store: Any, services: Any, now: Any, monkeypatch: Any) -> None:
    only = connect("resend", services["resend"], now=now)
    assert connecting.share(only, weight=99, warm_up=WarmUp(routing.day_of(store, now), 10, 30, 100), now=now)
    make_ready(1, now=now)

    def broken(*_args: Any, **_more: Any) -> Any:
        raise OperationalError

    for name, where in (("reserve", dispatch), ("take", buckets)):
        monkeypatch.setattr(where, name, broken)
        with pytest.raises(OperationalError):
            look(store, now=now)
        assert ConnectionDay.objects.get().taken == 0
