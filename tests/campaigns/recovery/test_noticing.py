"""Who left and what they get: real events, real baskets, the journey engine behind the cells."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from campaigns import tasks
from campaigns.journeys.intake import take_news
from campaigns.measurement.learning import order_key
from campaigns.models import Assignment, Departure, Enrollment, Experiment, Journey, Message, RecoveryWatch, SendingStop
from campaigns.recovery import looking, noticing
from campaigns.recovery.looking import look_at
from campaigns.recovery.noticing import note_bought, notice_due
from campaigns.recovery.planning import add_stage, learning_cells, plan_of, save_cell, set_state
from campaigns.recovery.rules.cells import CellPlan, Rung
from campaigns.recovery.rules.stages import Happened
from retention.customers.consent import address_digest, suppress
from retention.kit import clock
from retention.kit.money import LARGEST_AMOUNT
from retention.orders.models import Cart, Order
from retention.stores.models import StoreWork
from retention.tenancy.context import require_store_id, store_context
from tests.campaigns.journeys.stocking import report
from tests.campaigns.recovery.shopping import TEA, basket, cell_of, go_live, is_written_to, leave, live, shopper, tick
from tests.campaigns.story import buy, send
from tests.factories import make_store

pytestmark = pytest.mark.django_db
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def written(*channels, cell, now, **fields):
    """Return a shopper whom the lot does not hold back."""
    return next(one for _ in range(200) if is_written_to(one := shopper(*channels, now=now, **fields), cell))


def departure(customer):
    return Departure.objects.select_related("stage", "cell").get(customer=customer)


def planned(customer):
    return list(Message.objects.filter(customer=customer).order_by("planned_at", "id").values_list("channel", "state"))


def test_somebody_who_left_a_basket_climbs_the_ladder_and_nobody_is_asked_twice(plan, now):
    cell = go_live("idle", "buying", now=now - HOUR)
    ana = written("email", "sms", cell=cell, now=now)
    cart = leave(ana, now=now)
    assert tick(now=now + 29 * MINUTE) == 0
    assert not Departure.objects.exists()
    assert tick(now=now + 30 * MINUTE) == 1
    left = departure(ana)
    assert (left.stage.ready, left.group, left.decision, left.amount_minor) == ("idle", "buying", "entered", 4900)
    assert left.about == str(cart.public_id)
    assert left.evidence["ladder"] == [["sms", 30], ["email", 1200], ["onsite", 2640]]
    assert left.evidence["missing"] == ["push"]
    assert not RecoveryWatch.objects.exists()
    assert planned(ana) == [("sms", "ready")], "no push permission: the SMS takes its moment"
    tick(now=now + 20 * HOUR + MINUTE)
    tick(now=now + 44 * HOUR + MINUTE)
    assert [channel for channel, _ in planned(ana)] == ["sms", "email", "onsite"]
    assert Enrollment.objects.get(customer=ana).state == "finished"
    assert set(Message.objects.filter(customer=ana).values_list("cart_id", flat=True)) == {cart.pk}


def test_an_order_on_another_device_stops_everything(plan, now):
    cell = go_live("idle", "buying", now=now - HOUR)
    ana = written("email", cell=cell, now=now)
    cart = leave(ana, now=now)
    tick(now=now + 30 * MINUTE)
    buy(ana, cart, now=now + HOUR)
    tick(now=now + HOUR)
    assert planned(ana) == [("email", "suppressed")]
    assert Enrollment.objects.get(customer=ana).state == "stopped"
    left = departure(ana)
    assert (left.decision, left.bought_at, left.order_minor) == ("entered", now + HOUR, 4900)
    tick(now=now + 50 * HOUR)
    assert len(planned(ana)) == 1


@pytest.mark.parametrize(
    ("changed", "noted"),
    [
        ({"cancelled_at": clock.now()}, (False, None)),
        ({"payment_state": "voided"}, (False, None)),
        ({"currency": "USD"}, (True, None)),
        ({"total_minor": 5100}, (True, 5100)),
    ],
)
def test_what_becomes_of_the_order_is_noted_at_the_departure(plan, now, changed, noted):
    ana = shopper(now=now)
    cart = leave(ana, now=now)
    tick(now=now + 30 * MINUTE)
    buy(ana, cart, now=now + HOUR)
    note_bought([ana.pk], now=now + HOUR)
    assert departure(ana).order_minor == 4900
    Order.objects.filter(customer=ana).update(**changed)
    note_bought([ana.pk], now=now + 2 * HOUR)
    left = departure(ana)
    assert (left.bought_at is not None, left.order_minor) == noted


def test_who_still_moves_is_not_written_to_even_when_a_message_is_ready(plan, now, sink):
    cell = go_live("idle", "buying", now=now - HOUR)
    ana = written("email", cell=cell, now=now)
    leave(ana, now=now)
    tick(now=now + 30 * MINUTE)
    live(ana, (31, "Product Viewed", TEA), now=now)
    send(plan, now=now + 32 * MINUTE)
    message = Message.objects.get(customer=ana)
    assert (message.state, message.reason, message.due_at) == ("ready", "still_moving", now + 61 * MINUTE)
    assert not sink.accepted
    send(plan, now=now + 61 * MINUTE)
    assert Message.objects.get(customer=ana).state == "sent"


def test_a_visit_that_goes_on_is_looked_at_later(plan, now):
    ana = shopper("email", now=now)
    leave(ana, now=now, more=[(20, "Product Viewed", TEA)])
    tick(now=now + 31 * MINUTE)
    assert not Departure.objects.exists()
    tick(now=now + 50 * MINUTE)
    assert departure(ana).left_at == now + 20 * MINUTE


def test_one_run_for_a_basket_however_often_they_come_back(plan, now):
    cell = go_live("idle", "buying", now=now - HOUR)
    ana = written("email", cell=cell, now=now)
    leave(ana, now=now)
    tick(now=now + 30 * MINUTE)
    live(ana, (120, "Product Added", TEA), now=now)
    tick(now=now + 151 * MINUTE)
    decisions = list(Departure.objects.filter(customer=ana).order_by("left_at").values_list("decision", flat=True))
    assert decisions == ["entered", "already"]
    assert Enrollment.objects.filter(customer=ana).count() == 1


def test_a_deeper_stage_takes_over_while_nothing_was_sent(plan, now):
    idle, failed = go_live("idle", "buying", now=now - HOUR), go_live("payment", "buying", now=now - HOUR)
    ana = next(one for _ in range(300) if is_written_to(one := shopper("email", now=now), idle) and is_written_to(one, failed))
    leave(ana, now=now)
    tick(now=now + 30 * MINUTE)
    live(ana, (40, "Checkout Started", {"shipping": 5}), (41, "Payment Failed"), now=now)
    tick(now=now + 72 * MINUTE)
    decisions = list(Departure.objects.filter(customer=ana).order_by("left_at").values_list("stage__ready", "decision"))
    assert decisions == [("idle", "replaced"), ("payment", "entered")]
    runs = {run.journey_id: run.state for run in Enrollment.objects.filter(customer=ana)}
    assert runs == {idle.journey_id: "stopped", failed.journey_id: "running"}
    assert planned(ana) == [("email", "suppressed"), ("email", "ready")]


def test_a_deeper_stage_leaves_alone_what_was_sent(plan, now):
    idle = go_live("idle", "buying", now=now - HOUR)
    go_live("payment", "buying", now=now - HOUR)
    ana = written("email", cell=idle, now=now)
    leave(ana, now=now)
    tick(now=now + 30 * MINUTE)
    Message.objects.filter(customer=ana).update(state="sent", sent_at=now, finished_at=now, first_attempt_at=now)
    live(ana, (40, "Payment Failed"), now=now)
    tick(now=now + 72 * MINUTE)
    assert Departure.objects.filter(customer=ana, decision="already", stage__ready="payment").exists()
    assert Enrollment.objects.get(customer=ana).state == "running"
    assert planned(ana) == [("email", "sent")]


def test_every_state_of_a_cell_is_a_decision_with_a_trace(plan, now):
    """Draft, shadow, paused, empty and a cell nobody decided about: each is written down, and none writes to anybody."""
    go_live("payment", "buying", now=now)
    set_state(cell_of("payment", "buying"), "paused", user_id=None, now=now)
    set_state(cell_of("shipping", "buying"), "shadow", user_id=None, now=now)
    add_stage("Sizes", Happened("Size Guide", "Product Added"), now=now)
    told = {
        "draft": [(0, "Product Added", TEA)],
        "shadow": [(0, "Product Added", TEA), (1, "Checkout Started", {"shipping": 5})],
        "paused": [(0, "Product Added", TEA), (1, "Payment Failed")],
        "empty": [(0, "Products Searched", {"results": 0})],
        "hole": [(0, "Size Guide")],
        "ordered": [(0, "Order Completed", {"order_id": "1"})],
        "nowhere": [(0, "Product Viewed", TEA)],
    }
    people = {}
    for decision, events in told.items():
        people[decision] = shopper("email", now=now)
        live(people[decision], *events, now=now)
    tick(now=now + 32 * MINUTE)
    assert {decision: departure(one).decision for decision, one in people.items()} == {decision: decision for decision in told}
    assert departure(people["shadow"]).evidence["ladder"] == [
        ["email", 30],
    ]
    assert not Message.objects.exists()
    assert not Enrollment.objects.exists()


def test_somebody_nobody_may_write_to_is_unreachable_and_says_so(plan, now):
    go_live("idle", "loyal", now=now - HOUR)
    ana = shopper(now=now, orders_count=3)
    suppress("blocked@example.test", channel="email", reason="bounced", now=now)
    assert address_digest("blocked@example.test")
    for number in range(3):
        order_for(ana, number, now=now - timedelta(days=40 + number))
    leave(ana, now=now)
    tick(now=now + 30 * MINUTE)
    left = departure(ana)
    assert (left.group, left.decision, left.evidence["missing"]) == ("loyal", "unreachable", ["push", "email"])


def order_for(customer, number, *, now):
    Order.objects.create(
        customer=customer, number=f"O{customer.pk}-{number}", currency="EUR", total_minor=100, placed_at=now, received_at=now
    )


def test_a_share_of_a_live_cell_gets_nothing_and_is_counted(plan, now):
    cell = go_live("idle", "buying", now=now - HOUR)
    held = next(one for _ in range(300) if not is_written_to(one := shopper("email", now=now), cell))
    leave(held, now=now)
    tick(now=now + 30 * MINUTE)
    tick(now=now + 50 * HOUR)
    assert departure(held).decision == "held_out"
    assert not Message.objects.filter(customer=held).exists()


def test_who_enters_goes_by_the_version_of_that_moment(plan, now):
    cell = go_live("idle", "buying", now=now - HOUR)
    ana, ben = written("email", cell=cell, now=now), written("email", cell=cell, now=now)
    leave(ana, now=now)
    tick(now=now + 30 * MINUTE)
    save_cell(cell, CellPlan((Rung("email", 300, "recovery-mail"),)), user_id=None, now=now + 40 * MINUTE)
    leave(ben, now=now + HOUR)
    tick(now=now + 90 * MINUTE)
    versions = dict(Departure.objects.values_list("customer_id", "cell_number"))
    assert versions == {ana.pk: 1, ben.pk: 2}
    assert planned(ana) == [("email", "ready")]
    assert planned(ben) == [], "version 2 waits five hours"


def test_baskets_bought_meanwhile_and_old_news_get_nothing(plan, now):
    cell = go_live("idle", "buying", now=now - timedelta(days=9))
    ana, ben = written("email", cell=cell, now=now), written("email", cell=cell, now=now)
    cart = leave(ana, now=now)
    buy(ana, cart, now=now + 5 * MINUTE)
    basket(ben, now=now - timedelta(days=3))
    live(ben, (-3 * 1440, "Product Added", TEA), now=now)
    tick(now=now + 40 * MINUTE)
    assert not Enrollment.objects.exists()
    assert departure(ana).decision == "bought"
    assert not Departure.objects.filter(customer=ben).exists()


def test_the_database_keeps_one_run_for_a_basket(plan, now):
    cell = go_live("idle", "buying", now=now - HOUR)
    ana = written("email", cell=cell, now=now)
    leave(ana, now=now)
    tick(now=now + 30 * MINUTE)
    twin = departure(ana)
    twin.pk, twin.began_at = None, twin.began_at - HOUR
    with pytest.raises(IntegrityError, match="departure_one_run"), transaction.atomic():
        twin.save(force_insert=True)


def test_many_people_are_looked_at_in_as_many_statements_as_few(plan, now):
    cell = go_live("idle", "buying", now=now - HOUR)

    def statements(count):
        for one in [written("email", cell=cell, now=now) for _ in range(count)]:
            leave(one, now=now)
        take_news(now=now + MINUTE)
        with CaptureQueriesContext(connection) as asked:
            assert notice_due(now=now + 31 * MINUTE) == count
        return len(asked)

    statements(1)  # makes the version for who allows e-mail
    assert statements(2) == statements(20)


@pytest.mark.django_db(transaction=True)
def test_two_workers_notice_one_departure_once(plan, now):
    cell = go_live("idle", "buying", now=now - HOUR)
    people = [written("email", cell=cell, now=now) for _ in range(12)]
    for one in people:
        leave(one, now=now)
    take_news(now=now + MINUTE)
    looked = []

    def work():
        with store_context(plan.pk):
            while count := notice_due(now=now + 31 * MINUTE):
                looked.append(count)
        connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    assert sum(looked) == 12
    assert Departure.objects.filter(decision="entered").count() == Enrollment.objects.count() == 12


def test_the_timed_job_looks_and_says_when_to_look_again(plan):
    now = clock.now()
    ana, ben = shopper("email", now=now), shopper("email", now=now)
    leave(ana, now=now - HOUR)
    leave(ben, now=now - 10 * MINUTE)
    take_news(now=now)
    tasks.run_recovery()
    assert set(Departure.objects.values_list("customer_id", flat=True)) == {ana.pk}
    assert StoreWork.objects.get(kind="recovery").due_at == now + 20 * MINUTE


def test_a_cell_that_was_stopped_by_itself_lets_nobody_in_until_a_person_lets_it_go_on(plan, now):
    cell = go_live("idle", "buying", now=now - HOUR)
    Journey.objects.filter(pk=cell.journey_id).update(state="paused", pause_reason="complaints", paused_at=now)
    SendingStop(
        source_kind="journey", source_id=cell.journey_id, channel="email", why="complaints", tried=500, bad=9, stopped_at=now
    ).save()
    ana = shopper("email", now=now)
    leave(ana, now=now)
    tick(now=now + 30 * MINUTE)
    assert departure(ana).decision == "paused"
    stopped = cell_of("idle", "buying")
    save_cell(stopped, plan_of(stopped).without_rung("onsite"), user_id=None, now=now + HOUR)
    stopped = cell_of("idle", "buying")
    assert (stopped.state, stopped.going, stopped.number) == ("live", "paused", 2), "saving a part of it lets nothing go on"
    assert set_state(stopped, "live", user_id=None, now=now + HOUR)
    assert cell_of("idle", "buying").going == "live"
    assert SendingStop.objects.get().ended_at == now + HOUR


def test_only_what_is_read_of_an_event_leaves_the_database_and_reads_the_same(plan, now):
    report(4900, at=now, name="Tea")
    ana = shopper("email", now=now)
    said = {"products": [{"sku": "x" * 900}] * 30, "sorts": [{"type": "price", "value": "desc"}], "noise": "n" * 20_000}
    context = {"campaign": {"source": "letter"}, "session": {"id": "s1"}, "userAgent": "iPhone " + "u" * 9_000, "noise": "n" * 9_000}
    told = [(0, "Products Searched", said), (1, "Product List Filtered", said), (2, "Product Viewed", TEA | {"stock": 0, "sku": {"a": 1}})]
    live(ana, *told, now=now, context=context)
    (visit,) = look_at([ana.pk], now=now + HOUR)[0].visits
    assert (visit.moments[0].hits, visit.moments[1].by_price, visit.moments[2].gone) == (30, True, True)
    assert (visit.moments[2].product, visit.moments[2].price) == ("tea", 49.0)
    assert (visit.origin(), visit.device(), visit.moments[0].session) == ("letter", "phone", "s1")
    values = {"store": plan.pk, "since": now - HOUR, "until": now + HOUR, "arrived": now - HOUR, "most": 9, "told": list(looking._TOLD)}
    with connection.cursor() as cursor:
        cursor.execute(looking._MOMENTS, values | {"customers": [ana.pk]})
        assert max(len(row[3]) + len(row[4]) for row in cursor.fetchall()) < 2_000


def test_one_shopper_stops_nobody_else(plan, now, monkeypatch, caplog):
    ana, ben, eve = (shopper("email", now=now) for _ in range(3))
    leave(ana, now=now)
    live(ben, (0, "Product Added", {"product_id": "tea", "price": 9e12, "quantity": 999_999}), now=now)
    leave(eve, now=now)
    reading = noticing.departures_of

    def reads(seen, *args, **named):
        if seen.customer.pk == eve.pk:
            raise ValueError("nobody thought of this")
        return reading(seen, *args, **named)

    monkeypatch.setattr(noticing, "departures_of", reads)
    assert tick(now=now + 31 * MINUTE) == 3
    amounts = dict(Departure.objects.values_list("customer_id", "amount_minor"))
    assert amounts == {ana.pk: 4900, ben.pk: LARGEST_AMOUNT}
    assert not RecoveryWatch.objects.exists()
    assert f"customer {eve.pk} is left out" in caplog.text
    assert {line.cause for line in caplog.records} == {"ValueError"}
    assert all("departures_of" in line.trace for line in caplog.records)
    assert "nobody thought of this" not in caplog.text


def test_a_store_that_fails_does_not_end_the_turns_of_others(plan, monkeypatch):
    now = clock.now()
    others = make_store()
    StoreWork.ring("recovery", store_id=others.pk, due_at=now - HOUR)
    StoreWork.ring("recovery", store_id=plan.pk, due_at=now - MINUTE)
    turns = []

    def looks(*, now):
        turns.append(require_store_id())
        if turns == [others.pk]:
            raise ValueError("nobody thought of this")
        return 0

    monkeypatch.setattr(tasks, "notice_due", looks)
    tasks.run_recovery()
    assert turns == [others.pk, plan.pk]


def test_an_emptied_cell_keeps_nobody_out_of_another_and_ends_what_it_began(plan, now):
    cell = go_live("idle", "buying", now=now - HOUR)
    ana, ben = written("email", cell=cell, now=now), written("email", cell=cell, now=now)
    for one in (ana, ben):
        leave(one, now=now)
    tick(now=now + 30 * MINUTE)
    set_state(cell, "empty", user_id=None, now=now + HOUR)
    assert set(Enrollment.objects.values_list("state", "reason")) == {("stopped", "cell_ended")}
    assert planned(ana) == planned(ben) == [("email", "suppressed")]


def test_a_paused_cell_keeps_nobody_out_of_another(plan, now):
    cell = go_live("idle", "buying", now=now - HOUR)
    ana = written("email", cell=cell, now=now)
    first = leave(ana, now=now)
    tick(now=now + 30 * MINUTE)
    Message.objects.filter(customer=ana).update(state="sent", sent_at=now, finished_at=now, first_attempt_at=now)
    set_state(cell, "paused", user_id=None, now=now + HOUR)
    Cart.objects.filter(pk=first.pk).update(state=Cart.State.MERGED, closed_at=now + HOUR)
    go_live("payment", "buying", now=now + HOUR)
    leave(ana, now=now + 2 * HOUR, more=[(5, "Payment Failed")])
    tick(now=now + 3 * HOUR)
    newest = Departure.objects.filter(customer=ana).latest("left_at")
    assert newest.stage.ready == "payment"
    assert newest.decision in {"entered", "held_out"}
    assert Enrollment.objects.get(customer=ana, journey=cell.journey).state == "running"


def test_a_cell_that_learns_lets_its_channels_draw_which_goes_first(plan, now):
    cell = go_live("idle", "buying", now=now - HOUR)
    before = plan_of(cell)
    assert before is not None
    save_cell(cell, replace(before, learns=True), user_id=None, now=now - HOUR)
    cell = cell_of("idle", "buying")
    people = [written("email", "sms", cell=cell, now=now) for _ in range(12)]
    only = written("email", cell=cell, now=now)
    for one in [*people, only]:
        leave(one, now=now)
    tick(now=now + 30 * MINUTE)
    first = {one.pk: planned(one)[0][0] for one in people}
    assert set(first.values()) == {"email", "sms"}
    experiment = Experiment.objects.get(key=order_key(cell.journey_id, ("sms", "email")))
    assert dict(Assignment.objects.filter(experiment=experiment).values_list("customer_id", "arm")) == first
    assert planned(only) == [("email", "ready")], "who may be reached by one alone has nothing to draw"
    for one in people:
        ladder = departure(one).evidence["ladder"]
        assert [minutes for _, minutes in ladder] == [30, 1200, 2640], "the moments stay"
        assert ladder[0][0] == first[one.pk]
        assert {channel for channel, _ in ladder} == {"sms", "email", "onsite"}
    assert learning_cells() == {cell.journey_id: True}
    set_state(cell, "paused", user_id=None, now=now + HOUR)
    assert learning_cells() == {cell.journey_id: False}
    save_cell(cell, before, user_id=None, now=now + HOUR)
    assert learning_cells() == {}
