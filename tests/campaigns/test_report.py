"""The report of a campaign: its figures agree with what happened, and say what they do not know."""

import csv
import io
import re
from datetime import timedelta
from typing import Any

import pytest

from campaigns.broadcasts import click_map, following, reading
from campaigns.models import Message
from campaigns.personalization.render import Rendered
from retention.kit import clock
from retention.orders.models import Order
from tests.campaigns.campaigning import make_campaign, make_crowd, make_list, rows, start
from tests.campaigns.outcomes import SHOP, UTM, buy_after, click_on, make_sent, say_no
from tests.factories import member_of, signed_in

pytestmark = pytest.mark.django_db


def test_every_chosen_person_stands_in_one_row_of_the_funnel(store: Any) -> None:
    campaign = make_sent(store, now=clock.now(), people=200)
    figures = reading.figures_of([campaign.pk], currency="EUR")[campaign.pk]
    assert figures.chosen == 200 == figures.held_out + figures.held_back + figures.tried + figures.waiting
    assert (figures.unknown, figures.failed, figures.held_back, figures.waiting) == (3, 5, 12, 0)
    page = signed_in(member_of(store, "analyst")).get(f"/s/{store.slug}/campaigns/{campaign.public_id}/").content.decode()
    for words in (
        "Why unknown?",
        "The line went dead before the mail server said yes: 3",
        "No e-mail consent",
        "The address does not exist",
    ):
        assert words in page
    unknown = signed_in(member_of(store, "owner")).get(f"/s/{store.slug}/campaigns/{campaign.public_id}/messages/?state=unknown")
    assert unknown.content.decode().count("The line went dead") == 3
    here, owner = f"/s/{store.slug}/campaigns/{campaign.public_id}/messages/", signed_in(member_of(store, "owner"))
    assert "nothing written" in owner.get(f"{here}?state=held_out").content.decode()
    assert "Variant A" in owner.get(f"{here}?state=suppressed").content.decode()


def test_clicks_orders_and_noes_are_counted_once_and_machines_apart(store: Any) -> None:
    now = clock.now()
    campaign = make_sent(store, now=now, people=200)
    clicked = click_on(campaign, now=now, counts={"a": 6, "b": 10}, machines=4)
    buy_after(clicked[:3], now=now)
    say_no(clicked[:2], campaign, now=now)
    say_no(clicked[3:4], campaign, now=now, name="Email Complained")
    figures = reading.figures_of([campaign.pk], currency="EUR")[campaign.pk]
    assert (figures.clicked, figures.orders, figures.revenue_minor) == (16, 3, 13_200)
    assert reading.after_of(campaign) == reading.After(unsubscribed=2, complained=1)
    [link] = following.links_of(campaign)
    assert (link.people, link.clicks, link.machines, link.orders) == (16, 16, 4, 3)
    assert link.target == f"{SHOP}/new?{UTM.format(campaign.pk)}"
    found = following.over_time(campaign, now=now)
    assert found is not None
    assert (sum(bar.clicks for bar in found.bars), sum(bar.orders for bar in found.bars)) == (16, 3)
    assert found.width == timedelta(minutes=15)
    [segment] = following.by_segment(campaign, currency="EUR")
    assert (segment.sent, segment.clicked, segment.orders, segment.revenue_minor) == (figures.sent, 16, 3, 13_200)
    variants = {one.letter: one for one in reading.variants_of(campaign, currency="EUR")}
    assert (variants["a"].clicked, variants["b"].clicked, variants["a"].ordered) == (6, 10, 3)


def test_what_it_brought_in_is_judged_only_with_enough_people(store: Any) -> None:
    now = clock.now()
    small = make_sent(store, now=now, people=60)
    difference = reading.difference_of(small, currency="EUR", now=now)
    assert difference is not None
    assert not difference.judged
    large = make_sent(store, now=now, people=600, holdout_share=0.5)
    written = list(rows(large).filter(state="sent")[:80])
    Order.objects.bulk_create(
        [
            Order(customer_id=one.customer_id, number=f"L-{one.pk}", currency="EUR", total_minor=5000, placed_at=now, received_at=now)
            for one in written
        ]
    )
    found = reading.difference_of(large, currency="EUR", now=now)
    assert found is not None
    assert found.judged
    assert found.range.low < found.range.guess == pytest.approx(80 * 5000)
    assert found.range.says == 1
    page = signed_in(member_of(store, "owner")).get(f"/s/{store.slug}/campaigns/{large.public_id}/").content.decode()
    assert "It brought in money." in page
    none = make_sent(store, now=now, people=30, holdout_share=0)
    assert reading.difference_of(none, currency="EUR", now=now) is None
    assert "Nobody was held back" in signed_in(member_of(store, "owner")).get(
        f"/s/{store.slug}/campaigns/{none.public_id}/"
    ).content.decode()  # fmt: skip


def test_the_figures_stand_at_the_links_of_the_mail(store: Any) -> None:
    now = clock.now()
    campaign = make_sent(store, now=now, people=60)
    click_on(campaign, now=now, counts={"a": 4, "b": 0})
    here = f"/s/{store.slug}/campaigns/{campaign.public_id}/clicks/"
    client = signed_in(member_of(store, "analyst"))
    shown = client.get(f"{here}?variant=a")
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    assert ">4</span></a>" in shown.content.decode()
    assert "link.invalid" not in shown.content.decode()
    assert ">4</span></a>" not in client.get(f"{here}?variant=b").content.decode()
    assert client.get(f"{here}?variant=q").status_code == 404


def test_a_link_is_named_by_its_words_or_its_picture(store: Any, now: Any) -> None:
    campaign = make_campaign(make_list([], now=now), now=now)
    html = (
        f'<a class="x" href="{SHOP}/a"><b>Taste</b> it</a><a href="{SHOP}/b"><img src="x" alt="Snow &amp; beans"></a>'
        f'<a href="{SHOP}/c"></a><a href="mailto:x@example.test">Write</a>'
    )
    utm = UTM.format(campaign.pk)
    marked = click_map.mark(campaign, Rendered("S", html, ""), people={f"{SHOP}/b?{utm}": 12_345}, store=store)
    assert marked.labels == {f"{SHOP}/a?{utm}": "Taste it", f"{SHOP}/b?{utm}": "Snow & beans", f"{SHOP}/c?{utm}": ""}
    assert ">12,345</span></a>" in marked.html
    assert "mailto:x@example.test" in marked.html


def test_figures_leave_as_a_file_that_no_spreadsheet_runs(store: Any) -> None:
    now = clock.now()
    campaign = make_sent(store, now=now, people=60)
    campaign.name = "=HYPERLINK(1)"
    campaign.save(update_fields=["name"])
    click_on(campaign, now=now, counts={"a": 2, "b": 3})
    answer = signed_in(member_of(store, "analyst")).get(f"/s/{store.slug}/campaigns/{campaign.public_id}/figures.csv")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    lines = list(csv.DictReader(io.StringIO(answer.content.decode())))
    whole = {line["Figure"]: line["Value"] for line in lines if line["Part"] == "campaign"}
    assert (whole["chosen"], whole["unknown"], whole["clicked"]) == ("60", "3", "5")
    assert {line["Of"] for line in lines if line["Part"] == "campaign"} == {"'=HYPERLINK(1)"}
    assert [line["Value"] for line in lines if line["Part"] == "variant" and line["Figure"] == "clicked"] == ["2", "3"]
    assert sum(int(line["Value"]) for line in lines if line["Part"] == "from" and line["Figure"] == "clicks") == 5


def test_a_running_campaign_renews_its_figures_and_at_the_end_its_switches(store: Any, now: Any) -> None:
    campaign = make_campaign(make_list(make_crowd(10, now=now), now=now), now=now)
    start(campaign, store, now=now)
    client, here = signed_in(member_of(store, "owner")), f"/s/{store.slug}/campaigns/{campaign.public_id}/progress/"
    part = client.get(here).content.decode()
    assert 'hx-trigger="every 2s"' in part
    assert part.count("hx-swap-oob") == 3
    assert "Pause" in part
    Message.objects.update(state="sent", sent_at=now)
    below = client.get(f"{here}?of=rest").content.decode()
    assert 'hx-trigger="every 10s"' in below
    sent = sum(int(count) for count in re.findall(r'data-label="Sent">(\d+)<', below.partition("By segment")[0]))
    assert sent == Message.objects.count(), "what it said counts while it sends"
    campaign.__class__.objects.filter(pk=campaign.pk).update(state="finished", finished_at=now)
    part = client.get(here).content.decode()
    assert "every 2s" not in part
    assert "Write to those who did not click" in part
    assert part.count("hx-swap-oob") == 5, "the last answer brings the whole report up to date"
    assert "Where they clicked" in part
