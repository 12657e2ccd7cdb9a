"""What a form says that no page of ours writes: signs the database refuses, numbers and days without an end, bad addresses."""

import time
from typing import Any

import pytest
from django.test import Client

from campaigns.coupons.redeeming import redeem
from campaigns.models import Campaign, Coupon, CouponPool
from campaigns.personalization.answering import ask_links
from campaigns.personalization.wording import Content, Wording
from campaigns.views.content.versions import MOST_LINES, differences
from retention.kit import clock
from tests.campaigns.campaigning import make_campaign, make_crowd, make_list
from tests.campaigns.coupons.pools import make_pool
from tests.campaigns.coupons.test_coupon_pages import FORM
from tests.factories import member_of, signed_in

pytestmark = pytest.mark.django_db
DIGITS = "9" * 5000  # more than Python turns into a number


@pytest.fixture
def client(store: Any) -> Client:
    return signed_in(member_of(store, "marketer"))


@pytest.fixture
def draft(store: Any) -> Campaign:
    return make_campaign(make_list(make_crowd(2, now=clock.now()), now=clock.now()), now=clock.now())


def draft_form(draft: Campaign) -> dict[str, Any]:
    return {"name": "News", "include": draft.segments.get().segment.public_id, "subject_a": "News", "heading_a": "H", "text_a": "T"}


@pytest.mark.parametrize("page", ["preview", "clicks"])
def test_no_variant_has_a_letter_the_database_refuses(client: Client, store: Any, draft: Campaign, page: str) -> None:
    here = f"/s/{store.slug}/campaigns/{draft.public_id}/"
    assert client.get(f"{here}{page}/", {"variant": "\0"}).status_code == 404
    assert client.get(f"{here}{page}/", {"variant": "a"}).status_code == 200
    assert client.post(f"{here}try/", {"variant": "\0"}).status_code == 404


def test_signs_the_database_refuses_are_left_out_of_a_draft(client: Client, store: Any, draft: Campaign) -> None:
    form = draft_form(draft) | {"heading_a": "He\0llo", "text_a": "Te\0xt"}
    assert client.post(f"/s/{store.slug}/campaigns/{draft.public_id}/edit/", form).status_code == 302
    words = draft.variants.get().words
    assert (words["heading"], words["text"]) == ("Hello", "Text")


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
def test_a_draft_leaves_in_this_century(client: Client, store: Any, draft: Campaign, day: str) -> None:
    form = draft_form(draft) | {"when": "local", "wall_day": day, "wall_time": "23:59"}
    answer = client.post(f"/s/{store.slug}/campaigns/{draft.public_id}/edit/", form)
    assert answer.status_code == 422
    assert "Choose a day of this century." in answer.content.decode()


def test_a_pool_ends_in_this_century(client: Client, store: Any) -> None:
    answer = client.post(f"/s/{store.slug}/coupons/new/", FORM | {"lasts": "date", "expires_on": "9999-12-31"})
    assert answer.status_code == 422
    assert not CouponPool.objects.exists()


def test_an_order_number_is_no_formula_in_the_file_of_codes(client: Client, store: Any) -> None:
    now = clock.now()
    pool = make_pool("C-1", now=now)
    Coupon.objects.update(occasion="run:1", drawn_at=now)
    redeem("C-1", order='=HYPERLINK("https://evil.test")', now=now)
    answer: Any = client.get(f"/s/{store.slug}/coupons/{pool.public_id}/codes.csv")
    assert "'=HYPERLINK" in b"".join(answer.streaming_content).decode()


def test_numbers_without_an_end_name_nothing(client: Client, store: Any) -> None:
    where = client.post(f"/s/{store.slug}/content/new/", {"ready": "welcome"})["Location"]
    assert client.post(f"{where}restore/", {"number": DIGITS}).status_code == 404
    source = "<mjml><mj-body><mj-section><mj-column><mj-text>a</mj-text></mj-column></mj-section></mj-body></mjml>"
    answer = client.post(f"{where}draft/", {"source": source, "deed": f"carry:{DIGITS}", "number": "3", "basis": "0:1"})
    assert answer.json()["said"] == "It cannot stand there."


def test_an_unknown_channel_is_that_of_mails(client: Client, store: Any) -> None:
    assert client.get(f"/s/{store.slug}/content/", {"channel": "\0"}).context["channel"] == "email"


def test_a_link_that_is_no_address_is_shown_and_never_asked(client: Client, store: Any) -> None:
    where = client.post(f"/s/{store.slug}/content/new/", {"channel": "push"})["Location"]
    client.post(where, {"subject": "Hi", "text": "T", "link": "https://[x", "do": "draft", "basis": "0:1"})
    assert client.get(f"{where}preview/").status_code == 200
    (asked,) = ask_links('<a href="http://[abc">x</a>')
    assert (asked.good, asked.words.text) == (False, "It leads to a place we never ask.")


def test_two_texts_made_to_be_hard_to_compare_are_compared_in_a_moment() -> None:
    old, new = ("\n".join(f"x\n{side}{number}" for number in range(MOST_LINES)) for side in "ab")
    begun = time.monotonic()
    (part,) = differences(Content("mjml", Wording(source=old)), Content("mjml", Wording(source=new)))
    assert part["lines"]
    assert time.monotonic() - begun < 5
