"""The tracking door as somebody meets it who means harm, or whose clock or code is broken: what others send is taken all the same."""

import gzip
import json

import pytest

from retention.customers.models import CustomerEvent, EventKey
from retention.intake import envelopes
from retention.intake.projecting import project_due
from retention.intake.shops.carrying_out import _told_once
from retention.intake.shops.results import Happened, Person
from retention.kit.clock import now
from retention.orders.models import Order, Refund
from retention.rest.limiting import Buckets
from tests.factories import make_key, make_store, work_for
from tests.intake.knocking import ask, event, make_door, stored
from tests.intake.shops.hooking import NOW, apply, make_shop, send

__all__ = ["make_door"]  # the fixture
pytestmark = pytest.mark.django_db(transaction=True)

BOMB = gzip.compress(b'{"batch":[' + b"0," * 240_000 + b'0],"x":"\\ud800"}')


def test_one_timestamp_that_leaves_the_calendar_refuses_one_event(make_door):
    store = make_store()
    _key, key = make_key(store)
    batch = {"sentAt": "2026-01-01T00:00:00Z", "batch": [event(1), event(2, timestamp="9999-12-31T23:59:59Z"), event(3)]}
    status, _headers, answer = ask(make_door(), "/v1/batch", batch, key=key)
    assert (status, answer["accepted"], [(one["index"], one["field"]) for one in answer["errors"]]) == (200, 2, [(1, "timestamp")])
    status, _headers, answer = ask(make_door(), "/v1/track", event(4, timestamp="9999-12-31T23:59:59Z", sentAt="0001-01-01"), key=key)
    assert (status, answer["errors"][0]["field"]) == (400, "timestamp")
    with work_for(store):
        assert [one.occurred_at.year < 2100 for one in CustomerEvent.objects.all()] == [True, True]


def test_an_event_nested_very_deep_refuses_itself_and_not_its_neighbours(make_door):
    store = make_store()
    _key, key = make_key(store)
    deep = b'{"type":"track","event":"E","userId":"u","properties":{"a":' + b"[" * 10_000 + b"]" * 10_000 + b"}}"
    body = b'{"batch":[%s,%s,%s]}' % (json.dumps(event(1)).encode(), deep, json.dumps(event(2)).encode())
    status, _headers, answer = ask(make_door(), "/v1/batch", body, key=key)
    assert (status, answer["accepted"], [one["index"] for one in answer["errors"]]) == (200, 2, [1])
    assert stored(store) == 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"batch":[{"type":"track","event":"A","userId":"u"}],"batch":[{"type":"track","event":"B","userId":"u"}]}', "batch"),
        (b'{"batch":[],"writeKey":"\\ud800"}', None),
    ],
)
def test_a_broken_envelope_is_a_400_that_says_why_and_nothing_is_stored(make_door, body, field):
    store = make_store()
    _key, key = make_key(store)
    for by in (key, ""):
        status, _headers, answer = ask(make_door(), "/v1/batch", body, key=by)
        assert (status, answer["success"]) == (400, False)
        assert answer["errors"][0].get("field") == field
    assert stored(store) == 0


def test_no_visitor_can_make_the_shops_own_word_look_known(make_door):
    store = make_store(currency="USD")
    public, secret = make_key(store, "public")[1], make_key(store)[1]
    shop = make_shop(store, kind="woocommerce")
    told = Happened("Order Completed", Person(external="7"), {}, NOW, once="1235")
    guesses = [_told_once(told, kind="woocommerce"), "api:refunded:R-1", "refunded:R-1", "m1"]
    door = make_door()
    for guess in guesses:
        assert ask(door, "/v1/track", event(event="Guess", messageId=guess), key=public)[0] == 200
    order = {"id": 1235, "status": "processing", "currency": "USD", "total": "20.00", "date_created_gmt": "2026-11-20T08:00:00"}
    send(shop, "order.created", order | {"customer_id": 7, "billing": {"email": "ana@example.test"}, "line_items": []})
    apply(shop)
    assert (
        ask(
            door, "/v1/track", event(1, event="Order Refunded", properties={"order_id": "1235", "refund_id": "R-1", "total": 5}), key=secret
        )[0]
        == 200
    )
    project_due(now=now, seconds=20)
    with work_for(store):
        assert Order.objects.get().number == "1235"
        assert Refund.objects.get().number == "R-1"


def test_the_same_visitors_event_sent_again_counts_once(make_door):
    store = make_store()
    public = make_key(store, "public")[1]
    door = make_door()
    for _number in range(2):
        assert ask(door, "/v1/track", event(1), key=public)[0] == 200
        assert ask(door, "/v1/batch", {"batch": [event(1)], "writeKey": public})[0] == 200
    assert stored(store) == 1
    with work_for(store):
        assert EventKey.objects.count() == 1


def test_a_key_in_the_header_and_its_limits_are_asked_before_the_body_is_read(make_door, monkeypatch):
    _row, key = make_key(make_store())

    def never(body):
        raise AssertionError("the body was read")

    monkeypatch.setattr("retention.intake.door.open_batch", never)
    assert ask(make_door(), "/v1/batch", b"{}", key="sk_made_up")[0] == 401
    assert ask(make_door(), "/v1/batch", b"{}", key=key, origin="https://shop.test")[0] == 403
    door = make_door(buckets=Buckets(per_second=0.001, burst=1))
    assert ask(door, "/v1/track", event(1), key=key)[0] == 200
    assert ask(door, "/v1/batch", b"{}", key=key)[0] == 429


def test_a_body_without_a_key_is_paid_for_by_its_address_before_it_is_read(make_door, monkeypatch):
    door, read = make_door(), []
    monkeypatch.setattr("retention.intake.door.open_batch", lambda body: read.append(body) or envelopes.open_batch(body))
    answers = [ask(door, "/v1/batch", BOMB, content_encoding="gzip")[0] for _number in range(8)]
    assert (answers[0], answers[-1], len(read)) == (400, 429, answers.count(400))
    assert len(read) <= 5


def test_a_bomb_is_counted_before_anything_behind_its_events_is_looked_at():
    with pytest.raises(envelopes.BodyRefused, match="2500"):
        envelopes.open_batch(b'{"batch":[' + b"0," * 240_000 + b'"\\ud800')


def test_what_is_sent_costs_by_its_size(make_door):
    store = make_store()
    public = make_key(store, "public")[1]
    door = make_door(visitors=Buckets(per_second=0.001, burst=40))
    large = {"properties": {"a": "x" * 30_000}}
    assert [ask(door, "/v1/track", event(n, **large), key=public)[0] for n in range(2)] == [200, 429]
    assert [ask(door, "/v1/track", event(n + 10), key=public)[0] for n in range(12)].count(200) == 10
    assert stored(store) == 11
