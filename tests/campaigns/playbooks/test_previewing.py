"""What a playbook says before it is taken: counted from the store's own rows, its needs named, its sentences whole; and its pages."""

from datetime import timedelta
from typing import Any

import pytest

from campaigns.journeys import drafting
from campaigns.journeys.shadowing import begin as begin_shadow
from campaigns.journeys.shadowing import shadow_of
from campaigns.models import Journey, JourneyDraft, RecoveryCell
from campaigns.playbooks import PLAYBOOKS
from campaigns.playbooks.numbers import numbers_of
from campaigns.playbooks.previewing import preview_of
from campaigns.recovery.planning import begin, set_state
from campaigns.recovery.planning import switch_on as switch_plan_on
from retention.catalog.models import Product, Variant
from retention.customers.models import Customer
from retention.kit import clock
from retention.stores.models import AuditEntry
from tests.campaigns.coupons.pools import make_pool
from tests.campaigns.playbooks.living import DAY, DELIVERED, order, twice
from tests.campaigns.recovery.shopping import live, shopper
from tests.factories import make_store, member_of, signed_in

pytestmark = pytest.mark.django_db


def look(key: str, store: Any, now: Any) -> Any:
    return preview_of(PLAYBOOKS[key], store, numbers=numbers_of(store, now=now), now=now)


def said(preview: Any) -> list[str]:
    return [phrase.render(str) for phrase in preview.says]


def calmer(draft: JourneyDraft) -> bool:
    """Change a draft, as somebody in the editor does."""
    draft.tree = {**draft.tree, "calm_minutes": 7, "holdout_share": 0.25}
    return False


@pytest.mark.parametrize("playbook", list(PLAYBOOKS), ids=lambda one: one.key)
def test_in_a_fresh_store_it_is_for_nobody_and_says_what_is_missing(playbook: Any, store: Any, now: Any) -> None:
    preview = look(playbook.key, store, now)
    assert preview.counted.count == 0
    assert [one.need for one in preview.needs if one.met] == []
    assert preview.steps
    assert not [words for _kind, words, _step in preview.steps if "store:" in words.render(str)]


def test_counts_whom_it_would_have_been_for_and_who_may_be_written_to(store: Any, now: Any) -> None:
    people = [shopper("email", now=now), shopper("email", "sms", now=now), shopper(now=now), shopper("email", now=now)]
    for person in people[:3]:
        DELIVERED(person, now - 2 * DAY)
    DELIVERED(people[3], now - 31 * DAY)
    live(people[3], (0, "Shipment Updated", {"state": "in_transit", "order_id": "2"}), now=now - DAY)
    preview = look("review", store, now)
    assert (preview.counted.count, preview.counted.reach["email"], preview.channels) == (3, 2, ["email"])
    assert [one.met for one in preview.needs] == [True]


@pytest.mark.parametrize(("key", "count"), [("first_order", 1), ("second_order", 1), ("replenish", 1), ("gift", 2)])
def test_counts_by_orders(key: str, count: int, store: Any, now: Any) -> None:
    order(shopper("email", now=now), now - 5 * DAY)
    twice(shopper("email", now=now), now - 9 * DAY)
    order(shopper("email", now=now), now - 60 * DAY)
    assert look(key, store, now).counted.count == count


def test_birthdays_of_the_last_days_count(store: Any, now: Any) -> None:
    for day in (now - 3 * DAY, now + 3 * DAY, now - 40 * DAY):
        Customer.objects.filter(pk=shopper("email", now=now).pk).update(birth_md=day.month * 100 + day.day)
    assert look("birthday", store, now).counted.count == 1


def test_the_store_s_own_numbers_stand_in_and_say_how_sure_they_are(store: Any, now: Any) -> None:
    assert said(look("replenish", store, now))[0].endswith("45 days stand in.")
    for number in range(25):
        ana = shopper("email", now=now)
        order(ana, now - (60 + number % 3) * DAY)
        order(ana, now - 30 * DAY)
    numbers = numbers_of(store, now=now)
    assert (numbers.gap_days, numbers.gaps, numbers.orders, numbers.low, numbers.high) == (31, 25, 50, 49, 50)
    assert "is 31 days, counted from 25 of them." in said(look("replenish", store, now))[0]


def test_a_present_has_a_budget_where_costs_are_known(store: Any, now: Any) -> None:
    assert [one.met for one in look("gift", store, now).needs] == [False, False]
    product = Product.objects.create(shop_id="tea", name="Tea", state="active")
    Variant.objects.create(product=product, shop_id="tea", currency="EUR", price_minor=1000, cost_minor=400)
    preview = look("gift", store, now)
    assert [one.met for one in preview.needs] == [False, True]
    assert said(preview)[1].startswith("By what your products cost you, €60.00 of a large order and €24.00 of a middle one")


def test_it_says_when_the_recovery_plan_writes_to_the_same_people(store: Any, now: Any) -> None:
    begin(store, user_id=None, now=now)
    assert not said(look("browse", store, now))
    switch_plan_on(user_id=None, now=now)
    assert "in the row “Product seen, not added”" in said(look("browse", store, now))[0]
    assert "in the row “Wanted, sold out”: of one thing that is back only this journey tells" in said(look("back_in_stock", store, now))[0]


def test_three_presses_from_a_new_store_to_a_running_journey(store: Any) -> None:
    client, here = signed_in(member_of(store, "owner")), f"/s/{store.slug}/journeys/ready/"
    page = client.get(here).content.decode()
    assert f'href="{here}welcome/"' in page
    assert "needs sign-ups: none seen yet" in page
    page = client.get(f"{here}welcome/").content.decode()
    for words in ("when they sign up by a form", "Wait 3 days, then until 10:00 where they live", "10% of those who enter get nothing"):
        assert words.lower() in page.lower()
    page = client.post(f"{here}welcome/switch-on/", follow=True).content.decode()
    assert "Welcome is live. People enter from now on." in page
    journey = Journey.objects.get(playbook="welcome")
    assert (journey.state, journey.versions.get().definition["holdout_share"]) == ("live", 0.1)
    assert AuditEntry.objects.filter(action="journey.launched").count() == 1
    assert client.get(f"{here}welcome/").status_code == 302, "it is read where it runs"


def test_a_pool_is_chosen_on_its_page_and_a_foreign_one_is_as_none(store: Any) -> None:
    now = clock.now()
    client, here = signed_in(member_of(store, "marketer")), f"/s/{store.slug}/journeys/ready/"
    pool = make_pool("A", now=now)
    assert pool.name in client.get(f"{here}birthday/").content.decode()
    for _twice in range(2):
        client.post(f"{here}birthday/draft/", {"pool_greet": str(pool.public_id)})
    assert AuditEntry.objects.filter(action="journey.made").count() == 1
    client.post(f"{here}wishlist/draft/", {"pool_remind": "0190c0de-0000-7000-8000-000000000000"})
    client.post(f"{here}second_order/draft/", {"pool_thanks": "nonsense\0"})
    sent = {one.playbook: one.versions.get().definition["steps"] for one in Journey.objects.all()}
    assert sent["birthday"][0]["rungs"][0]["template"] == "birthday-gift"
    assert [step.get("template") for step in sent["wishlist"]] == [None, "wishlist-mail", None]
    assert [step.get("template") for step in sent["second_order"]] == [None, "second-order-thanks", None]
    assert set(Journey.objects.values_list("state", flat=True)) == {"draft"}


def test_an_order_s_own_mails_hold_nobody_back(store: Any) -> None:
    client, here = signed_in(member_of(store, "owner")), f"/s/{store.slug}/journeys/ready/"
    page = client.get(f"{here}returning/").content.decode()
    for words in ("nobody is held back", "when a return is asked for.", "when the return is declined or taken back."):
        assert words in page
    client.post(f"{here}returning/switch-on/")
    assert Journey.objects.get().versions.get().definition["holdout_share"] == 0


def test_one_that_is_being_changed_goes_live_from_its_draft_alone_and_ends_its_shadow(store: Any) -> None:
    client, here, now = signed_in(member_of(store, "owner")), f"/s/{store.slug}/journeys/ready/", clock.now()
    client.post(f"{here}welcome/draft/")
    journey = Journey.objects.get()
    drafting.change(journey, calmer, stamp=drafting.unsaved(journey, now=now).stamp, user_id=None, now=now)
    begin_shadow(journey, journey.versions.get().definition, now=now)
    page = client.get(f"{here}welcome/").content.decode()
    assert (f"{journey.public_id}/launch/" in page, "Switch it on" in page) == (True, False)
    assert "25% of those who enter get nothing" in page
    assert "is being changed" in client.post(f"{here}welcome/switch-on/", follow=True).content.decode()
    assert (Journey.objects.get(pk=journey.pk).state, shadow_of(journey) is not None) == ("draft", True)
    assert not AuditEntry.objects.filter(action="journey.launched").exists()
    assert drafting.discard(journey)
    client.post(f"{here}welcome/switch-on/")
    assert (Journey.objects.get(pk=journey.pk).state, shadow_of(journey)) == ("live", None)


def test_the_gallery_says_how_the_recovery_plan_stands(store: Any) -> None:
    client, here = signed_in(member_of(store, "analyst")), f"/s/{store.slug}/journeys/ready/"
    assert "Two presses to switch it on" in client.get(here).content.decode()
    begin(store, user_id=None, now=clock.now() - timedelta(hours=1))
    set_state(RecoveryCell.objects.get(stage__ready="payment", group="looking"), "live", user_id=None, now=clock.now())
    assert "1 cell is live" in client.get(here).content.decode()
    assert client.get(f"{here}welcome/").status_code == 200
    assert client.get(f"{here}nothing/").status_code == 404
    assert client.post(f"{here}welcome/switch-on/").status_code == 403
    assert not Journey.objects.filter(playbook="welcome").exists()


def test_another_store_s_pages_do_not_exist(store: Any) -> None:
    other = make_store("Other")
    assert signed_in(member_of(store, "owner")).get(f"/s/{other.slug}/journeys/ready/welcome/").status_code == 404
