"""An SMS campaign from its beginning to its report, an approval, and two e-mail connections with a warm-up: pages to look at."""

from datetime import timedelta
from typing import Any

import pytest

from campaigns.broadcasts import asking
from campaigns.broadcasts.content import Words
from campaigns.broadcasts.drafting import Way
from campaigns.models import Connection, ConnectionDay, Message, SendRule
from campaigns.sending import routing
from campaigns.sending.warming import WarmUp
from retention.kit import clock
from retention.tenancy.context import store_context
from tests.browser.conftest import New
from tests.browser.looking import Watch, faults_of_page, picture, settle
from tests.campaigns.campaigning import WORDS, make_campaign, make_crowd, make_list, rows, start
from tests.campaigns.twilio_stage import make_reader
from tests.factories import make_store, member_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TWO_WAYS = Words(
    "New", "Hello {% if profile.first_name == 'Kim' %}Kim{% else %}you there{% endif %}", "See it", "https://lumen.example.test/new"
)
SALE = Words(text="Hi {{ profile.first_name }}, the sale has begun: https://lumen.example.test/sale")


@pytest.mark.parametrize("variant", ["desktop-light", "phone-dark"])
def test_pages_of_channels(variant: str, fresh: New) -> None:
    store = make_store("Lumen", web_address="https://lumen.example.test", postal_address="Lumen, Weg 7, 10115 Berlin")
    owner, writer, now = member_of(store, "owner"), member_of(store, "writer"), clock.now()
    with store_context(store.pk):
        places = _prepare(store, writer, now=now)
    page, watch = fresh.site.window(variant, user=owner).new_page(), Watch()
    watch.over(page)
    for name, place in places.items():
        page.goto(f"/s/{store.slug}/{place}")
        settle(page)
        if name == "connections":
            page.locator("summary", has_text="Share and warm-up").first.click()
        if name == "asked":
            page.locator("summary", has_text="Its source").click()
            page.get_by_role("link", name="Kim").first.scroll_into_view_if_needed()
        picture(page, variant=variant, name=f"channels {name}")
        assert faults_of_page(page) == [], name
    assert watch.complaints == []


def _prepare(store: Any, writer: Any, *, now: Any) -> dict[str, str]:
    twilio = Connection.objects.create(channel="sms", provider="twilio", name="Twilio", settings={"from": "+1500", "part_price": "0.075"})
    people = [make_reader(f"P{index}", phone=f"+4915100{index:05}", consent=index % 5 > 0, now=now) for index in range(40)]
    twins = [make_reader(name, phone="+491512222222", now=now) for name in ("Ana", "Ben")]
    segment = make_list([*people, *twins], now=now, name="Bought twice")
    draft = make_campaign(segment, now=now, channel="sms", ways=(Way(words=SALE), Way(words=Words(text="Sale: {{ shop.web_address }}"))))
    sent = make_campaign(segment, now=now, channel="sms", ways=(Way(words=SALE),))
    start(sent, store, now=now)
    ids = list(rows(sent).order_by("pk").values_list("pk", flat=True))
    Message.objects.filter(pk__in=ids[:30]).update(state="sent", sent_at=now, parts=1, delivered_at=now, clicked_at=None)
    Message.objects.filter(pk__in=ids[30:]).update(state="suppressed", reason="same_number", finished_at=now)
    asked = make_campaign(make_list(make_crowd(3, now=now), now=now), now=now, ways=(Way("Just in", WORDS), Way("New", TWO_WAYS)),
        test_share=0.2, decide_metric="clicks", decide_hours=4, decide_count=500)  # fmt: skip
    asking.ask(asked, store=store, user_id=writer.pk, now=now)
    SendRule.objects.create(campaign=asked, sold_out="block", changed_at=now)
    day = routing.day_of(store, now)
    Connection.objects.create(channel="email", provider="smtp", name="SMTP", from_address="a@lumen.example.test", weight=80)
    new = Connection.objects.create(channel="email", provider="ses", name="Amazon SES", from_address="a@lumen.example.test", weight=20)
    warm = WarmUp(day - timedelta(days=4), 50, 30, 20_000)
    Connection.objects.filter(pk=new.pk).update(warm_since=warm.since)
    ConnectionDay.objects.create(connection=new, day=day, taken=91)
    assert twilio.pk
    return {
        "new": "campaigns/new/", "edit": f"campaigns/{draft.public_id}/edit/", "review": f"campaigns/{draft.public_id}/",
        "report": f"campaigns/{sent.public_id}/", "asked": f"campaigns/{asked.public_id}/", "test": f"campaigns/{asked.public_id}/edit/",
        "connections": "settings/channels/", "twilio": "settings/channels/twilio/",
    }  # fmt: skip
