"""The pages of the plan: from nothing to live in one press, what the matrix shows, what is saved in a cell, the way back to a basket."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from campaigns.models import Departure, Journey, RecoveryCell, RecoveryReplay, RecoveryStage, RecoveryWatch, SendRule, Template
from campaigns.personalization.links import basket_url
from campaigns.playbooks.switching import switch_on as switch_journey_on
from campaigns.recovery import lately, looking_back
from campaigns.recovery.planning import begin, plan_of, save_cell
from campaigns.recovery.rules.cells import CHANNELS, CellPlan, Rung
from campaigns.recovery.rules.defaults import CELLS
from campaigns.recovery.rules.groups import BY_KEY, ON_PAGES
from retention.kit import clock
from retention.orders.models import Cart
from retention.stores.models import AuditEntry
from tests.campaigns.coupons.pools import make_pool
from tests.campaigns.recovery.shopping import TEA, basket, cell_of, go_live, live, shopper, tick
from tests.factories import make_user, member_of, signed_in

pytestmark = pytest.mark.django_db


def address(store, tail=""):
    return f"/s/{store.slug}/recovery/{tail}"


def of_cell(store, stage, group, tail=""):
    return address(store, f"{RecoveryStage.objects.get(ready=stage).public_id}/{group}/{tail}")


def test_one_press_makes_the_plan_and_lets_live_what_may(store):
    client = signed_in(member_of(store))
    before = client.get(address(store)).content.decode()
    assert "No plan yet" in before
    assert before.count("10% off") == 1, "who gets what is read before the yes"
    assert before.count("Nothing is sent") == sum(plan is None for plan in CELLS.values())
    waiting = sum(plan is not None and plan.waits for plan in CELLS.values())
    assert (waiting, before.count('<span class="rung">after it is back</span>')) == (3, waiting)
    made = client.post(address(store, "begin/"), {"switch_on": "1"}, follow=True).content.decode()
    assert "3 cells stay drafts, and say what they need: Basket idle × Just looking, " in made
    assert made.count('<span class="rung">after it is back</span>') == waiting
    assert "E-mail, 30 minutes after it is back" in made
    assert "Your shop has told nothing yet." in made
    assert "No provider is connected for: Push, SMS, E-mail." in made
    opened = client.get(of_cell(store, "list", "buying")).content.decode()
    assert "on purpose: the ready-made plan leaves it out." in opened
    client.post(of_cell(store, "idle", "loyal", "state/"), {"state": "empty"})
    assert "decided it on" in client.get(of_cell(store, "idle", "loyal")).content.decode()
    client.post(of_cell(store, "idle", "loyal", "state/"), {"state": "live"})
    states = dict(RecoveryCell.objects.values_list("state").distinct().values_list("state", "state"))
    assert set(states) == {"live", "draft", "empty"}
    drafts = RecoveryCell.objects.filter(state="draft").select_related("stage")
    assert all(plan_of(cell).gift.costs for cell in drafts), "only what gives a code waits: no pool is there yet"
    page = client.get(address(store)).content.decode()
    assert f"{RecoveryCell.objects.filter(state='live').count()} cells live" in page
    assert "Basket idle" in page
    assert "First order open" in page
    assert "Draft, not sending" in page
    assert Journey.objects.filter(for_quiet=True, state="live").count() == RecoveryCell.objects.filter(state="live").count()
    assert "Basket idle" not in client.get(f"/s/{store.slug}/journeys/").content.decode(), "cells are no journeys of the list"
    assert {"recovery.begun", "recovery.switched_on"} <= set(AuditEntry.objects.values_list("action", flat=True))
    client.post(address(store, "begin/"))
    assert RecoveryStage.objects.count() == 7


def test_only_channels_of_live_cells_are_said_to_lack_a_provider(plan):
    client, now = signed_in(member_of(plan)), clock.now()
    save_cell(cell_of("product", "looking"), CellPlan((Rung("email", 60, "recovery-back"),)), user_id=None, now=now)
    go_live("product", "looking", now=now)
    assert "No provider is connected for: E-mail." in client.get(address(plan)).content.decode()
    go_live("idle", "buying", now=now)
    assert "No provider is connected for: Push, SMS, E-mail." in client.get(address(plan)).content.decode()


def test_the_matrix_shows_who_left_and_why(store):
    now = clock.now()
    begin(store, user_id=None, now=now - timedelta(days=2))
    ana = shopper("email", now=now, first_name="Ana", last_name="Lopez")
    basket(ana, now=now - timedelta(hours=2))
    live(ana, (0, "Product Added", TEA), now=now - timedelta(hours=2))
    tick(now=now)
    client = signed_in(member_of(store))
    page = client.get(address(store)).content.decode()
    assert "1 person left, with €49.00" in page
    opened = client.get(of_cell(store, "idle", "buying")).content.decode()
    for said in (
        "Ana Lopez",
        "left 1 piece in the basket",
        "0 pages before the basket",
        "The cell is a draft",
        "44 hours",
        "after leaving",
    ):
        assert said in opened, said
    money = client.get(address(store, "?by=money")).content.decode()
    assert all(said in money for said in ("€49", "under €300", "from €20,000"))
    assert "from 1,200" in client.get(address(store, "?by=people")).content.decode()
    assert "Ana Lopez" not in signed_in(member_of(store, "analyst")).get(of_cell(store, "idle", "buying")).content.decode()


def test_a_message_is_changed_in_its_cell_and_the_same_again_is_no_version(plan):
    client = signed_in(member_of(plan))
    save = of_cell(plan, "idle", "buying", "save/")
    said = {"part": "sms", "amount": "6", "unit": "hours", "template": "recovery-sms"}
    client.post(save, said)
    client.post(save, said)
    cell = cell_of("idle", "buying")
    assert (cell.number, plan_of(cell).rung("sms").minutes) == (2, 360)
    client.post(save, {"part": "onsite", "leave_out": "1"})
    assert [rung.channel for rung in plan_of(cell_of("idle", "buying")).rungs] == ["push", "sms", "email"]
    client.post(save, {"part": "guard", "expires_hours": "24", "holdout": "15"})
    assert (plan_of(cell_of("idle", "buying")).expires_hours, plan_of(cell_of("idle", "buying")).holdout_share) == (24, 0.15)


def test_a_plan_that_could_not_wait_can_be_made_to(plan):
    client, button = signed_in(member_of(plan)), "Write when it is back"
    page, save = of_cell(plan, "gone", "buying"), of_cell(plan, "gone", "buying", "save/")

    def panel() -> str:
        return client.get(page).content.decode().partition('id="panel"')[2]

    assert button not in panel()
    save_cell(cell_of("gone", "buying"), CellPlan((Rung("email", 1200, "recovery-mail"),), expires_hours=24), user_id=None, now=clock.now())
    Template.objects.filter(key="recovery-in-stock").update(key="another")
    before = panel().partition("</aside>")[0]
    assert button in before
    assert "after leaving" in before
    assert "after it is back" not in before
    client.post(save, {"part": "waits"})
    ready = CELLS["gone", "buying"]
    assert ready is not None
    assert plan_of(cell_of("gone", "buying")) == replace(ready, expires_hours=24)
    after = panel().partition("</aside>")[0]
    assert button not in after
    assert "after it is back" in after
    assert Template.objects.get(key="recovery-in-stock").live_number
    assert client.post(of_cell(plan, "idle", "buying", "save/"), {"part": "waits"}).status_code == 404
    client.post(of_cell(plan, "gone", "looking", "save/"), {"part": "email", "amount": "30", "unit": "minutes", "template": "another"})
    assert plan_of(cell_of("gone", "looking")).waits, "what is begun now waits"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"part": "sms", "amount": "1", "unit": "minutes", "template": "recovery-sms"}, "The delay"),
        ({"part": "email", "amount": "1", "unit": "hours", "template": ""}, "The message"),
        ({"part": "guard", "expires_hours": "12", "holdout": "1"}, "Who is held back"),
        ({"part": "gift", "kind": "percent", "amount": "10"}, "The gift"),
    ],
)
def test_what_cannot_be_is_refused_in_words_and_nothing_changes(plan, said, words):
    client = signed_in(member_of(plan))
    answer = client.post(of_cell(plan, "idle", "buying", "save/"), said, follow=True)
    assert words in answer.content.decode()
    assert cell_of("idle", "buying").number == 1


def test_a_live_cell_refuses_a_message_that_cannot_be_sent(plan, now):
    client = signed_in(member_of(plan))
    client.post(of_cell(plan, "idle", "buying", "state/"), {"state": "live"})
    assert cell_of("idle", "buying").state == "live"
    client.post(of_cell(plan, "idle", "buying", "save/"), {"part": "guard", "expires_hours": "12", "holdout": "5"})
    assert plan_of(cell_of("idle", "buying")).holdout_share == 0.05
    said = {"part": "sms", "amount": "4", "unit": "hours", "template": "gone-away"}
    answer = client.post(of_cell(plan, "idle", "buying", "save/"), said, follow=True)
    assert "has no version that could be sent" in answer.content.decode()
    assert cell_of("idle", "buying").number == 2


def test_a_gift_goes_live_once_a_pool_gives_what_the_cell_says(plan):
    client = signed_in(member_of(plan))
    state, save = of_cell(plan, "idle", "looking", "state/"), of_cell(plan, "idle", "looking", "save/")
    assert "Choose the pool" in client.post(state, {"state": "live"}, follow=True).content.decode()
    other, right = make_pool("A1", "A2", now=clock.now(), percent=25), make_pool("B1", "B2", now=clock.now())
    gift = {"part": "gift", "kind": "percent", "amount": "10", "ceiling": "20", "rest_days": "60"}
    client.post(save, gift | {"pool": str(other.public_id)})
    assert "give something else" in client.post(state, {"state": "live"}, follow=True).content.decode()
    client.post(save, gift | {"pool": str(right.public_id)})
    client.post(state, {"state": "live"})
    assert cell_of("idle", "looking").state == "live"
    changed = gift | {"amount": "25"}
    assert "give something else" in client.post(save, changed | {"pool": str(right.public_id)}, follow=True).content.decode()
    assert plan_of(cell_of("idle", "looking")).gift.amount == 10
    client.post(save, changed | {"pool": str(other.public_id)})
    assert plan_of(cell_of("idle", "looking")).gift.amount == 25, "a live cell gets a new gift and its pool together"
    assert "Choose the pool" in client.post(save, changed | {"pool": ""}, follow=True).content.decode()
    client.post(state, {"state": "paused"})
    client.post(save, changed | {"pool": ""})
    assert not SendRule.objects.filter(journey=cell_of("idle", "looking").journey, pool__isnull=False).exists()


def test_an_amount_off_is_written_as_money_and_shown_as_it_was_written(plan):
    client = signed_in(member_of(plan))
    save = of_cell(plan, "idle", "looking", "save/")
    gift = {"part": "gift", "kind": "amount", "ceiling": "20", "rest_days": "60"}
    client.post(save, gift | {"amount": "5.50"})
    assert plan_of(cell_of("idle", "looking")).gift.amount == 550
    form = client.get(of_cell(plan, "idle", "looking", "?edit=gift")).content.decode()
    assert 'step="0.01" value="5.50"' in form
    refused = client.post(save, gift | {"amount": "5,005"}, follow=True).content.decode()
    assert "The gift: must say how much is given" in refused
    assert plan_of(cell_of("idle", "looking")).gift.amount == 550


def test_states_and_who_may_set_them(plan):
    support, owner = signed_in(member_of(plan, "writer")), signed_in(member_of(plan))
    state = of_cell(plan, "idle", "buying", "state/")
    assert support.post(state, {"state": "live"}).status_code == 403
    for wanted in ("shadow", "live", "paused", "live", "empty"):
        owner.post(state, {"state": wanted})
        assert cell_of("idle", "buying").state == wanted
    journey = cell_of("idle", "buying").journey
    assert journey.state == "paused"
    assert owner.post(state, {"state": "asleep"}).status_code == 404


def test_the_page_of_a_cell_s_journey_is_the_cell(plan):
    client = signed_in(member_of(plan))
    client.post(of_cell(plan, "idle", "buying", "state/"), {"state": "live"})
    journey = cell_of("idle", "buying").journey
    page = f"/s/{plan.slug}/journeys/{journey.public_id}/"
    assert client.get(page)["Location"] == of_cell(plan, "idle", "buying")
    assert client.post(f"{page}pause/").status_code == 404, "it is switched in the plan"
    Journey.objects.filter(pk=journey.pk).update(state="paused", pause_reason="bounces")
    shown = client.get(of_cell(plan, "idle", "buying")).content.decode()
    assert "Stopped by itself" in shown
    assert "Switch on" in shown


def test_a_row_of_one_s_own_begins_with_holes_and_can_be_taken_out(plan):
    client = signed_in(member_of(plan))
    same = client.post(address(plan, "rows/new/"), {"name": "Sizes", "event": "Size Guide", "without": "Size Guide"})
    assert same.status_code == 422
    client.post(address(plan, "rows/new/"), {"name": "Sizes", "event": "Size Guide", "without": "Product Added", "device": "phone"})
    row = RecoveryStage.objects.get(name="Sizes")
    assert row.rule == {"kind": "event", "event": "Size Guide", "without": "Product Added", "device": "phone"}
    page = client.get(address(plan)).content.decode()
    assert "6 cells without a plan" in page
    assert "<b>Sizes</b>" in page
    assert client.post(address(plan, "rows/new/"), {"name": "Sizes", "event": "A", "without": "B"}).status_code == 422
    client.post(address(plan, f"rows/{row.public_id}/remove/"))
    assert "<b>Sizes</b>" not in client.get(address(plan)).content.decode()
    ready = RecoveryStage.objects.get(ready="idle")
    assert client.post(address(plan, f"rows/{ready.public_id}/remove/")).status_code == 404


def test_another_journey_about_leaving_is_named(plan):
    client = signed_in(member_of(plan))
    assert "Two senders" not in client.get(address(plan)).content.decode()
    switch_journey_on("abandoned_cart", now=clock.now())
    page = client.get(address(plan)).content.decode()
    assert "Two senders want the same people" in page
    assert "Abandoned basket" in page


def test_a_journey_about_leaving_is_paused_with_the_yes_where_that_was_ticked(store):
    client, journey = signed_in(member_of(store)), switch_journey_on("abandoned_cart", now=clock.now())
    page = client.get(address(store)).content.decode()
    assert f'name="pause" value="{journey.public_id}" checked' in page
    client.post(address(store, "begin/"), {"switch_on": "1"})
    journey.refresh_from_db()
    assert journey.state == "live", "not without the tick"
    client.post(address(store, "begin/"), {"switch_on": "1", "pause": [str(journey.public_id)]})
    journey.refresh_from_db()
    assert journey.state == "paused"


def test_the_home_page_says_what_a_live_plan_needs(store):
    client = signed_in(member_of(store))
    switch_journey_on("abandoned_cart", now=clock.now())
    live_part = f"/s/{store.slug}/" + "home/live/"
    assert "recovery plan" not in client.get(live_part).content.decode(), "without a plan there is nothing to decide"
    client.post(address(store, "begin/"), {"switch_on": "1"})
    page = client.get(live_part).content.decode()
    assert "Two senders want the same people: “Abandoned basket” and the recovery plan" in page
    assert "3 cells of the recovery plan are not switched on" in page
    assert of_cell(store, "idle", "looking") in page


def test_a_cell_without_its_pool_leads_to_the_choice_and_offers_no_switch(plan):
    page = signed_in(member_of(plan)).get(of_cell(plan, "idle", "looking")).content.decode()
    assert "under “Reason to come back”" in page
    assert f'{of_cell(plan, "idle", "looking")}?edit=gift">Choose the pool' in page
    assert "Switch on</button>" not in page


def test_the_past_is_counted_once_and_sends_nothing(plan):
    now = clock.now()
    for number in range(3):
        one = shopper("email", now=now)
        live(one, (0, "Product Added", TEA), (50, "Product Viewed", TEA), now=now - timedelta(days=5 + number))
    signed_in(member_of(plan)).post(address(plan, "replay/"))
    for _ in range(2):
        looking_back.go_on(now=now)
    replay = RecoveryReplay.objects.get()
    assert (replay.people_count, replay.finished_at is not None) == (3, True)
    assert sorted(Departure.objects.values_list("decision", flat=True)) == ["nowhere"] * 3 + ["past"] * 3
    looking_back.begin(days=90, now=now)
    looking_back.go_on(now=now)
    assert Departure.objects.count() == 6


def test_while_the_past_is_counted_the_page_counts_along_and_then_shows_what_was_found(plan, monkeypatch):
    monkeypatch.setattr(looking_back, "A_TURN", 2)
    monkeypatch.setattr(lately, "EXACT_UP_TO", 1)
    now, client = clock.now(), signed_in(member_of(plan))
    for number in range(3):
        live(shopper("email", now=now), (0, "Product Added", TEA), (50, "Product Viewed", TEA), now=now - timedelta(days=5 + number))
    client.post(address(plan, "replay/"))

    def look(**headers):
        return client.get(address(plan, "?days=90"), headers=headers).content.decode()

    def part():
        return look(**{"HX-Request": "true", "HX-Target": "replay"})

    begun = look()
    assert "The last 90 days are being counted" in begun
    assert (part().count("0 people were looked at so far"), "<table" in part(), "every 3s" in part()) == (1, False, True)
    looking_back.go_on(now=now)
    assert "In 90 days 2 people left" in look()
    assert "2 people were looked at so far" in part()
    looking_back.go_on(now=now)
    done = part()
    assert "The last 90 days are counted." in done
    assert ("3 people were looked at" in done, "every 3s" in done, "In 90 days 3 people left" in done) == (True, False, True)
    assert "days are counted" not in look(), "it is no news at the next view"


def test_before_any_visit_there_is_no_funnel_of_zeros(plan):
    page = signed_in(member_of(plan)).get(address(plan, "bottlenecks/")).content.decode()
    assert ("No visit has been counted yet." in page, "Make this a row" in page, "<table" in page) == (True, False, False)


@pytest.mark.parametrize("group", ON_PAGES)
def test_the_page_of_a_group_says_its_rule(plan, group):
    page = signed_in(member_of(plan)).get(address(plan, f"groups/{group}/")).content.decode()
    assert ("Whoever is in no other group." if group == "looking" else BY_KEY[group].rule.render(str)) in page


def test_bottlenecks_name_the_step_that_loses_most_and_make_it_a_row(plan):
    now = clock.now()
    for number in range(30):
        one = shopper(now=now)
        told: list[Any] = [(0, "Product Viewed", TEA), (1, "Product Added", TEA), (2, "Checkout Started", {"shipping": 5})]
        told += [(3, "Payment Info Entered")] if number < 4 else []
        live(one, *told, now=now - timedelta(hours=3), context={"device": {"type": "android"}})
    tick(now=now)
    client = signed_in(member_of(plan))
    page = client.get(address(plan, "bottlenecks/?by=device")).content.decode()
    assert "most are lost before “Began to pay”" in page
    assert "event=Checkout+Started&amp;without=Payment+Info+Entered&amp;device=phone" in page
    form = client.get(address(plan, "rows/new/?event=Checkout+Started&without=Payment+Info+Entered&device=phone")).content.decode()
    assert 'value="Checkout Started"' in form


def test_two_visits_lost_of_many_are_no_bottleneck(plan):
    now = clock.now()
    for number in range(24):
        told: list[Any] = [(0, "Product Viewed", TEA), (1, "Product Added", TEA)]
        told += [(4, "Order Completed", {"order_id": f"N-{number}"})] if number > 1 else []
        live(shopper(now=now), *told, now=now - timedelta(hours=3))
    tick(now=now)
    page = signed_in(member_of(plan)).get(address(plan, "bottlenecks/")).content.decode()
    assert "Of 24 visits too few are lost at one step to call it a bottleneck." in page
    assert "one that ordered counts at every step before" in page
    assert "are lost before" not in page


def test_a_basket_comes_back_by_a_button_and_not_by_looking(store):
    now = clock.now()
    cart = basket(shopper(now=now), now=now)
    Cart.objects.filter(pk=cart.pk).update(restore_url="https://lumen.example.test/basket/back/abc")
    where = urlsplit(basket_url(cart.pk, store_id=store.pk, planned_at=now)).path
    client = Client()
    page = client.get(where)
    assert "1 × Tea" in page.content.decode()
    assert "form-action 'self' https://lumen.example.test" in page["Content-Security-Policy"]
    assert client.post(where)["Location"] == "https://lumen.example.test/basket/back/abc"
    for wrong in ("https://evil.example/", "https://x;sandbox;y@lumen.example.test/", "https://lumen.example.test:x;sandbox/"):
        Cart.objects.filter(pk=cart.pk).update(restore_url=wrong)
        assert client.post(where)["Location"] == store.web_address
        assert "sandbox" not in client.get(where)["Content-Security-Policy"]
    Cart.objects.filter(pk=cart.pk).update(state="bought", closed_at=now)
    assert "You ordered this already" in client.post(where).content.decode()
    assert client.get(f"{where}x").status_code == 404


def test_every_channel_has_its_place_in_the_panel(plan):
    page = signed_in(member_of(plan)).get(of_cell(plan, "list", "looking")).content.decode()
    assert page.count("left out.") == len(CHANNELS)
    assert "Nothing is sent here, on purpose" in page


def test_our_staff_on_a_visit_lets_no_cell_live_and_changes_none_that_is(plan):
    staff = signed_in(make_user("ines.ops@example.test", is_staff=True))
    assert staff.post("/staff/impersonate/", {"store": plan.pk, "reason": "Ticket 4711: a cell stays a draft"}).status_code == 302
    staff.post(of_cell(plan, "idle", "buying", "state/"), {"state": "live"})
    assert cell_of("idle", "buying").state == "draft"
    signed_in(member_of(plan)).post(of_cell(plan, "idle", "buying", "state/"), {"state": "live"})
    before = cell_of("idle", "buying")
    assert before.state == "live"
    staff.post(of_cell(plan, "idle", "buying", "save/"), {"part": "guard", "expires_hours": "5", "holdout": "50"})
    assert cell_of("idle", "buying").number == before.number


def test_the_past_is_counted_once_a_day_and_not_while_it_is_counted(plan):
    client, now = signed_in(member_of(plan)), clock.now()
    looking_back.begin(days=30, now=now - timedelta(days=2))
    assert "being counted already" in client.post(address(plan, "replay/"), follow=True).content.decode()
    looking_back.go_on(now=now)
    client.post(address(plan, "replay/"))
    looking_back.go_on(now=now)
    assert "once a day" in client.post(address(plan, "replay/"), follow=True).content.decode()
    replay = RecoveryReplay.objects.get()
    assert (replay.days, replay.finished_at is not None) == (90, True)


def test_who_is_about_is_left_to_the_plan_when_the_past_is_counted(plan):
    now = clock.now()
    ana = shopper("email", now=now)
    live(ana, (0, "Product Added", TEA), now=now - timedelta(hours=3))
    RecoveryWatch.objects.create(customer=ana, look_at=now)
    looking_back.begin(days=90, now=now)
    looking_back.go_on(now=now)
    assert not Departure.objects.exists()
