"""Opened mails: the picture at a mail's end, who loads it, what counts, and what a request for it can and cannot do."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from campaigns.broadcasts import reading
from campaigns.broadcasts.exporting import figures_file
from campaigns.measurement.robots import suspicion_of_load
from campaigns.models import Message, Opening
from campaigns.personalization.links import click_base, opening_url
from campaigns.personalization.opening import with_picture
from campaigns.sending.opening import note_openings
from campaigns.sending.sweeping import stores_to_sweep
from campaigns.tasks import sweep
from campaigns.views.openings import MOST_AN_HOUR
from retention.customers.models import CustomerEvent
from retention.kit import clock
from tests.campaigns.campaigning import make_campaign, make_crowd, make_list, rows, send_all, start
from tests.factories import member_of, signed_in

pytestmark = pytest.mark.django_db
PERSON = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
YAHOO = "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html"
APPLE = "Mozilla/5.0"


@pytest.fixture
def campaign(store: Any, sink: Any, now: Any) -> Any:
    """Send a campaign to three people."""
    made = make_campaign(make_list(make_crowd(3, now=now), now=now), now=now)
    start(made, store, now=now)
    assert send_all(store, now=now) == 3
    Message.objects.update(sent_at=clock.now() - timedelta(minutes=5))
    return made


def picture_of(message: Message) -> str:
    base = click_base(message.pk, store_id=message.store_id, planned_at=message.planned_at)
    return opening_url(base).removeprefix("http://localhost:8000")


def load(address: str, agent: str = PERSON, *, method: str = "get") -> Any:
    return getattr(Client(headers={"user-agent": agent}), method)(address)


def test_every_mail_carries_its_own_picture_at_its_end(campaign: Any, sink: Any) -> None:
    bodies = [mail.get_body(("html",)).get_content() for mail in sink.accepted]
    for message in rows(campaign):
        (body,) = [body for body in bodies if f"http://localhost:8000{picture_of(message)}" in body]
        assert body.index(picture_of(message)) > body.rindex("<a ")
        assert 'width="1" height="1" alt=""' in body
    assert with_picture("<p>x</p>", "https://a.example/o/1").startswith("<p>x</p><img")
    assert with_picture("<body>x</body></html>", "a").endswith("</body></html>")


def test_a_person_opens_a_mail_once_however_often_they_look(campaign: Any, store: Any) -> None:
    first, second, third = rows(campaign).order_by("pk")
    answer = load(picture_of(first))
    assert (answer.status_code, answer["Content-Type"], len(answer.content)) == (200, "image/gif", 43 - 1)
    assert "no-store" in answer["Cache-Control"]
    for agent in (PERSON, GMAIL):
        load(picture_of(first), agent)
    load(picture_of(second), APPLE)
    load(picture_of(third), GMAIL)
    assert list(Message.objects.exclude(opened_at=None)) == [], "the request itself writes its row and nothing else"
    assert store.pk in stores_to_sweep(now=clock.now())
    sweep()
    assert note_openings(now=clock.now()) == 0
    for message in (first, second, third):
        message.refresh_from_db()
    assert [message.opened_at is not None for message in (first, second, third)] == [True, False, True]
    assert [message.loaded_at is not None for message in (first, second, third)] == [True, True, True]
    opened = CustomerEvent.objects.filter(name="Email Opened")
    assert sorted(opened.values_list("customer_id", flat=True)) == sorted([first.customer_id, third.customer_id])
    assert set(opened.values_list("properties__journey", flat=True)) == {str(campaign.public_id)}
    load(picture_of(first))
    sweep()
    assert CustomerEvent.objects.filter(name="Email Opened").count() == 2
    figures = reading.figures_of([campaign.pk], currency="EUR")[campaign.pk]
    assert (figures.opened, figures.loaded, figures.clicked) == (2, 3, 0)
    page = signed_in(member_of(store, "marketer")).get(f"/s/{store.slug}/campaigns/{campaign.public_id}/").content.decode()
    assert '<th scope="row">Opened, at least</th><td class="num b">2</td>' in page
    assert "1 more by machines and Apple&#x27;s privacy proxy" in page or "1 more by machines and Apple's privacy proxy" in page
    lines = figures_file(campaign, currency="EUR", now=clock.now()).splitlines()
    assert [line.rpartition(",")[2] for name in ("opened", "loaded") for line in lines if f",{name}," in line] == ["2", "3"]


def test_a_person_behind_a_machine_s_first_load_still_counts(campaign: Any) -> None:
    message = rows(campaign).first()
    load(picture_of(message), APPLE)
    note_openings(now=clock.now())
    load(picture_of(message), PERSON)
    note_openings(now=clock.now())
    message.refresh_from_db()
    assert message.opened_at > message.loaded_at
    assert CustomerEvent.objects.filter(name="Email Opened").count() == 1


@pytest.mark.parametrize(
    ("agent", "method", "after", "suspected"),
    [
        (PERSON, "GET", 60, ""),
        (GMAIL, "GET", 60, ""),
        (YAHOO, "GET", 60, ""),
        (APPLE, "GET", 60, "apple_privacy"),
        ("", "GET", 60, "agent"),
        ("Barracuda Sentinel", "GET", 60, "agent"),
        ("curl/8.5", "GET", 60, "agent"),
        (PERSON, "HEAD", 60, "head_request"),
        (PERSON, "GET", 0.5, "too_fast"),
    ],
)
def test_who_loads_a_picture(now: Any, agent: str, method: str, after: float, suspected: str) -> None:
    sent_at = now - timedelta(seconds=after)
    assert suspicion_of_load(method=method, agent=agent, sent_at=sent_at, now=now) == suspected


def test_a_token_that_is_none_gets_the_picture_and_writes_nothing(campaign: Any, now: Any) -> None:
    address = picture_of(rows(campaign).first())
    for token in ("/o/nonsense", address[:-4] + "AAAA", f"{address}.0"):
        assert load(token).content == load("/o/x").content
    assert Client().post(address).status_code == 405
    assert Opening.objects.count() == 0


def test_a_count_that_cannot_be_written_breaks_no_mail(campaign: Any) -> None:
    address = picture_of(rows(campaign).first())
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '100ms'")
    assert load(address, "x\0y").status_code == 200
    assert Opening.objects.get().agent == "xy"


def test_whoever_loads_one_picture_again_and_again_fills_no_table(campaign: Any) -> None:
    message = rows(campaign).earliest("pk")
    for _ in range(MOST_AN_HOUR + 5):
        assert load(picture_of(message), APPLE).status_code == 200
    assert Opening.objects.filter(message=message).count() == MOST_AN_HOUR
    Opening.objects.update(at=clock.now() - timedelta(hours=1))
    load(picture_of(message))
    assert Opening.objects.filter(message=message).count() == MOST_AN_HOUR + 1
