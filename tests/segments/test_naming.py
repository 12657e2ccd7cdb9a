"""What a segment is called by its rule: what it leaves out, how it is cut, when it is renewed, and what erasing leaves of it."""

import json

import pytest
from django.urls import reverse

from retention.customers.erasing import erase
from retention.customers.models import Attribute, Customer
from retention.kit import clock
from retention.stores.models import AuditEntry
from retention.tenancy.context import store_context
from segments import saving
from segments.models import Segment
from segments.postcodes import load_postcodes
from tests.factories import make_store, member_of, signed_in
from tests.factories.customers import make_customer

ORDERS = {"is": "figure", "figure": "orders", "op": "at_least", "value": 2}
CITY = {"is": "text", "field": "city", "op": "is", "values": ["Wien"]}


def text(field, *values, op="is"):
    return {"is": "text", "field": field, "op": op, "values": list(values)}


@pytest.fixture
def shop(db):
    return make_store(slug="lumen", currency="EUR", zone="Europe/Berlin")


@pytest.fixture
def marketer(shop):
    return signed_in(member_of(shop, "marketer"))


@pytest.fixture
def names(shop):
    def read():
        with store_context(shop.pk):
            return list(Segment.objects.order_by("id").values_list("name", flat=True))

    return read


def post(client, *nodes, deed="save", name="", segment=None, **more):
    where = reverse("segments:edit", args=["lumen", segment.public_id]) if segment else reverse("segments:new", args=["lumen"])
    tree = {"version": 1, "root": {"join": "all", "rules": list(nodes)}}
    return client.post(where, {"rule": json.dumps(tree), "do": deed, "name": name, **more})


def only(shop):
    with store_context(shop.pk):
        return Segment.objects.get()


@pytest.mark.parametrize("field", ["email", "phone", "first_name", "last_name", "postcode"])
@pytest.mark.parametrize("deed", ["save", "draft"])
def test_a_rule_that_names_somebody_asks_for_a_name(field, deed, shop, marketer, names):
    page = post(marketer, ORDERS, {"join": "none", "rules": [text(field, "Berg01", op="contains")]}, deed=deed)
    assert (page.status_code, names()) == (422, [])
    assert "Its rule may hold a personal value or an address" in page.content.decode()
    assert page.context["called"].name == ""
    with store_context(shop.pk):
        assert not AuditEntry.objects.filter(action="segment.made").exists()


def viewed(**where):
    return {"is": "event", "event": "Product Viewed", "op": "at_least", "value": 1} | ({"where": [where]} if where else {})


@pytest.mark.parametrize(
    "condition",
    [
        {"is": "attribute", "key": "advisor", "op": "is", "values": ["Ann Berg"]},
        {"is": "attribute", "key": "advisor", "op": "not_contains", "values": ["+43 1 234567"]},
        {"is": "attribute", "key": "team", "op": "any", "values": ["Ann Berg"]},
        viewed(property="asked_by", type="text", op="is", values=["Ann Berg"]),
        text("city", "ann@example.test"),
        {"is": "attribute", "key": "member_no", "op": "equals", "value": 48213},
        {"is": "attribute", "key": "member_no", "op": "not_between", "value": 48213, "to": 48213},
        viewed(property="member_no", type="number", op="equals", value=48213),
        {"is": "distance", "near": True, "radius": 0.1, "country": "DE", "postcode": "80331"},
        {"is": "orders", "op": "at_least", "value": 1, "coupons": ["ANN-7Q2K"]},
        {"is": "visit", "op": "at_least", "value": 1, "from": "referrer", "match": "contains", "values": ["/account/48213"]},
    ],
)
def test_what_may_hold_a_personal_value_anywhere_else_asks_for_a_name_too(condition, shop, marketer, names):
    with store_context(shop.pk):
        Attribute.objects.create(key="advisor", kind="text", label="Advisor")
        Attribute.objects.create(key="team", kind="list", label="Team")
        Attribute.objects.create(key="member_no", kind="number", label="Member number")
        load_postcodes("DE,80331,48.1,11.5\n", now=clock.now())
    page = post(marketer, ORDERS, condition)
    assert (page.status_code, names()) == (422, [])
    assert "Its rule may hold a personal value or an address" in page.content.decode()


@pytest.mark.parametrize(
    "condition",
    [
        {"is": "attribute", "key": "advisor", "op": "known"},
        {"is": "attribute", "key": "visits", "op": "at_least", "value": 3},
        {"is": "orders", "op": "at_least", "value": 1, "what": "category", "names": ["Coffee"]},
        {"is": "visit", "op": "at_least", "value": 2, "device": "mobile"},
        viewed(),
        viewed(property="price", type="number", op="at_least", value=3),
        viewed(property="price", type="known", op="known"),
    ],
)
def test_what_holds_no_text_of_a_person_gives_a_name(condition, shop, marketer, names):
    with store_context(shop.pk):
        Attribute.objects.create(key="advisor", kind="text", label="Advisor")
        Attribute.objects.create(key="visits", kind="number", label="Visits")
    assert post(marketer, condition).status_code == 302
    assert len(names()) == 1


def test_whether_there_is_an_address_names_nobody(marketer, names):
    assert post(marketer, {"is": "text", "field": "email", "op": "known"}, CITY).status_code == 302
    assert names()[0].startswith("People who have a e-mail address that")


def test_a_long_text_without_blanks_is_cut_and_not_left_out(marketer, names):
    assert post(marketer, text("city", "京都" * 75)).status_code == 302
    assert (len(names()[0]), names()[0].endswith("京都京…") or names()[0].endswith("都京都…")) == (100, True)


def test_blanks_and_line_ends_of_a_rule_are_single_blanks_in_its_name(marketer, names):
    assert post(marketer, text("city", "New \n\t York")).status_code == 302
    assert "“New York”" in names()[0]


def test_a_refused_one_leaves_the_name_to_the_rule(shop, marketer, names, monkeypatch):
    monkeypatch.setattr(saving, "MOST_SEGMENTS", 0)
    page = post(marketer, ORDERS)
    assert page.status_code == 422
    assert page.context["called"].refusal
    assert page.context["called"].name == ""
    assert names() == []


def test_a_name_the_rule_gave_is_renewed_with_the_rule(shop, marketer, names):
    post(marketer, ORDERS)
    [before] = names()
    post(marketer, CITY, segment=only(shop), name=before)
    [after] = names()
    assert after != before
    assert "“Wien”" in after
    post(marketer, ORDERS, segment=only(shop), name=after, deed="draft")
    assert names() == [after], "a draft changes nothing about what is saved"
    post(marketer, CITY, ORDERS, segment=only(shop), name="Loyal in Vienna")
    post(marketer, CITY, segment=only(shop), name="Loyal in Vienna")
    assert names() == ["Loyal in Vienna"]


def test_a_draft_that_was_never_saved_is_renewed_too_once_its_rule_is_whole(shop, marketer, names):
    post(marketer, ORDERS, deed="draft")
    [before] = names()
    post(marketer, CITY | {"values": []}, segment=only(shop), name=before, deed="draft")
    assert names() == [before]
    with store_context(shop.pk):
        Segment.objects.update(draft={"version": 1, "root": {"join": "all", "rules": [ORDERS]}})
    post(marketer, CITY, segment=only(shop), name=before, deed="draft")
    assert "“Wien”" in names()[0]


def test_a_renewed_name_that_is_taken_bears_a_number_and_keeps_it(shop, marketer, names):
    post(marketer, CITY)
    post(marketer, ORDERS)
    [city, orders] = names()
    with store_context(shop.pk):
        second = Segment.objects.get(name=orders)
    post(marketer, CITY, segment=second, name=orders)
    assert names() == [city, f"{city} (2)"]
    post(marketer, CITY, segment=second, name=f"{city} (2)", note="Twice")
    assert names() == [city, f"{city} (2)"]


def test_a_rule_that_comes_to_name_somebody_asks_for_a_name(shop, marketer, names):
    post(marketer, ORDERS)
    [before] = names()
    page = post(marketer, text("email", "ann@example.test"), segment=only(shop), name=before)
    assert (page.status_code, names(), only(shop).version) == (422, [before], 1)
    assert post(marketer, text("email", "ann@example.test"), segment=only(shop), name="Ours").status_code == 302
    assert names() == ["Ours"]


def test_erasing_somebody_takes_their_address_out_of_names(shop, names):
    """As rules gave them once, their copies and lists, and archived ones too; each stays a name of its own."""
    address = "People who have a e-mail address that is “%s”"
    with store_context(shop.pk):
        ann = make_customer(shop, "ann@example.test")
        bea = make_customer(shop, "bea@example.test")
        for name in (address % "ANN@example.test", f"{address % 'ann@example.test'}, copy", address % "bea@example.test", "Annual"):
            saving.create(name=name, rule=None, user_id=None, now=clock.now())
        away = saving.create(name=f"{address % 'ann@example.test'} (2)", rule=None, user_id=None, now=clock.now())
        saving.archive(away)
        erase(ann, by=None, now=clock.now())
        erased = address % "erased"
        assert names() == [erased, f"{erased}, copy", address % "bea@example.test", "Annual", f"{erased} (2)"]
        erase(bea, by=None, now=clock.now())
    assert names() == [erased, f"{erased}, copy", f"{erased} (2)", "Annual", f"{erased} (2)"]


def test_a_number_goes_out_of_a_name_as_the_rule_writes_it(shop, names):
    rule = {"version": 1, "root": {"join": "all", "rules": [text("phone", "+43 1 234567")]}}
    with store_context(shop.pk):
        saving.create(name="That is “+43 1 234567”", rule=rule, user_id=None, now=clock.now())
        erase(make_customer(shop, "ann@example.test", phone="+43 1 234567"), by=None, now=clock.now())
        assert not Customer.objects.exists()
    assert names() == ["That is “erased”"]
