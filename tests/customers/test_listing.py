"""The list of customers: its filters, orders, columns and views, and what it says when nobody fits."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from retention.customers.attributes import write_attributes
from retention.customers.models import Consent, Customer, Identity, SavedView
from retention.kit.clock import now
from tests.cast import lumen
from tests.factories import signed_in, work_for
from tests.factories.customers import make_customer, make_order
from tests.factories.stores import member_of

pytestmark = pytest.mark.django_db
HERE = "/s/lumen/customers/"


def names(page):
    """Return the first names the page lists, in its order."""
    return [row.customer.first_name for row in page.context["page"].rows]


@pytest.fixture
def shop():
    """A shop with three people who differ in everything one can filter by."""
    made = lumen()
    moment = now()
    ana = make_customer(
        made.store, "ana@example.test", first_name="Ana", last_name="Ferrer", allows=("email",), city="Valencia", country="ES",
        created_at=moment - timedelta(days=300), birth_md=moment.astimezone(ZoneInfo(made.store.zone)).month * 100 + 9,
    )  # fmt: skip
    for days in (200, 100, 10):
        make_order(ana, total_minor=4_000, placed=moment - timedelta(days=days))
    bo = make_customer(
        made.store,
        "bo@example.test",
        first_name="Bo",
        last_name="Jensen",
        city="Aarhus",
        country="DK",
        phone="+4512345678",
        created_at=moment - timedelta(days=20),
    )
    make_order(bo, total_minor=20_000, placed=moment - timedelta(days=250))
    cem = make_customer(made.store, "cem@example.test", first_name="Cem", country="DE", city="Köln", created_at=moment - timedelta(days=2))
    with work_for(made.store):
        Consent.objects.create(customer=bo, channel="email", status="refused")
        Identity.objects.create(customer=cem, kind="external", value="shop-77")
        write_attributes({cem.pk: {"roast": "Dark"}})
    make_customer(made.store, "", first_name="Visitor")
    return made


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["Cem", "Bo", "Ana"]),
        ("view=visitors", ["Visitor"]),
        ("view=once", ["Bo"]),
        ("view=back", ["Ana"]),
        ("view=silent", ["Bo"]),
        ("country=es", ["Ana"]),
        ("city=K%C3%B6ln", ["Cem"]),
        ("country=DE&city=Berlin", []),
        ("may=email.granted", ["Ana"]),
        ("may=email.refused", ["Bo"]),
        ("may=sms.never", ["Cem", "Bo", "Ana"]),
        ("orders_from=1&orders_to=2", ["Bo"]),
        ("orders_to=0", ["Cem"]),
        ("spent_from=120&spent_to=199.99", ["Ana"]),
        ("spent_from=200", ["Bo"]),
        ("quiet_days=90", ["Bo"]),
        ("active_days=30", ["Ana"]),
        ("new_days=7", ["Cem"]),
        ("birthday=month", ["Ana"]),
        ("attribute=roast&attribute_value=dark", ["Cem"]),
        ("attribute=roast", ["Cem"]),
        ("country=ES&orders_from=2&may=email.granted", ["Ana"]),
        ("q=ferr", ["Ana"]),
        ("q=bo+jen", ["Bo"]),
        ("q=%2B45+1234", ["Bo"]),
        ("q=shop-77", ["Cem"]),
        ("sort=spent", ["Bo", "Ana", "Cem"]),
        ("sort=orders", ["Ana", "Bo", "Cem"]),
        ("sort=last_order", ["Ana", "Bo", "Cem"]),
        ("sort=name", ["Ana", "Bo", "Cem"]),
    ],
)
def test_a_filter_keeps_exactly_those_who_fit(shop, query, found):
    assert names(signed_in(shop.mia).get(f"{HERE}?{query}")) == found


def test_an_empty_list_says_which_filter_to_drop_and_what_that_would_bring(shop):
    text = signed_in(shop.mia).get(f"{HERE}?country=ES&orders_from=50").content.decode()
    assert "Nobody fits these 2 filters." in text
    assert "Without “Orders at least 50” it would be 1." in text
    assert 'href="?country=ES"' in text


def test_a_word_that_makes_no_sense_is_named_and_the_others_still_filter(shop):
    page = signed_in(shop.mia).get(f"{HERE}?country=ESP&orders_from=2&spent_from=x&quiet_days=0&may=fax.granted&attribute_value=1")
    assert page.status_code == 200
    assert set(page.context["form"].errors) == {"country", "spent_from", "quiet_days", "may", "attribute"}
    assert names(page) == ["Ana"]


@pytest.mark.parametrize("sort", ["newest", "spent", "orders", "last_order", "name"])
def test_every_order_pages_through_everybody_once(shop, sort):
    for number in range(60):
        someone = make_customer(shop.store, f"p{number:02}@example.test", first_name=f"P{number % 7}")
        if number % 3 == 0:
            make_order(someone, total_minor=100 * (number % 5), placed=now() - timedelta(days=number % 4))
    browser = signed_in(shop.mia)
    seen, cursor, back = [], "", ""
    for _ in range(3):
        page = browser.get(HERE, {"sort": sort, "cursor": cursor}).context["page"]
        seen.append([row.customer.pk for row in page.rows])
        cursor, back = page.next, page.back
    flat = [pk for rows in seen for pk in rows]
    assert len(flat) == len(set(flat)) == 63
    assert [row.customer.pk for row in browser.get(HERE, {"sort": sort, "cursor": back}).context["page"].rows] == seen[1]


def test_columns_are_chosen_and_unknown_ones_ignored(shop):
    page = signed_in(shop.mia).get(f"{HERE}?col=phone&col=nonsense")
    text = page.content.decode()
    assert "+4512345678" in text
    assert [head["label"] for head in page.context["heads"]][:2] == ["Customer", "Phone"]
    assert "Valencia, ES" not in text


def test_a_view_is_kept_with_its_words_renamed_shared_and_deleted(shop):
    mia, lea = signed_in(shop.mia), signed_in(member_of(shop.store, "support"))
    answer = mia.post(
        f"{HERE}views/",
        {"name": "Spain, twice", "base": "back", "sort": "spent", "query": "country=ES&q=no&col=spent&col=nonsense&orders_from=x"},
    )
    with work_for(shop.store):
        view = SavedView.objects.get()
    assert (view.base, view.filters, view.columns, view.sort, view.shared) == ("back", {"country": "ES"}, ["spent"], "spent", False)
    opened = mia.get(answer.url, follow=True)
    assert names(opened) == ["Ana"]
    assert "Spain, twice" in opened.content.decode()
    assert "Spain, twice" not in lea.get(HERE).content.decode()
    mia.post(f"{HERE}views/{view.public_id}/rename/", {"name": "Spain", "shared": "on"})
    assert "Spain" in lea.get(HERE).content.decode()
    assert lea.post(f"{HERE}views/{view.public_id}/rename/", {"name": "Stolen"}).status_code == 404
    assert lea.post(f"{HERE}views/{view.public_id}/delete/").status_code == 404
    with work_for(shop.store):
        assert SavedView.objects.get().name == "Spain"
    mia.post(f"{HERE}views/{view.public_id}/delete/")
    with work_for(shop.store):
        assert not SavedView.objects.exists()
        assert Customer.objects.count() == 4


@pytest.mark.parametrize(
    "sent",
    [
        {"name": "", "base": "known"},
        {"name": "x" * 61, "base": "known"},
        {"name": "x", "base": "nonsense"},
        {"name": "Taken", "base": "known"},
    ],
)
def test_a_view_without_a_good_name_of_its_own_is_refused(shop, sent):
    browser = signed_in(shop.mia)
    browser.post(f"{HERE}views/", {"name": "Taken", "base": "known"})
    browser.post(f"{HERE}views/", sent)
    with work_for(shop.store):
        assert [view.name for view in SavedView.objects.all()] == ["Taken"]


def test_beyond_the_bound_the_page_says_more_than_and_counts_on_its_own(shop, monkeypatch):
    monkeypatch.setattr("retention.customers.views.listing.MOST", 2)
    monkeypatch.setattr("retention.customers.totals.count_up_to.__kwdefaults__", {"most": 2})
    browser = signed_in(shop.mia)
    page = browser.get(HERE)
    text = page.content.decode()
    assert "more than 2" in text
    assert "More than 10,000 people. Counting them now." in text
    counted = browser.get(f"{HERE}totals/", headers={"HX-Request": "true"}).content.decode()
    assert "We know 3 people by address" in counted
    assert "We may e-mail 1 of them." in counted
    assert "We know 3 people by address" in browser.get(HERE).content.decode()


def test_permissions_are_drawn_as_icons_and_never_as_text(shop):
    text = signed_in(shop.mia).get(HERE).content.decode()
    assert '<span class="cn y" title="E-mail: yes">' in text
    assert '<span class="cn n" title="SMS: not asked">' in text
    assert "&lt;span" not in text
