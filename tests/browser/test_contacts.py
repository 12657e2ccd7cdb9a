"""The pages about how often people are written to, with something to show: sending rules, the message calendar, what people got."""

from datetime import time, timedelta
from typing import Any

import pytest

from campaigns.broadcasts import running
from campaigns.contacts import counting
from campaigns.models import Journey, Message, SourceRank
from campaigns.sending.pacing import zone_of
from retention.customers.models import Consent
from retention.kit import clock
from retention.tenancy.context import store_context
from tests.browser.conftest import Site
from tests.browser.looking import PAIR, VARIANTS, Watch, faults_of_page, picture
from tests.browser.test_pages import dress
from tests.campaigns.campaigning import make_campaign, make_crowd, make_list
from tests.campaigns.crowd import make_version

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def write_to(people: list[Any], journey: Journey, *, now: Any) -> None:
    """Let the people get one message, two, three and so on, over the last weeks, and some of those with many say no."""
    version = make_version()
    rows = []
    for place, one in enumerate(people):
        for number in range(1 + place * place // 4000):
            at = now - timedelta(days=1 + (place * 7 + number * 3) % 27, hours=place % 9)
            channel = ("email", "push", "sms")[number % 3]
            rows.append(
                Message(
                    source_kind="journey", source_id=journey.pk, step=f"s{number}", occurrence=str(place), customer=one, channel=channel,
                    template_version=version, state="sent", sent_at=at, planned_at=at, due_at=at, first_attempt_at=at,
                    complained_at=at if place % 97 == 96 else None,
                )
            )  # fmt: skip
    Message.objects.bulk_create(rows)
    Consent.objects.filter(customer__in=people[-60::2]).update(status="refused", changed_at=now)


def test_budget_calendar_and_frequency_can_be_read_in_both_sizes_and_colours(site: Site) -> None:
    store, now = site.side.store, clock.now()
    with store_context(store.pk):
        people = make_crowd(300, now=now)
        journey = Journey(name="Welcome", state="live", live_number=1, launched_at=now)
        journey.save()
        write_to(people, journey, now=now)
        today = now.astimezone(zone_of(store.zone)).date()
        for days, hour, crowd, name in (
            (1, 10, people[:200], "New roasts"),
            (2, 9, people[120:], "Advent, first week"),
            (9, 8, people, "Gifts"),
        ):
            segment = make_list(crowd, now=now)
            campaign = make_campaign(segment, when="at", wall_day=today + timedelta(days=days), wall_time=time(hour), now=now)
            type(campaign).objects.filter(pk=campaign.pk).update(name=name)
            campaign.refresh_from_db()
            running.start(campaign, store=store, user_id=None, now=now)
        SourceRank.objects.create(source_kind="journey", source_id=journey.pk, worth=312.0, guess=330.0, error=60.0, people=900)
        SourceRank.objects.create(source_kind="campaign", source_id=0, worth=41.0)
        counting.begin(now=now)
        counting.go_on(store, now=now)
    page, watch = site.window(PAIR[0], user=site.side.people["owner"]).new_page(), Watch()
    watch.over(page)
    places = {
        "sending rules": "settings/sending/", "calendar month": "calendar/",
        "calendar week": f"calendar/?by=week&day={today + timedelta(days=2)}",
        "frequency": "frequency/",
    }  # fmt: skip
    for name, place in places.items():
        page.goto(f"/s/{store.slug}/{place}")
        for variant in VARIANTS if name.startswith("calendar") else PAIR:
            dress(page, variant)
            picture(page, variant=variant, name=name)
            assert faults_of_page(page) == [], f"{name}, {variant}"
    page.goto(f"/s/{store.slug}/settings/sending/")
    page.get_by_label("In 7 days", exact=True).fill("1")
    page.get_by_role("button", name="Keep this budget").click()
    page.get_by_text("7 days cannot allow fewer than 24 hours.").wait_for()
    page.get_by_label("In 24 hours", exact=True).fill("1")
    page.get_by_role("button", name="Keep this budget").click()
    page.get_by_text("Marketing messages one person may get: 1 in 24 hours, 1 in 7 days.").wait_for()
    assert watch.complaints == []
