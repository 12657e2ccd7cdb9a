"""Coupon pools by page and codes by API: made, topped up, looked at, put away; used, refused and given back."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from campaigns.journeys import drafting
from campaigns.models import Coupon, CouponPool, SendRule
from campaigns.playbooks.switching import switch_on
from retention.stores.models import AuditEntry
from tests.campaigns.coupons.pools import make_coupon_mail, make_coupon_messages, make_pool
from tests.campaigns.story import send
from tests.factories import make_key, member_of, signed_in

pytestmark = pytest.mark.django_db
FORM = {
    "name": "Spring", "benefit": "percent", "worth": "10", "origin": "paste", "codes": "SPRING-1\nSPRING-2", "length": "10",
    "lasts": "days", "valid_days": "7", "when_out": "hold", "warn_below": "0",
}  # fmt: skip


def test_a_merchant_makes_a_pool_adds_codes_and_takes_them_home(store: Any) -> None:
    client, here = signed_in(member_of(store, "marketer")), f"/s/{store.slug}/coupons/"
    assert "No coupons yet" in client.get(here).content.decode()
    page = client.post(f"{here}new/", FORM, follow=True)
    pool = CouponPool.objects.get()
    assert (pool.percent, pool.valid_days, Coupon.objects.count()) == (10, 7, 2)
    assert "2 codes are in." in page.content.decode()
    more = client.post(f"{here}{pool.public_id}/add/", {"codes": "spring-2\nSPRING-3", "make": "5"}, follow=True)
    assert "6 codes are in. 1 was there before." in more.content.decode()
    lines = b"".join(client.get(f"{here}{pool.public_id}/codes.csv").streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert (len(lines), lines[1]) == (9, "SPRING-1,free,,,,")
    client.post(f"{here}{pool.public_id}/archive/")
    assert CouponPool.objects.get().archived_at is not None
    assert str(pool.public_id) not in client.get(here).content.decode()
    assert str(pool.public_id) in client.get(f"{here}?away=1").content.decode()
    assert "Bring back" in client.get(f"{here}{pool.public_id}/").content.decode()
    assert "Spring gives codes again." in client.post(f"{here}{pool.public_id}/bring-back/", follow=True).content.decode()
    assert CouponPool.objects.get().archived_at is None
    deeds = AuditEntry.objects.filter(action__startswith="coupons.").order_by("number").values_list("action", flat=True)
    assert list(deeds) == ["coupons.made", "coupons.added", "coupons.archived", "coupons.unarchived"]


def test_what_stands_in_fields_of_another_answer_does_not_count(store: Any) -> None:
    client = signed_in(member_of(store, "marketer"))
    others = {"make": "many", "beginning": "?", "length": "3", "expires_on": "never", "fallback": "Ask us", "file": ""}
    assert client.post(f"/s/{store.slug}/coupons/new/", FORM | others).status_code == 302
    pool = CouponPool.objects.get()
    assert (pool.endless, pool.prefix, pool.length, pool.expires_at, pool.fallback) == (False, "", 10, None, "")
    free = {"name": "Post", "benefit": "shipping", "worth": "x", "origin": "endless", "beginning": "SHIP", "length": "8", "lasts": "ever"}
    assert client.post(f"/s/{store.slug}/coupons/new/", FORM | free).status_code == 302
    pool = CouponPool.objects.get(name="Post")
    assert (pool.endless, pool.prefix, pool.length, pool.valid_days, pool.coupons.count()) == (True, "SHIP", 8, None, 0)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"worth": "0"}, "Enter whole percent, 1 to 100."),
        ({"worth": "12.5"}, "Enter whole percent, 1 to 100."),
        ({"benefit": "amount", "worth": ""}, "Enter an amount above zero."),
        ({"codes": "GOOD-1\nNOT GOOD"}, "Line 2 is no code"),
        ({"codes": ""}, "Paste at least one code."),
        ({"origin": "file"}, "Choose a file."),
        ({"origin": "make"}, "Enter how many."),
        ({"valid_days": ""}, "Enter how many days."),
        ({"lasts": "date"}, "Choose the last day."),
        ({"when_out": "fallback"}, "Write what stands there instead of a code."),
        ({"origin": "file", "file": SimpleUploadedFile("codes.csv", b"\xff\xfe\x00")}, "This file is not UTF-8 text."),
    ],
)
def test_faulty_pool_is_named_and_nothing_is_made(store: Any, changes: Any, said: str) -> None:
    client = signed_in(member_of(store, "marketer"))
    answer = client.post(f"/s/{store.slug}/coupons/new/", FORM | changes)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not CouponPool.objects.exists()


def test_amounts_and_files_become_a_pool(store: Any) -> None:
    client = signed_in(member_of(store, "marketer"))
    file = SimpleUploadedFile("codes.csv", b"code,note\nONE-1,a\nONE-2,b\n")
    changes = {"benefit": "amount", "worth": "7.50", "origin": "file", "file": file, "lasts": "date", "expires_on": "2030-01-31"}
    assert client.post(f"/s/{store.slug}/coupons/new/", FORM | changes).status_code == 302
    pool = CouponPool.objects.get()
    assert (pool.amount_minor, pool.currency, pool.percent) == (750, store.currency, None)
    assert list(Coupon.objects.order_by("code").values_list("code", flat=True)) == ["ONE-1", "ONE-2"]


def test_page_of_a_pool_shows_what_became_of_its_codes(store: Any, sink: Any, now: Any) -> None:
    pool = make_pool("C-1", "C-2", "C-3", now=now, warn_below=1)
    make_coupon_messages(2, pool, now=now)
    send(store, now=now)
    Coupon.objects.filter(code="C-1").update(redeemed_at=now, order_number="W-7")
    page = signed_in(member_of(store, "marketer")).get(f"/s/{store.slug}/coupons/{pool.public_id}/").content.decode()
    assert "2 codes were given, and 1 of them used." in page
    assert "W-7" in page
    listed = signed_in(member_of(store, "marketer")).get(f"/s/{store.slug}/coupons/")
    assert (listed.status_code, pool.name in listed.content.decode()) == (200, True)
    assert "1 pool is nearly out of codes." in listed.content.decode()
    analyst = signed_in(member_of(store, "analyst"))
    assert "@crowd.example.test" not in analyst.get(f"/s/{store.slug}/coupons/{pool.public_id}/").content.decode()
    assert analyst.get(f"/s/{store.slug}/coupons/{pool.public_id}/codes.csv").status_code == 403


def test_rule_of_a_template_and_of_a_step_are_kept(store: Any, now: Any) -> None:
    client, pool = signed_in(member_of(store, "marketer")), make_pool("C-1", now=now)
    template = make_coupon_mail(None).template
    here = f"/s/{store.slug}/content/{template.public_id}/rule/"
    refused = client.post(here, {"sold_out": "fallback", "fallback": "Sorry", "pool": pool.pk})
    assert (refused.status_code, SendRule.objects.count()) == (422, 0)
    assert "has no place for them" in refused.content.decode()
    assert client.post(here, {"sold_out": "block", "pool": pool.pk}).status_code == 302
    assert client.post(here, {"sold_out": "swap", "pool": ""}).status_code == 302
    rule = SendRule.objects.get()
    assert (rule.template, rule.sold_out, rule.pool) == (template, "swap", None)
    journey = switch_on("abandoned_cart", now=now)
    steps = f"/s/{store.slug}/journeys/{journey.public_id}/steps/"
    assert client.post(f"{steps}first/rule/", {"dearer": "block"}).status_code == 302
    assert client.get(f"{steps}pause/rule/").status_code == 404
    assert SendRule.objects.get(journey=journey).step == "first"


def test_a_message_of_a_draft_that_was_never_live_gets_its_pool(store: Any, now: Any) -> None:
    client, pool, template = signed_in(member_of(store, "owner")), make_pool("C-1", now=now), make_coupon_mail(None).template
    journey = drafting.make("Draft", user_id=None, now=now)
    here = f"/s/{store.slug}/journeys/{journey.public_id}/"

    def press(do: str) -> str:
        stamp = drafting.unsaved(journey, now=now).stamp
        return client.post(f"{here}edit/", {"do": do, "stamp": stamp}, headers={"HX-Request": "true"}).content.decode()

    page = press("add:root|0|send")
    assert "Choose the pool it is drawn from under “Coupon codes and changes”." in page
    link = f"{here}steps/send/rule/"
    assert f'href="{link}"' in page
    assert client.post(link, {"pool": pool.pk}, follow=True).redirect_chain[-1] == (f"{here}edit/", 302)
    rule = SendRule.objects.get()
    assert (rule.journey, rule.step, rule.pool, rule.template) == (journey, "send", pool, None)
    assert "Choose the pool it is drawn from" not in press("look")
    press("remove:root.steps.0")
    press("add:root|0|send")
    tree = drafting.unsaved(journey, now=now).tree
    assert (tree["root"]["steps"][0]["template"], tree["root"]["steps"][0]["id"]) == (template.key, "send-2"), "a rule of one that is gone"
    assert client.get(f"{here}steps/end/rule/").status_code == 404


def api(store: Any, *scopes: str) -> Any:
    _, key = make_key(store, scopes=list(scopes))
    client = Client(headers={"authorization": f"Bearer {key}"})
    return lambda method, path, body=None: getattr(client, method)(f"/api/v1/coupons/{path}", body, content_type="application/json")


def test_storefront_checks_uses_and_gives_back_a_code(store: Any, now: Any) -> None:
    pool = make_pool("C-1", "C-2", now=now, percent=15)
    Coupon.objects.filter(code="C-1").update(occasion="run:1", drawn_at=now)
    call = api(store, "coupons:read", "coupons:write")
    told = call("get", "c-1").json()
    assert (told["state"], told["percent"], told["pool"], told["order_id"]) == ("valid", 15, pool.name, "")
    used = [call("post", "C-1/redeem", {"order_id": order}) for order in ("W-1", "W-1", "W-2")]
    assert [answer.status_code for answer in used] == [200, 200, 409]
    assert [answer.json()["repeated"] for answer in used[:2]] == [False, True]
    assert used[2].json()["reason"] == "used"
    assert call("post", "C-1/release", {"order_id": "W-2"}).status_code == 409
    assert call("post", "C-1/release", {"order_id": "W-1"}).json()["state"] == "valid"
    assert [call("post", f"{code}/redeem", {"order_id": "W-1"}).status_code for code in ("C-2", "C-9")] == [409, 404]
    assert call("post", "C-1/redeem", {}).status_code == 400
    assert Coupon.objects.filter(redeemed_at__isnull=False).count() == 0


def test_key_without_the_scope_uses_nothing(store: Any, now: Any) -> None:
    make_pool("C-1", now=now)
    Coupon.objects.update(occasion="run:1", drawn_at=now)
    assert api(store, "coupons:read")("post", "C-1/redeem", {"order_id": "W-1"}).status_code == 403
    assert Coupon.objects.get().redeemed_at is None
