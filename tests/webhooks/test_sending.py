"""Events reach real receivers: signed, at least once, with the same id; what receivers answer decides what follows."""

import json
import threading
import time
from datetime import timedelta

import pytest
from django.db import transaction

from retention.notices.models import Notice
from retention.stores.models import StoreWork
from retention.webhooks import claiming, managing
from retention.webhooks.models import Endpoint, OutgoingEvent, WebhookAttempt, WebhookDelivery
from retention.webhooks.outbox import announce, wanted_types
from retention.webhooks.retrying import MOST_TRIES
from tests.factories import make_store, work_for
from tests.kit.stage import answer, redirect
from tests.webhooks.test_signing import verified

DAY = timedelta(days=1)


def ids_of(requests):
    return [line.partition(": ")[2] for head in requests for line in head.split("\r\n") if line.lower().startswith("webhook-id")]


def delivery_of(hooks, **fields):
    with work_for(hooks.store):
        return WebhookDelivery.objects.get(**fields)


def test_an_event_arrives_signed_with_its_type_time_and_data(hooks):
    endpoint = hooks.endpoint()
    assert hooks.say({"customer": {"id": "c-1", "name": "Zoë"}})
    assert hooks.send() == 1
    [head] = hooks.stage.requests
    assert head.startswith("POST /hooks ")
    assert verified(head, hooks.secrets[endpoint.pk])
    body = json.loads(head.partition("\r\n\r\n")[2].encode("latin-1"))
    assert body == {"type": "customer.created", "timestamp": "2026-11-20T12:00:00.000Z", "data": {"customer": {"id": "c-1", "name": "Zoë"}}}
    delivery = delivery_of(hooks)
    assert (delivery.state, delivery.attempts, delivery.last_status, delivery.answer) == ("delivered", 1, 200, '{"ok":true}')
    with work_for(hooks.store):
        assert WebhookAttempt.objects.get().status == 200
    assert hooks.send(later=timedelta(seconds=1)) == 0
    assert not StoreWork.objects.filter(kind="webhooks").exists()


def test_only_who_chose_a_type_hears_it_and_each_once(hooks):
    hooks.endpoint()
    hooks.stage.play("/more", answer(204))
    hooks.endpoint("/more", types=("customer.created", "consent.changed"))
    hooks.say()
    hooks.say(kind="consent.changed")
    assert hooks.say(kind="customer.erased") is False
    assert (hooks.send(), hooks.send()) == (3, 0)
    assert sorted(head.split(" ")[1] for head in hooks.stage.requests) == ["/hooks", "/more", "/more"]


def test_a_store_without_endpoint_writes_nothing(hooks, django_assert_num_queries):
    with work_for(hooks.store), django_assert_num_queries(1):
        assert announce("customer.created", {}, now=hooks.now) is False
    with work_for(hooks.store):
        assert OutgoingEvent.objects.count() == 0
        assert wanted_types() == frozenset()
    assert not StoreWork.objects.filter(kind="webhooks").exists()


def test_a_rolled_back_cause_tells_nothing(hooks):
    hooks.endpoint()
    with work_for(hooks.store), transaction.atomic():
        announce("customer.created", {}, now=hooks.now)
        transaction.set_rollback(True)
    assert hooks.send() == 0
    assert hooks.stage.requests == []


def test_no_store_hears_of_another(hooks):
    other = make_store()
    hooks.endpoint(store=other)
    assert hooks.say() is False
    assert hooks.send() == 0


@pytest.mark.parametrize(
    ("script", "status", "said"),
    [
        (answer(500, b"we are down"), 500, "The address answered 500."),
        (redirect("/hooks"), 302, "The address sends us elsewhere. We follow no redirects: enter the new address."),
        (b"nonsense\r\n\r\n", None, "The server's answer could not be read."),
    ],
)
def test_a_failure_is_tried_again_with_the_same_id(hooks, script, status, said):
    hooks.stage.play("/down", script)
    endpoint = hooks.endpoint("/down")
    hooks.say()
    assert hooks.send() == 1
    delivery = delivery_of(hooks)
    assert (delivery.state, delivery.last_status, delivery.last_error) == ("ready", status, said)
    assert hooks.fresh(endpoint).state == "failing"
    assert hooks.send(later=timedelta(seconds=4)) == 0
    hooks.stage.play("/down", answer(200))
    assert hooks.send(later=timedelta(seconds=2)) == 1
    assert len(set(ids_of(hooks.stage.requests))) == 1
    assert (delivery_of(hooks).state, hooks.fresh(endpoint).state, hooks.fresh(endpoint).failing_since) == ("delivered", "live", None)


def test_the_last_failure_pauses_the_endpoint_and_tells_the_owner(hooks):
    hooks.stage.play("/down", answer(500))
    endpoint = hooks.endpoint("/down")
    hooks.say()
    tries = 0
    for _step in range(400):
        tries += hooks.send(later=timedelta(minutes=15))
        if hooks.fresh(endpoint).state == "paused":
            break
    assert 10 <= tries <= MOST_TRIES
    assert hooks.now - hooks.fresh(endpoint).created_at >= timedelta(hours=72)
    assert hooks.fresh(endpoint).paused_for == "failed"
    [notice] = Notice.objects.filter(kind="webhook_paused")
    assert notice.to == "olga@example.test"
    assert str(endpoint.public_id) in notice.text


def test_410_pauses_at_once_and_what_happens_then_waits(hooks):
    hooks.stage.play("/gone", answer(410))
    endpoint = hooks.endpoint("/gone")
    hooks.say()
    assert hooks.send() == 1
    assert (hooks.fresh(endpoint).state, hooks.fresh(endpoint).paused_for) == ("paused", "gone")
    assert Notice.objects.filter(kind="webhook_paused").count() == 1
    hooks.say()
    assert hooks.send(later=DAY) == 0
    hooks.stage.play("/gone", answer(200))
    with work_for(hooks.store), transaction.atomic():
        managing.resume(hooks.fresh(endpoint), now=hooks.now)
    assert hooks.send() == 2
    assert hooks.fresh(endpoint).state == "live"


def test_retry_after_is_heeded_for_the_whole_endpoint(hooks):
    hooks.stage.play("/busy", answer(429, headers="Retry-After: 600\r\n"))
    hooks.endpoint("/busy")
    hooks.say()
    assert hooks.send() == 1
    hooks.say()
    assert hooks.send(later=timedelta(seconds=590)) == 0
    hooks.stage.play("/busy", answer(200))
    assert hooks.send(later=timedelta(seconds=11)) == 2


def test_a_slow_receiver_does_not_hold_up_the_others(hooks):
    others_done, came = threading.Event(), []

    def slow(connection, head):
        assert others_done.wait(12), "the others were held up"
        connection.sendall(answer(200))

    def quick(connection, head):
        came.append(head)
        connection.sendall(answer(200))
        if len(came) == 30:
            others_done.set()

    hooks.stage.play("/slow", slow)
    hooks.stage.play("/hooks", quick)
    other = make_store()
    hooks.endpoint("/slow")
    hooks.endpoint(store=other)
    for _number in range(10):
        hooks.say()
    for _number in range(30):
        hooks.say(store=other)
    assert hooks.send(seconds=15) >= 34
    assert others_done.is_set()


def test_a_silent_receiver_is_left_alone_for_a_while(hooks, monkeypatch):
    monkeypatch.setattr("retention.webhooks.calling.DEADLINE_SECONDS", 1.0)
    hooks.stage.play("/silent", lambda connection, head: time.sleep(3))
    endpoint = hooks.endpoint("/silent")
    for _number in range(10):
        hooks.say()
    assert hooks.send() <= 4
    assert hooks.fresh(endpoint).rest_until == hooks.now + timedelta(seconds=30)
    assert hooks.send(later=timedelta(seconds=29)) == 0


def test_a_dripping_receiver_is_cut_off_at_the_deadline(hooks, monkeypatch):
    monkeypatch.setattr("retention.webhooks.calling.DEADLINE_SECONDS", 1.0)

    def drip(connection, head):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _number in range(50):
            connection.sendall(b"x")
            time.sleep(0.1)

    hooks.stage.play("/drip", drip)
    hooks.endpoint("/drip")
    hooks.say()
    start = time.monotonic()
    assert hooks.send() == 1
    assert time.monotonic() - start < 3
    assert delivery_of(hooks).last_error == "The server took longer than 15 seconds."


def test_nothing_leaves_for_an_address_inside_our_network(hooks, settings):
    endpoint = hooks.endpoint()
    settings.FETCH_POLICY, settings.FETCH_ALLOW_HTTP = "public", True
    hooks.say()
    assert hooks.send() == 1
    assert hooks.stage.requests == []
    assert delivery_of(hooks).last_error == "The port is not allowed."
    with work_for(hooks.store):
        Endpoint.objects.filter(pk=endpoint.pk).update(url="http://127.0.0.1/hooks")
    assert hooks.send(later=timedelta(minutes=1)) == 1
    assert delivery_of(hooks).last_error == "The web address is not allowed."


def test_a_rotated_secret_signs_beside_the_old_one_for_a_day(hooks):
    endpoint = hooks.endpoint()
    old = hooks.secrets[endpoint.pk]
    with work_for(hooks.store):
        new = managing.rotate_secret(hooks.fresh(endpoint), now=hooks.now)
    hooks.say()
    hooks.send()
    hooks.now += DAY
    hooks.say()
    hooks.send()
    first, second = hooks.stage.requests
    assert (verified(first, old), verified(first, new)) == (True, True)
    assert (verified(second, old), verified(second, new)) == (False, True)


def test_a_secret_is_sealed_for_its_own_endpoint(hooks):
    endpoint, other = hooks.endpoint(), hooks.endpoint()
    assert hooks.secrets[endpoint.pk] not in str(vars(hooks.fresh(endpoint)))
    with work_for(hooks.store):
        Endpoint.objects.filter(pk=endpoint.pk).update(secret_sealed=hooks.fresh(other).secret_sealed)
    hooks.say()
    hooks.send()
    with work_for(hooks.store):
        assert "cannot be opened" in WebhookDelivery.objects.get(endpoint=endpoint).last_error


def test_a_worker_that_died_after_the_call_leaves_the_same_id_to_the_next(hooks):
    endpoint = hooks.endpoint()
    hooks.say()
    with work_for(hooks.store):
        claiming.fan_out(now=hooks.now)
        held = claiming.claim(endpoint.pk, now=hooks.now)
        assert claiming.claim(endpoint.pk, now=hooks.now) is None
        WebhookDelivery.objects.filter(pk=held.pk).update(leased_until=held.created_at - DAY)
    assert hooks.send() == 1
    delivery = delivery_of(hooks)
    assert (delivery.state, delivery.token, delivery.attempts) == ("delivered", 2, 2)
    with work_for(hooks.store):
        late = claiming.settle(held, managing.post(managing.make_call(held, now=hooks.now), now=hooks.now), now=hooks.now)
    assert late is False
    assert len(set(ids_of(hooks.stage.requests))) == 1


def test_a_paused_endpoint_hears_nothing_until_it_is_resumed(hooks):
    endpoint = hooks.endpoint()
    with work_for(hooks.store):
        hooks.fresh(endpoint).pause(reason="person", now=hooks.now)
    hooks.say()
    assert hooks.send(later=DAY) == 0
    assert hooks.stage.requests == []
    with work_for(hooks.store), transaction.atomic():
        managing.resume(hooks.fresh(endpoint), now=hooks.now)
    assert hooks.send() == 1


def test_a_restored_copy_sends_nothing(hooks, monkeypatch):
    monkeypatch.setattr("retention.webhooks.sending.PlatformState.sending_allowed", lambda: False)
    hooks.endpoint()
    hooks.say()
    assert hooks.send() == 0
    assert hooks.stage.requests == []


def test_replays_one_and_all_that_failed_with_the_ids_they_had(hooks):
    endpoint = hooks.endpoint()
    for _number in range(3):
        hooks.say()
    hooks.send()
    with work_for(hooks.store):
        WebhookDelivery.objects.order_by("pk").exclude(pk=WebhookDelivery.objects.first().pk).update(state="failed")
        one = WebhookDelivery.objects.get(state="delivered")
        managing.replay(endpoint, public_id=one.public_id, now=hooks.now)
        with pytest.raises(WebhookDelivery.DoesNotExist):
            managing.replay(endpoint, public_id=one.public_id, now=hooks.now)
        assert managing.replay_failed(endpoint, start=hooks.now - DAY, end=hooks.now, now=hooks.now) == 0
        assert managing.replay_failed(endpoint, start=hooks.now, end=hooks.now + DAY, now=hooks.now) == 2
    assert hooks.send() == 3
    assert len(ids_of(hooks.stage.requests)) == 6
    assert len(set(ids_of(hooks.stage.requests))) == 3


def test_what_a_receiver_makes_us_stumble_over_is_a_failed_try(hooks):
    hooks.stage.play("/evil", answer(503, headers="Retry-After: Fri, 20 Nov 99999999999 12:00:00 GMT\r\n"))
    hooks.endpoint("/evil")
    hooks.endpoint()
    hooks.say()
    assert hooks.send() == 2
    assert delivery_of(hooks, endpoint__url__endswith="/evil").state == "ready"
    assert delivery_of(hooks, endpoint__url__endswith="/hooks").state == "delivered"


def test_a_try_that_breaks_is_settled_and_told(hooks, caplog):
    endpoint = hooks.endpoint("/broken")
    with work_for(hooks.store):
        endpoint.keep_secret("whsec_x")  # no secret that signs: no code of ours makes one
        endpoint.save()
    hooks.say()
    assert hooks.send() == 1
    assert (delivery_of(hooks).state, delivery_of(hooks).attempts) == ("ready", 1)
    assert hooks.fresh(endpoint).state == "failing"
    assert "a webhook could not be tried" in caplog.text


def test_one_store_full_of_slow_receivers_leaves_threads_for_the_others(hooks):
    """Its twenty endpoints hold four threads together, so another store's news goes out while they wait."""
    told, together, most = threading.Event(), [], []

    def slow(connection, head):
        together.append(head)
        most.append(len(together))
        told.wait(10)
        together.pop()
        connection.sendall(answer(200))

    for number in range(20):
        hooks.stage.play(f"/slow-{number}", slow)
        hooks.endpoint(f"/slow-{number}")
    hooks.say()
    turn = threading.Thread(target=lambda: hooks.send(seconds=15))
    turn.start()
    while len(together) < 4:
        time.sleep(0.02)
    other = make_store()
    hooks.stage.play("/other", lambda connection, head: (told.set(), connection.sendall(answer(200))))
    hooks.endpoint("/other", store=other)
    hooks.say(store=other)
    turn.join(20)
    assert told.is_set()
    assert max(most) == 4


def test_an_endpoint_with_a_long_queue_is_asked_for_its_first_deliveries_only(hooks):
    hooks.endpoint()
    for _number in range(9):
        hooks.say()
    with work_for(hooks.store):
        claiming.fan_out(now=hooks.now)
        [lane] = claiming.lanes(now=hooks.now)
        assert (lane.due, lane.failing) == (4, False)
        assert claiming.next_moment(now=hooks.now) == hooks.now + timedelta(seconds=1)
        WebhookDelivery.objects.update(due_at=hooks.now + DAY)
        assert claiming.lanes(now=hooks.now) == []
        assert claiming.next_moment(now=hooks.now) == hooks.now + DAY
