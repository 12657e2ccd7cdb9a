"""Links in mails: a click leads only to what was stored, opening anything changes nothing, and one post unsubscribes."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client

from campaigns.models import Attribution, Click, LinkSet, Message, Opening
from campaigns.personalization.links import CLICK_DAYS, click_url, read_opening, unsubscribe_url
from campaigns.sending.receipts import note_clicks
from retention.customers.consent import may_write
from retention.customers.erasing import erase
from retention.customers.identifying import Claim, identify
from retention.customers.models import Consent, Customer, CustomerEvent, CustomerMerge
from retention.kit import clock
from retention.kit.secrets import sign_link
from retention.orders.models import Order
from tests.campaigns.campaigning import make_campaign, make_crowd, make_list, send_all, start
from tests.campaigns.crowd import make_ready, make_version
from tests.campaigns.story import buy, send, tick

pytestmark = pytest.mark.django_db
_LINK = re.compile(r'(?:href|src)="([^"]+)"')
BROWSER = {"user-agent": "Mozilla/5.0 (Macintosh)"}


def path_of(url: str) -> str:
    return url.removeprefix("http://localhost:8000")


@pytest.fixture
def sent(store: Any, sink: Any) -> Message:
    """Return a message that left half a minute ago."""
    make_ready(1, now=clock.now())
    send(store, now=clock.now())
    Message.objects.update(sent_at=clock.now() - timedelta(seconds=30))
    message: Message = Message.objects.get()
    return message


def links(message: Message) -> tuple[str, str]:
    click = click_url(message.pk, 0, store_id=message.store_id, planned_at=message.planned_at)
    gone = unsubscribe_url(message.customer, message.pk, "email", store_id=message.store_id, planned_at=message.planned_at)
    return path_of(click), path_of(gone)


def everything() -> dict[str, int]:
    """Return a digest of every table except clicks and openings."""
    digests = {}
    with connection.cursor() as cursor:
        for model in apps.get_models():
            table = model._meta.db_table
            if model not in (Click, Opening) and model._meta.managed:
                cursor.execute(f'SELECT coalesce(sum(hashtext(t::text)::bigint), 0) FROM "{table}" AS t')
                digests[table] = cursor.fetchone()[0]
    return digests


def test_opening_links_changes_nothing_but_click_rows(sent: Message) -> None:
    before = everything()
    client = Client(headers=BROWSER)
    for link in links(sent):
        assert client.get(link).status_code in {200, 302}
        assert client.head(link).status_code in {200, 302}
    assert everything() == before
    assert sorted(Click.objects.values_list("method", "suspected")) == [("GET", ""), ("HEAD", "head_request")]


@pytest.mark.parametrize("count", [6, pytest.param(1000, marks=pytest.mark.deep)])
def test_every_link_of_many_mails_changes_nothing_but_clicks_and_openings(count: int, store: Any, sink: Any) -> None:
    people, now = make_crowd(count, now=clock.now()), clock.now()
    campaign = make_campaign(make_list(people, now=now), now=now)
    start(campaign, store, now=now)
    assert send_all(store, now=now) == count
    found = {link for mail in sink.accepted for link in _LINK.findall(mail.get_body(("html",)).get_content())}
    ours = [path_of(unescape(link)) for link in found if "localhost:8000" in link]
    assert len(ours) == 4 * count, "of each mail the button, the way to say no, the way to say less, and the picture"
    before = everything()
    client = Client(headers=BROWSER)
    for link in ours:
        assert {client.get(link).status_code, client.head(link).status_code} <= {200, 302}, link
    assert everything() == before
    assert (Click.objects.count(), Opening.objects.count()) == (2 * count, 2 * count)


def test_click_leads_to_the_stored_target_only(sent: Message) -> None:
    click, _ = links(sent)
    client = Client(headers=BROWSER)
    assert client.get(f"{click}?url=https://evil.test")["Location"].startswith("https://lumen.example.test/?utm_source=boomerang")
    assert client.get(click[:-2] + ("aa" if click[-2:] != "aa" else "bb")).status_code == 404
    missing = path_of(click_url(sent.pk, 9, store_id=sent.store_id, planned_at=sent.planned_at))
    assert client.get(missing).status_code == 404
    assert client.post(click).status_code == 405


def test_links_of_a_template_are_kept_once_and_those_of_earlier_mails_still_lead(store: Any, sink: Any) -> None:
    own = '<a href="https://lumen.example.test/of/{{ profile.first_name }}">B</a><a href="{{ unsubscribe_url }}">no</a>'
    version = make_version(html=f'{own}<a href="https://lumen.example.test/fixed">A</a>')
    make_ready(3, now=clock.now(), version=version)
    send(store, now=clock.now())
    kept = LinkSet.objects.get()
    messages = list(Message.objects.select_related("customer").order_by("id"))
    assert [one.partition("?")[0] for one in kept.targets] == ["https://lumen.example.test/fixed"]
    assert {one.link_set_id for one in messages} == {kept.pk}
    for one in messages:
        assert leads(one, 0).startswith("https://lumen.example.test/fixed?utm_source=boomerang")
        assert leads(one, 1).startswith(f"https://lumen.example.test/of/{one.customer.first_name}?utm_source=boomerang")
        assert leads(one, 2) == ""
    Message.objects.filter(pk=messages[0].pk).update(
        link_set=None, targets=["https://lumen.example.test/a", "https://lumen.example.test/b"]
    )
    assert [leads(messages[0], position) for position in range(3)] == ["https://lumen.example.test/a", "https://lumen.example.test/b", ""]


def leads(message: Message, position: int) -> str:
    """Return where one link of a message leads, or nothing."""
    return leads_to(path_of(click_url(message.pk, position, store_id=message.store_id, planned_at=message.planned_at)))


def leads_to(path: str) -> str:
    """Return where an address of ours leads, or nothing."""
    return str(Client(headers=BROWSER).get(path).headers.get("Location", ""))


def test_nobody_opens_a_link_their_mail_did_not_hold(store: Any, sink: Any) -> None:
    secret = '{% if profile.city == "Oslo" %}<a href="https://lumen.example.test/for-oslo">B</a>{% endif %}'
    version = make_version(html=f'{secret}<a href="https://lumen.example.test/all">A</a><a href="{{{{ unsubscribe_url }}}}">no</a>')
    messages = make_ready(2, now=clock.now(), version=version)
    Customer.objects.filter(pk=messages[0].customer_id).update(city="Oslo")
    send(store, now=clock.now())
    held = []
    for mail in sink.accepted:
        found = [unescape(link) for link in _LINK.findall(mail.get_body(("html",)).get_content())]
        held.append([path_of(link) for link in found if "/c/" in link])
    (own,), (secrets_, all_) = sorted(held, key=len)
    assert [leads_to(path).partition("?")[0].rpartition("/")[2] for path in (own, secrets_, all_)] == ["all", "for-oslo", "all"]
    signed, position, proof = own.rsplit(".", 2)
    proofs = ("", "." + proof, "." + secrets_.rpartition(".")[2], "." + all_.rpartition(".")[2])
    assert (position, len(proof)) == ("1", 6)
    assert {leads_to(f"{signed}.{place}{one}") for place in (0, 149) for one in proofs} == {""}
    assert leads_to(f"{signed}.1") == "", "a proof that is left out is no older mail"


def test_links_of_mails_from_before_positions_were_proven_lead_on(sent: Message) -> None:
    about = {"store_id": sent.store_id, "purpose": "click", "expires_at": sent.planned_at + timedelta(days=CLICK_DAYS)}
    token, inside = sign_link(str(sent.pk), **about), sign_link(f"{sent.pk}.0", **about)
    expected = leads(sent, 0)
    assert expected.startswith("https://lumen.example.test/")
    assert [leads_to(f"/c/{token}.0"), leads_to(f"/c/{inside}"), leads_to(f"/c/{token}.7")] == [expected, expected, ""]
    assert read_opening(token, now=clock.now())[1] == sent.pk


def test_token_of_one_purpose_or_store_opens_no_other(sent: Message) -> None:
    click, gone = links(sent)
    client = Client(headers=BROWSER)
    assert client.get(click.replace("/c/", "/u/")).status_code == 404
    assert client.get(gone.replace("/u/", "/c/")).status_code == 404
    foreign = path_of(click_url(sent.pk, 0, store_id=sent.store_id + 1, planned_at=sent.planned_at))
    assert client.get(foreign).status_code == 404


@pytest.mark.parametrize("multipart", [False, True])
def test_one_click_unsubscribes_without_a_cookie(sent: Message, store: Any, sink: Any, multipart: bool) -> None:
    _, gone = links(sent)
    client = Client(enforce_csrf_checks=True)
    if multipart:
        answer = client.post(gone, {"List-Unsubscribe": "One-Click"})
    else:
        answer = client.post(gone, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 200
    assert "Location" not in answer
    assert Consent.objects.get(customer_id=sent.customer_id).status == "refused"
    Message.objects.update(state="ready", holder=None, lease_until=None)
    send(store, now=clock.now())
    assert (Message.objects.get().state, Message.objects.get().reason) == ("suppressed", "no_consent")
    assert len(sink.accepted) == 1


def test_unsubscribing_twice_and_of_somebody_erased_is_fine_and_of_nobody_known_is_not_called_done(sent: Message) -> None:
    _, gone = links(sent)
    nobody = path_of(unsubscribe_url(Customer(pk=999_999), 999_999, "email", store_id=sent.store_id, planned_at=sent.planned_at))
    assert [Client().post(link).status_code for link in (gone, gone, nobody)] == [200, 200, 404]
    erase(sent.customer, by=None, now=clock.now())
    assert Client().post(gone).status_code == 200


@pytest.mark.parametrize("kept", [True, False], ids=["joined now", "joined before the key was kept"])
def test_the_link_of_a_mail_that_left_the_database_still_reaches_whom_its_reader_joined(sent: Message, kept: bool) -> None:
    _, gone = links(sent)
    email = sent.customer.email
    identify([Claim(external="U1", trusted=True, at=clock.now())], now=clock.now())
    (account,) = identify([Claim(external="U1", email=email, trusted=True, at=clock.now())], now=clock.now())
    if not kept:
        CustomerMerge.objects.update(loser_pk=None)
    Message.objects.all().delete()
    assert Client(enforce_csrf_checks=True).post(gone, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert may_write([account], channel="email") == set()
    assert CustomerEvent.objects.filter(customer_id=account, name="Unsubscribed").count() == 1


def test_a_person_who_was_joined_to_an_account_is_unsubscribed_by_their_old_link(sent: Message, store: Any, sink: Any) -> None:
    _, gone = links(sent)
    ana = sent.customer
    identify([Claim(external="U1", trusted=True, at=clock.now())], now=clock.now())
    (account,) = identify([Claim(external="U1", email=ana.email, trusted=True, at=clock.now())], now=clock.now())
    assert not Customer.objects.filter(pk=ana.pk).exists()
    assert may_write([account], channel="email") == {account}
    assert "/p/" in Client().get(gone).content.decode()
    assert may_write([account], channel="email") == {account}
    assert Client(enforce_csrf_checks=True).post(gone, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert may_write([account], channel="email") == set()
    assert CustomerEvent.objects.filter(customer_id=account, name="Unsubscribed").count() == 1
    Message.objects.update(state="ready", holder=None, lease_until=None)
    send(store, now=clock.now())
    assert (Message.objects.get().state, Message.objects.get().reason, len(sink.accepted)) == ("suppressed", "no_consent", 1)


def test_only_human_clicks_inside_the_window_are_credited(sent: Message) -> None:
    click, _ = links(sent)
    Client(headers={"user-agent": "Mimecast scanner"}).get(click)
    buy(sent.customer, None, now=clock.now())
    tick(now=clock.now())
    assert Attribution.objects.count() == 0
    Client(headers=BROWSER).get(click)
    now = clock.now()
    Order.objects.update(placed_at=now)
    late = buy(sent.customer, None, now=now + timedelta(days=6))
    tick(now=now + timedelta(days=6))
    credited = set(Attribution.objects.values_list("order_id", flat=True))
    assert late.pk not in credited
    assert len(credited) == 1
    tick(now=now + timedelta(days=6))
    assert Attribution.objects.count() == 1


def test_clicks_become_receipts_once(sent: Message) -> None:
    click, _ = links(sent)
    Client(headers=BROWSER).get(click)
    assert note_clicks(now=clock.now()) == 1
    assert note_clicks(now=clock.now()) == 0
    assert Message.objects.get().clicked_at is not None
