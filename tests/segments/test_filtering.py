"""“Make a segment” on the customers list: the rule it begins with finds exactly the people the list shows."""

from datetime import timedelta

import pytest
from django.http import QueryDict
from django.urls import reverse

from retention.customers.filtering import Asking, narrow, of_view
from retention.customers.forms.filters import FilterForm
from retention.customers.models import Customer
from retention.tenancy.context import store_context
from segments.asking import LONG_SECONDS, asking, rows_of
from segments.evaluating import ENTERED, LEFT
from segments.filtering import tree_of_filters
from segments.knowing import read, terms_of_store
from segments.rules.compiler import compile_rule
from segments.rules.terms import At
from segments.sweeping import fill_stores
from tests.factories import make_store, member_of, signed_in
from tests.factories.customers import make_event
from tests.segments.test_pages import FIGURE, made, marketer, shop  # noqa: F401 - fixtures
from tests.segments.world import NOW, make_world

QUERIES = (
    "country=AT", "city=Berlin", "country=DE&city=Berlin", "may=email.granted", "may=email.refused", "may=sms.never", "orders_from=1",
    "orders_from=1&orders_to=2", "orders_to=1", "spent_from=10", "spent_from=5&spent_to=60.50", "quiet_days=30", "active_days=90",
    "new_days=200", "birthday=month", "attribute=plan", "attribute=plan&attribute_value=gold", "country=DE&may=email.granted&orders_from=1",
)  # fmt: skip


@pytest.mark.parametrize("view", ["known", "visitors", "once", "back", "silent"])
def test_the_rule_finds_whom_the_list_shows(view, db):
    store = make_store(slug="listed", currency="EUR", zone="Europe/Berlin")
    with store_context(store.pk):
        make_world(store, seed=3, count=60)
        at, everybody = At(NOW, terms_of_store()), Customer.objects.all()
        for query in ("", *QUERIES):
            chosen = FilterForm(QueryDict(query), currency="EUR").chosen()
            listed = narrow(of_view(everybody, view, now=NOW), chosen, asking=Asking(NOW, "EUR"))
            rule = read(tree_of_filters(chosen, view=view, currency="EUR"), at.terms)
            with asking(seconds=LONG_SECONDS):
                found = {pk for (pk,) in rows_of(compile_rule(rule, at))}
            shown = set(listed.values_list("pk", flat=True))
            # A rule also finds “BERLIN”, and who ordered to the microsecond so long ago.
            assert found >= shown if "city" in query or "quiet" in query else found == shown, query


def test_the_list_leads_to_a_segment_of_whom_it_shows(shop, marketer):  # noqa: F811
    page = marketer.get(reverse("customers:list", args=["lumen"]), {"city": "Wien"})
    address = reverse("segments:new", args=["lumen"])
    assert f"{address}?city=Wien" in page.content.decode()
    assert "Make a segment" not in marketer.get(reverse("customers:list", args=["lumen"])).content.decode()
    built = marketer.get(address, {"city": "Wien", "view": "known"})
    assert [line.kind for line in built.context["root"].lines] == ["text", "text"]


def test_the_page_of_a_customer_names_their_segments_and_when_they_came(shop, marketer):  # noqa: F811
    made(shop, FIGURE)
    fill_stores(now=NOW)
    with store_context(shop.pk):
        ann = Customer.objects.get(first_name="Ann")
        for name in (ENTERED, LEFT):
            make_event(ann, name, kind="own", at=NOW - timedelta(hours=1), properties={"name": "Loyal"})
    text = marketer.get(reverse("customers:detail", args=["lumen", ann.public_id])).content.decode()
    assert "Came into “Loyal”" in text
    assert "Left “Loyal”" in text
    assert text.count("Loyal") >= 3


def test_an_analyst_is_offered_no_segment(shop):  # noqa: F811
    support = signed_in(member_of(shop, "support"))
    assert "Make a segment" not in support.get(reverse("customers:list", args=["lumen"]), {"city": "Wien"}).content.decode()
