"""What is arriving: filters among the newest events, and figures of the hour that are kept for ten seconds."""

from datetime import timedelta

import pytest
from django.core.cache import cache

from retention.kit.clock import now
from tests.cast import lumen
from tests.factories import signed_in
from tests.factories.customers import make_customer, make_event

pytestmark = pytest.mark.django_db
HERE = "/s/lumen/arriving/"


@pytest.fixture
def shop():
    cache.clear()
    return lumen()


def shown(page):
    """Return the names of the events a page lists."""
    return [row["event"].name for row in page.context["rows"]]


def test_source_name_and_result_narrow_the_list_together(shop):
    ana = make_customer(shop.store, first_name="Ana")
    make_event(ana, "Product Viewed", source="shopify", at=now() - timedelta(seconds=3))
    make_event(ana, "Product Viewed", refusal="Too old.", at=now() - timedelta(seconds=2))
    make_event(ana, "Order Completed", source="csv", backfill=True, at=now() - timedelta(seconds=1))
    browser = signed_in(shop.mia)
    assert shown(browser.get(HERE)) == ["Order Completed", "Product Viewed", "Product Viewed"]
    assert shown(browser.get(f"{HERE}?source=shopify")) == ["Product Viewed"]
    assert shown(browser.get(f"{HERE}?name=Order+Completed")) == ["Order Completed"]
    assert shown(browser.get(f"{HERE}?name=Product+Viewed&only=refused")) == ["Product Viewed"]
    assert shown(browser.get(f"{HERE}?source=shopify&only=refused")) == []
    text = browser.get(f"{HERE}?only=refused").content.decode()
    assert "Too old." in text
    assert "among the newest 5,000 events" in text


def test_a_filter_looks_no_further_than_the_newest(shop, monkeypatch):
    monkeypatch.setattr("retention.customers.views.arriving.SEARCHED", 2)
    ana = make_customer(shop.store)
    for seconds, name in ((9, "Rare"), (8, "Often"), (7, "Often"), (6, "Often"), (5, "Often")):
        make_event(ana, name, at=now() - timedelta(seconds=seconds))
    browser = signed_in(shop.mia)
    assert shown(browser.get(f"{HERE}?name=Rare")) == []
    page = browser.get(HERE)
    assert shown(page)[-1] == "Rare"
    assert "<b>More than 2</b> in the last hour" in page.content.decode()


def test_the_figures_of_the_hour_are_counted_once_in_ten_seconds(shop):
    ana = make_customer(shop.store)
    make_event(ana, "Product Viewed")
    browser = signed_in(shop.mia)
    assert browser.get(HERE).context["last_hour"]["all"] == 1
    make_event(ana, "Product Viewed")
    assert browser.get(HERE).context["last_hour"]["all"] == 1
    cache.clear()
    assert browser.get(HERE).context["last_hour"]["all"] == 2
