"""The pages of segments: build one, change it, look at who is in and why, compare, take it as a file, and refuse what cannot be."""

import json

import pytest
from django.db import transaction
from django.urls import reverse

from retention.customers.erasing import erase
from retention.customers.models import Consent, Customer, Identity
from retention.kit import clock
from retention.tenancy.context import store_context
from segments import exporting, saving
from segments.library import LIBRARY
from segments.models import Segment, SegmentMember
from segments.sweeping import fill_stores
from tests.factories import make_store, member_of, signed_in
from tests.factories.customers import make_customer, make_order

FIGURE = {"is": "figure", "figure": "orders", "op": "at_least", "value": 2}


def rule(*nodes, join="all"):
    return {"version": 1, "root": {"join": join, "rules": list(nodes)}}


@pytest.fixture
def shop(db):
    store = make_store(slug="lumen", currency="EUR", zone="Europe/Berlin")
    with store_context(store.pk):
        ann = make_customer(store, "ann@example.test", first_name="Ann", last_name="Berg", city="Wien", orders_count=3, spent_minor=9_000)
        bea = make_customer(store, "bea@example.test", first_name="Bea", city="Wien", orders_count=1, spent_minor=1_000)
        make_order(ann, number="1")
        Consent.objects.filter(customer=ann, channel="email").delete()
        Consent.objects.create(customer=ann, channel="email", status="granted", method="form")
        for customer in (ann, bea):
            customer.fold_texts()
            customer.save()
    return store


@pytest.fixture
def marketer(shop):
    return signed_in(member_of(shop, "marketer"))


def at(name, **parts):
    return reverse(f"segments:{name}", kwargs={"store_slug": "lumen", **parts})


def made(shop, *nodes, name="Loyal"):
    with store_context(shop.pk):
        segment = saving.create(name=name, rule=rule(*nodes), user_id=None, now=clock.now())
    fill_stores(now=clock.now())
    with store_context(shop.pk):
        segment.refresh_from_db()
    return segment


def sent(tree, deed="save", **more):
    return {"rule": json.dumps(tree), "do": deed, "name": "Loyal", **more}


def test_a_rule_is_built_press_by_press_and_saved(shop, marketer):
    page = marketer.post(at("new"), sent(rule(), "add:root|figure"))
    tree = json.loads(page.context["rule"])
    assert page.context["built"].open == "root.rules.0"
    answers = {"c.figure": "orders", "c.op": "at_least", "c.value": "2"}
    page = marketer.post(at("new"), sent(tree, "done", open="root.rules.0", **answers))
    assert "at least" in page.content.decode()
    answered = marketer.post(at("new"), sent(json.loads(page.context["rule"])))
    with store_context(shop.pk):
        segment = Segment.objects.get()
        assert segment.rule == rule(FIGURE)
        assert answered.headers["Location"] == at("detail", public_id=segment.public_id)
    fill_stores(now=clock.now())
    shown = marketer.get(at("detail", public_id=segment.public_id))
    assert shown.context["segment"].members_count == 1
    assert "Ann Berg" in shown.content.decode()
    assert "Bea" not in shown.content.decode()


def test_an_unfinished_rule_is_not_saved_and_says_where(shop, marketer):
    page = marketer.post(at("new"), sent(rule({"is": "figure", "figure": "orders", "op": "at_least", "value": "many"}, {"is": "figure"})))
    assert page.status_code == 422
    text = page.content.decode()
    assert "Nothing was saved yet." in text
    assert "Type a whole number." in text
    with store_context(shop.pk):
        assert not Segment.objects.exists()


@pytest.mark.parametrize("tree", [rule(), rule({"join": "any", "rules": []})])
def test_an_empty_group_is_named(tree, shop, marketer):
    page = marketer.post(at("new"), sent(tree))
    assert page.status_code == 422
    assert "a group needs at least one condition" in page.content.decode()


def test_a_segment_nobody_named_is_called_by_its_rule(shop, marketer):
    marketer.post(at("new"), sent(rule(FIGURE)) | {"name": " "})
    with store_context(shop.pk):
        called = Segment.objects.get().name
    assert called.startswith("People who"), called
    assert not called.endswith(".")
    assert len(called) <= 100


def test_nobody_is_asked_for_another_name_than_the_rule_gives(shop, marketer):
    for deed in ("save", "draft", "save"):
        assert marketer.post(at("new"), sent(rule(FIGURE), deed) | {"name": ""}).status_code == 302
    with store_context(shop.pk):
        first, second, third = Segment.objects.order_by("id").values_list("name", flat=True)
    assert first.startswith("People who")
    assert (second, third) == (f"{first} (2)", f"{first} (3)")
    asked = marketer.post(at("new"), sent(rule(FIGURE)) | {"name": second})
    assert (asked.status_code, "Another segment has this name." in asked.content.decode()) == (422, True)
    with store_context(shop.pk):
        assert Segment.objects.count() == 3


def test_a_long_name_keeps_room_for_its_number(shop):
    with store_context(shop.pk), transaction.atomic():
        for number in range(3):
            name = saving.free_name("x" * 130)
            saving.create(name=name, rule=None, user_id=None, now=clock.now())
            assert len(name) <= 120, number
    with store_context(shop.pk):
        assert set(Segment.objects.values_list("name", flat=True)) == {"x" * 120, "x" * 114 + " (2)", "x" * 114 + " (3)"}


def test_one_that_has_a_name_is_not_renamed_by_leaving_it_out(shop, marketer):
    segment = made(shop, FIGURE)
    page = marketer.post(at("edit", public_id=segment.public_id), sent(rule(FIGURE)) | {"name": " "})
    assert "Give it a name" in page.content.decode()
    with store_context(shop.pk):
        assert Segment.objects.get().name == segment.name


def test_a_name_is_somebody_elses_only_once_and_a_draft_without_a_rule_needs_one(shop, marketer):
    made(shop, FIGURE)
    assert "Give it a name" in marketer.post(at("new"), sent(rule()) | {"name": " ", "do": "draft"}).content.decode()
    assert "Another segment has this name." in marketer.post(at("new"), sent(rule(FIGURE))).content.decode()


def test_a_draft_is_kept_unfinished_and_changes_nobody(shop, marketer):
    segment = made(shop, FIGURE)
    edit = at("edit", public_id=segment.public_id)
    marketer.post(edit, sent(rule({"is": "figure", "figure": "orders", "op": "at_least", "value": ""}), "draft"))
    with store_context(shop.pk):
        segment.refresh_from_db()
        assert (segment.rule, segment.version, segment.members_count) == (rule(FIGURE), 1, 1)
    assert "There is a changed rule that is not saved." in marketer.get(at("detail", public_id=segment.public_id)).content.decode()
    assert json.loads(marketer.get(edit).context["rule"])["root"]["rules"][0]["value"] == ""
    marketer.post(at("discard", public_id=segment.public_id))
    assert json.loads(marketer.get(edit).context["rule"]) == rule(FIGURE)


def test_a_new_draft_holds_nobody_until_it_is_saved(shop, marketer):
    marketer.post(at("new"), sent(rule(), "draft"))
    with store_context(shop.pk):
        segment = Segment.objects.get()
        assert (segment.state, segment.version) == ("draft", 0)
    assert "A draft holds nobody" in marketer.get(at("detail", public_id=segment.public_id)).content.decode()
    marketer.post(at("edit", public_id=segment.public_id), sent(rule(FIGURE)))
    with store_context(shop.pk):
        segment.refresh_from_db()
        assert (segment.state, segment.version, segment.draft) == ("live", 1, None)


def test_the_count_names_everybody_each_rule_and_who_may_be_written_to(shop, marketer):
    shown = marketer.post(at("count"), sent(rule(FIGURE, {"is": "text", "field": "city", "op": "is", "values": ["wien"]})))
    assert shown.context["counted"].count == 1
    assert dict(shown.context["each"]) == {"root-0": 1, "root-1": 2}
    assert shown.context["reachable"] == 1
    assert [one.first_name for one in shown.context["people"]] == ["Ann"]
    assert "People who have at least 2 orders" in shown.content.decode()
    unfinished = marketer.post(at("count"), sent(rule()))
    assert "The count comes when every rule is finished." in unfinished.content.decode()


def test_the_count_brings_the_sentence_of_the_open_rule_and_what_is_wrong_with_it(shop, marketer):
    tree = rule({"is": "figure", "figure": "spent", "op": "more", "value": 1})
    answers = {"open": "root.rules.0", "c.figure": "spent", "c.op": "more"}
    text = marketer.post(at("count"), sent(tree, **answers, **{"c.value": "50"})).content.decode()
    assert '<p id="say-root-0" hx-swap-oob="true">' in text
    assert "more than 50 EUR" in text
    assert "Type a number." not in text
    text = marketer.post(at("count"), sent(tree, **answers, **{"c.value": "many"})).content.decode()
    assert 'id="f-value-fault" data-fault hx-swap-oob="true">' in text
    assert "Type a number." in text


def test_people_are_shown_only_to_roles_that_may_see_them(shop):
    segment = made(shop, FIGURE)
    analyst = signed_in(member_of(shop, "analyst"))
    text = analyst.get(at("detail", public_id=segment.public_id)).content.decode()
    assert "Ann" not in text
    assert "Edit" not in text
    assert analyst.get(at("why", public_id=segment.public_id), {"q": "ann"}).status_code == 403
    assert analyst.get(at("export", public_id=segment.public_id)).status_code == 403
    assert analyst.get(at("reach", public_id=segment.public_id)).context["counted"].count == 1


def test_a_segment_that_is_being_worked_out_does_not_say_that_nobody_is_in_it(shop, marketer):
    with store_context(shop.pk):
        segment = saving.create(name="Loyal", rule=rule(FIGURE), user_id=None, now=clock.now())
    text = marketer.get(at("detail", public_id=segment.public_id)).content.decode()
    assert "Being worked out" in text
    assert "Nobody is in it" not in text


def test_why_answers_every_rule_for_a_person(shop, marketer):
    segment = made(shop, FIGURE, {"is": "text", "field": "city", "op": "is", "values": ["Wien"]})
    here = at("why", public_id=segment.public_id)
    text = marketer.get(here, {"q": "ann"}).content.decode()
    assert "Yes." in text
    text = marketer.get(here, {"q": "bea"}).content.decode()
    assert "No." in text
    assert "Orders: 1" in text
    assert "Nobody of this name" in marketer.get(here, {"q": "zoe"}).content.decode()
    assert marketer.get(here, {"person": "nonsense"}).status_code == 200


def test_versions_say_what_changed(shop, marketer):
    segment = made(shop, FIGURE)
    marketer.post(at("edit", public_id=segment.public_id), sent(rule(FIGURE | {"value": 3})))
    shown = marketer.get(at("detail", public_id=segment.public_id), {"version": "2"})
    assert shown.context["changed"] == [(False, "have at least 2 orders"), (True, "have at least 3 orders")]


def test_copy_keep_put_away_and_take_out(shop, marketer):
    segment = made(shop, FIGURE)
    marketer.post(at("duplicate", public_id=segment.public_id))
    marketer.post(at("duplicate", public_id=segment.public_id))
    marketer.post(at("freeze", public_id=segment.public_id))
    with store_context(shop.pk):
        assert set(Segment.objects.values_list("name", flat=True)) >= {"Loyal", "Loyal, copy", "Loyal, copy (2)"}
        kept = Segment.objects.get(kind="list")
        assert (kept.members_count, SegmentMember.objects.filter(segment=kept).count()) == (1, 1)
    marketer.post(at("archive", public_id=segment.public_id))
    with store_context(shop.pk):
        segment.refresh_from_db()
        assert segment.state == "archived"
    assert marketer.get(at("list"), {"view": "archived"}).context["rows"][0]["segment"] == segment
    marketer.post(at("restore", public_id=segment.public_id))
    fill_stores(now=clock.now())
    with store_context(shop.pk):
        segment.refresh_from_db()
        assert (segment.state, segment.members_count) == ("live", 1)


def test_one_that_another_is_built_on_is_not_put_away(shop, marketer):
    segment = made(shop, FIGURE)
    made(shop, {"is": "in_segment", "segment": str(segment.public_id), "in": True}, name="Inside")
    answered = marketer.post(at("archive", public_id=segment.public_id), follow=True)
    assert "Another segment is built on this one." in answered.content.decode()


def test_a_list_is_made_of_addresses_and_ids_and_says_who_is_unknown(shop, marketer):
    with store_context(shop.pk):
        bea = SegmentMember._meta.get_field("customer").related_model.objects.get(first_name="Bea")
    people = f"email;note\nANN@example.test;x\n{bea.public_id}\nnobody@example.test\n"
    answered = marketer.post(at("new_list"), {"name": "Friends", "people": people}, follow=True)
    text = answered.content.decode()
    assert "2 people are in the list." in text
    assert "nobody@example.test" in text
    with store_context(shop.pk):
        assert SegmentMember.objects.filter(segment__name="Friends").count() == 2
    refused = marketer.post(at("new_list"), {"name": "", "people": "x"})
    assert refused.status_code == 422
    assert "Nobody here has one of these" in refused.content.decode()


def test_the_people_come_as_a_file_without_formulas(shop):
    with store_context(shop.pk):
        make_customer(shop, "eve@example.test", first_name="=1+1", orders_count=5)
    segment = made(shop, FIGURE)
    manager = signed_in(member_of(shop, "manager"))
    answered = manager.get(at("export", public_id=segment.public_id))
    lines = b"".join(answered.streaming_content).decode().splitlines()
    assert len(lines) == 3
    assert any("'=1+1" in line for line in lines)


def test_overlap_counts_who_is_in_exactly_these(shop, marketer):
    one = made(shop, FIGURE)
    city, bought = {"is": "text", "field": "city", "op": "is", "values": ["wien"]}, FIGURE | {"value": 1}
    other = made(shop, city, bought, name="Vienna")
    shown = marketer.get(at("overlap"), {"s": [str(one.public_id), str(other.public_id), "nonsense"]})
    assert shown.context["everybody"] == 2
    told = [([is_in for _one, is_in in marks], count) for marks, count, _part in shown.context["together"]]
    assert sorted(told) == [([False, True], 1), ([True, True], 1)]
    assert [[count for _other, count, _same in cells] for _one, cells in shown.context["rows"]] == [[1, 1], [1, 2]]
    assert marketer.get(at("overlap"), {"s": str(one.public_id)}).status_code == 200


def test_the_library_opens_in_the_builder(shop, marketer):
    assert len(marketer.get(at("library")).context["rows"]) == len(LIBRARY)
    for one in LIBRARY:
        page = marketer.get(at("new"), {"take": one.key})
        assert json.loads(page.context["rule"]) == one.rule
        assert not any(line.faults for line in page.context["root"].lines)


def test_another_shops_segment_is_not_there(shop, marketer):
    segment = made(shop, FIGURE)
    stranger = make_store(slug="stranger")
    client = signed_in(member_of(stranger, "owner"))
    for name in ("detail", "edit", "why", "reach", "export"):
        url = reverse(f"segments:{name}", kwargs={"store_slug": "stranger", "public_id": segment.public_id})
        assert client.get(url).status_code == 404


def test_what_somebody_else_saved_meanwhile_is_not_written_over(shop, marketer):
    segment = made(shop, FIGURE)
    edit = at("edit", public_id=segment.public_id)
    marketer.post(edit, sent(rule(FIGURE | {"value": 3}), basis="1:"))
    page = marketer.post(edit, sent(rule(FIGURE | {"value": 4}), basis="1:") | {"name": "Renamed"})
    assert "Somebody saved or drafted something newer" in page.content.decode()
    with store_context(shop.pk):
        segment.refresh_from_db()
        assert (segment.version, segment.rule, segment.name) == (2, rule(FIGURE | {"value": 3}), "Loyal")
    assert page.context["basis"] == "2:"
    marketer.post(edit, sent(rule(FIGURE | {"value": 4}), basis="2:"))
    with store_context(shop.pk):
        segment.refresh_from_db()
        assert segment.version == 3


def test_the_same_new_form_sent_twice_makes_one_segment(shop, marketer):
    new = marketer.get(at("new")).context["new"]
    for _press in range(2):
        answered = marketer.post(at("new"), sent(rule(FIGURE), new=str(new)))
        assert answered.headers["Location"] == at("detail", public_id=new)
    for _press in range(2):
        marketer.post(at("duplicate", public_id=new), {"new": "b0a6e1de-6ac1-4f0a-9b61-111111111111"})
    with store_context(shop.pk):
        assert Segment.objects.count() == 2


def test_a_list_that_is_put_away_keeps_its_people(shop, marketer):
    marketer.post(at("new_list"), {"name": "Friends", "people": "ann@example.test"})
    with store_context(shop.pk):
        kept = Segment.objects.get(kind="list")
    marketer.post(at("archive", public_id=kept.public_id))
    marketer.post(at("restore", public_id=kept.public_id))
    with store_context(shop.pk):
        kept.refresh_from_db()
        assert (kept.state, kept.members_count, SegmentMember.objects.filter(segment=kept).count()) == ("live", 1, 1)


def test_a_list_is_changed_by_hand(shop, marketer):
    marketer.post(at("new_list"), {"name": "Friends", "people": "ann@example.test"})
    with store_context(shop.pk):
        kept = Segment.objects.get(kind="list")
    here = at("edit_list", public_id=kept.public_id)
    assert marketer.get(here).status_code == 200
    marketer.post(here, {"name": "Best friends", "people": "bea@example.test", "do": "add"})
    marketer.post(here, {"name": "Best friends", "people": "ANN@example.test", "do": "remove"})
    with store_context(shop.pk):
        kept.refresh_from_db()
        who = SegmentMember.objects.filter(segment=kept).values_list("customer__first_name", flat=True)
        assert (kept.name, kept.members_count, list(who)) == ("Best friends", 1, ["Bea"])


def test_only_the_column_that_names_people_is_read_and_too_many_are_refused(shop, marketer, monkeypatch):
    with store_context(shop.pk):
        stranger = make_customer(shop, "eve@example.test")
        Identity.objects.create(customer=stranger, kind="external", value="12")
    marketer.post(at("new_list"), {"name": "Friends", "people": "who,email\n12,ann@example.test\n12,zoe@example.test"})
    with store_context(shop.pk):
        assert list(SegmentMember.objects.values_list("customer__first_name", flat=True)) == ["Ann"]
    monkeypatch.setattr(exporting, "MOST_BROUGHT", 1)
    refused = marketer.post(at("new_list"), {"name": "More", "people": "a@example.test\nb@example.test"})
    assert "These are 2" in refused.content.decode()


def test_why_names_only_what_keeps_somebody_out(shop, marketer):
    city = {"is": "text", "field": "city", "op": "is", "values": ["Wien"]}
    anywhere = {"join": "any", "rules": [city, {"is": "country", "op": "is", "values": ["ES"]}]}
    segment = made(shop, anywhere, {"join": "none", "rules": [FIGURE]}, name="Not yet loyal")
    text = marketer.get(at("why", public_id=segment.public_id), {"q": "ann"}).content.decode()
    assert "1 of 2 rules keeps them out." in text
    assert "People for whom this is true are left out." in text
    assert text.count(" off") == 1, "the country decides nothing, since the city fits"


def test_a_number_too_large_to_compare_is_a_fault_of_the_segment_and_not_of_the_others(shop, marketer):
    with store_context(shop.pk):
        make_customer(shop, "huge@example.test", orders_count=500, spent_minor=100)
    average = {"is": "figure", "figure": "average", "op": "at_least", "value": 999_999_999_999_999}
    segment = made(shop, average, name="Huge")
    other = made(shop, FIGURE)
    assert (segment.members_count, other.members_count) == (0, 2)
    assert marketer.post(at("count"), sent(rule(average))).status_code == 200


def test_erasing_somebody_takes_their_address_out_of_rules(shop, marketer):
    segment = made(shop, {"is": "text", "field": "email", "op": "is", "values": ["ANN@example.test", "bea@example.test"]})
    with store_context(shop.pk):
        saving.keep_draft(segment, segment.rule, based_on=saving.Basis(1))
        erase(Customer.objects.get(first_name="Ann"), by=None, now=clock.now())
        segment.refresh_from_db()
        for kept in (segment.rule, segment.draft, segment.versions.get().rule):
            assert kept["root"]["rules"][0]["values"] == ["erased", "bea@example.test"]


def test_odd_addresses_answer_without_a_fault_of_ours(shop, marketer):
    segment = made(shop, FIGURE)
    for name, query in (
        ("list", {"q": "\0a"}),
        ("list", {"folder": "\0"}),
        ("detail", {"version": "9" * 5000}),
        ("edit", {"version": "9" * 5000}),
    ):
        where = at(name, public_id=segment.public_id) if name in {"detail", "edit"} else at(name)
        assert marketer.get(where, query).status_code in {200, 404}
    assert marketer.post(at("new"), sent(rule(FIGURE)) | {"name": "a\0b\nc"}).status_code == 302
    with store_context(shop.pk):
        assert Segment.objects.filter(name="ab c").exists()


def test_a_draft_of_somebody_else_is_not_written_over_and_no_name_is_lost_without_a_word(shop, marketer):
    segment = made(shop, FIGURE)
    edit = at("edit", public_id=segment.public_id)
    began = marketer.get(edit).context["basis"]
    answered = marketer.post(edit, sent(rule(FIGURE | {"value": 3}), "draft", basis=began) | {"name": "Renamed"}, follow=True)
    assert "stay as they are until you save" in answered.content.decode()
    for deed in ("draft", "save"):
        refused = marketer.post(edit, sent(rule(FIGURE | {"value": 4}), deed, basis=began))
        assert "Somebody saved or drafted something newer" in refused.content.decode()
    with store_context(shop.pk):
        segment.refresh_from_db()
        assert (segment.name, segment.version, segment.draft) == ("Loyal", 1, rule(FIGURE | {"value": 3}))
    marketer.post(edit, sent(rule(FIGURE | {"value": 4}), basis=refused.context["basis"]) | {"name": "Renamed"})
    with store_context(shop.pk):
        segment.refresh_from_db()
        assert (segment.name, segment.version, segment.draft) == ("Renamed", 2, None)


def test_a_new_draft_can_be_called_otherwise(shop, marketer):
    marketer.post(at("new"), sent(rule(), "draft"))
    with store_context(shop.pk):
        segment = Segment.objects.get()
    marketer.post(at("edit", public_id=segment.public_id), sent(rule(), "draft") | {"name": "Renamed"})
    with store_context(shop.pk):
        assert Segment.objects.get().name == "Renamed"


def test_what_does_not_fit_into_a_comparison_is_named(shop, marketer):
    ids = [str(made(shop, FIGURE, name=f"S{number}").public_id) for number in range(7)]
    page = marketer.get(at("overlap"), {"s": ids})
    assert (len(page.context["chosen"]), [one.name for one in page.context["left_out"]]) == (6, ["S6"])
    assert "6 fit at once. Left out:" in page.content.decode()
