"""The pages of experiments with something to show: a journey that won, a campaign that is early, the whole shop, what it measures by."""

from datetime import timedelta
from typing import Any

import pytest

from campaigns.measurement import store_wide
from campaigns.measurement.assignment import Lots, journey_key
from campaigns.measurement.lots import HELD_OUT
from campaigns.models import Journey
from retention.catalog.models import Product, Variant
from retention.kit import clock
from retention.tenancy.context import store_context
from tests.browser.conftest import Site
from tests.browser.looking import PAIR, VARIANTS, Watch, faults_of_page, picture
from tests.browser.test_pages import dress
from tests.campaigns.measurement.people import drawn, sold, with_line
from tests.campaigns.outcomes import buy_after, click_on, make_sent

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def measured(key: str, *, now: Any, window_days: int, lots: Lots) -> None:
    """Let people come over two months, of whom the written-to order twice as often."""
    for days_ago in range(60, 20, -4):
        _, arms = drawn(key, 160, now=now, days_ago=days_ago, lots=lots, window_days=window_days, planned_days=45)
        at = now - timedelta(days=days_ago) + timedelta(hours=9)
        for arm, part in (("a", 4), (HELD_OUT, 9)):
            people = arms.get(arm, [])
            with_line(sold(people[: len(people) // part], at=at, total_minor=4400), product="beans", amount_minor=4400)


def test_results_can_be_read_in_both_sizes_and_colours(site: Site) -> None:
    store, now = site.side.store, clock.now()
    with store_context(store.pk):
        beans = Product.objects.create(shop_id="beans", name="Beans", reported_at=now)
        Variant.objects.create(product=beans, shop_id="beans", currency=store.currency, price_minor=4400, cost_minor=1900)
        journey = Journey.objects.exclude(live_number=None).order_by("pk").first() or Journey.objects.order_by("pk").first()
        assert journey is not None
        measured(journey_key(journey.pk), now=now, window_days=14, lots=Lots(0.3))
        measured(store_wide.KEY, now=now, window_days=14, lots=Lots(0.2))
        campaign = make_sent(store, now=now, people=500, called="Loves new beans")
        buy_after(click_on(campaign, now=now, counts={"a": 12, "b": 25})[::4], now=now)
    owner = site.side.people["owner"]
    page, watch = site.window(PAIR[0], user=owner).new_page(), Watch()
    watch.over(page)
    places = {
        "journey result": f"journeys/{journey.public_id}/result/", "journey with its result": f"journeys/{journey.public_id}/",
        "journeys measured": "journeys/", "campaign result": f"campaigns/{campaign.public_id}/result/", "shop result": "experiments/store/",
        "experiments": "experiments/", "measuring": "settings/measuring/",
    }  # fmt: skip
    for name, place in places.items():
        page.goto(f"/s/{store.slug}/{place}")
        for variant in VARIANTS if name == "journey result" else PAIR:
            dress(page, variant)
            picture(page, variant=variant, name=name)
            assert faults_of_page(page) == [], f"{name}, {variant}"
    page.goto(f"/s/{store.slug}/journeys/{journey.public_id}/result/")
    page.get_by_text("As table").click()
    assert page.locator("#over-time table tbody tr").count() > 5
    page.get_by_role("link", name="Margin").click()
    page.get_by_role("img", name="Margin per person, Written to against Held back to compare").wait_for()
    assert watch.complaints == []
