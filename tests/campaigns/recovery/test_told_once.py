"""The journey about what is back in stock and the recovery plan: of one return one of the two tells, in whatever order they hear of it."""

from datetime import timedelta
from typing import Any

import pytest

from campaigns.journeys.intake import take_news
from campaigns.journeys.shadowing import begin as begin_shadow
from campaigns.models import Enrollment, Journey, RecoveryCell
from campaigns.playbooks.switching import switch_on
from campaigns.recovery.noticing import notice_due
from campaigns.trace.absent import absent_for
from tests.campaigns.journeys.journeying import make_journey
from tests.campaigns.journeys.stocking import stock
from tests.campaigns.recovery.shopping import live
from tests.campaigns.recovery.wanting import LAMP, decisions, said, tell, tick, wanting, written_one
from tests.factories import member_of, signed_in

pytestmark = pytest.mark.django_db
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def of_plan(customer: Any) -> Enrollment:
    return Enrollment.objects.filter(customer=customer, journey__for_quiet=True).latest("id")


def comes_back(*, now: Any) -> None:
    """Let the lamp be back and everybody do what they do about it, also half an hour later."""
    stock(4, at=now)
    for later in (0 * MINUTE, 30 * MINUTE, HOUR):
        tick(now=now + later)


def test_of_one_return_the_journey_tells_and_the_plan_says_why_it_does_not(cell: RecoveryCell, now: Any) -> None:
    switch_on("back_in_stock", now=now - HOUR, holdout_share=0)
    ana = wanting(cell, now=now)
    tick(now=now + 30 * MINUTE)
    comes_back(now=now + 4 * DAY)
    assert said(ana) == ["back-mail"]
    assert (of_plan(ana).state, of_plan(ana).reason) == ("stopped", "told_elsewhere")
    (absent,) = [one for one in absent_for(ana, say=str, now=now + 5 * DAY) if one.kind == "recovery"]
    assert absent.words.endswith("A journey about what is back in stock has them, and goes first")


def test_whom_the_journey_turns_away_the_plan_tells(cell: RecoveryCell, now: Any) -> None:
    switch_on("back_in_stock", now=now - HOUR, holdout_share=0)
    ana = wanting(cell, now=now)
    tick(now=now + 30 * MINUTE)
    comes_back(now=now + 4 * DAY)
    stock(0, at=now + 9 * DAY)
    live(ana, (0, "Product Viewed", LAMP), now=now + 10 * DAY)
    tick(now=now + 10 * DAY + 30 * MINUTE)
    comes_back(now=now + 11 * DAY)
    assert said(ana) == ["back-mail", "recovery-in-stock"], "seven days after the first it is too soon for the journey"


def test_it_came_back_and_the_journey_told_before_they_were_looked_at(cell: RecoveryCell, now: Any) -> None:
    switch_on("back_in_stock", now=now - HOUR, holdout_share=0)
    ana = wanting(cell, now=now)
    stock(4, at=now + 10 * MINUTE)
    tick(now=now + 10 * MINUTE)
    tick(now=now + 30 * MINUTE)
    tick(now=now + HOUR)
    assert (said(ana), decisions(ana)) == (["back-mail"], ["already"])


def test_it_came_back_and_they_were_looked_at_before_the_journey_heard_of_it(cell: RecoveryCell, now: Any) -> None:
    switch_on("back_in_stock", now=now - HOUR, holdout_share=0)
    ana = wanting(cell, now=now)
    take_news(now=now + 5 * MINUTE)
    stock(4, at=now + 10 * MINUTE)
    tell(now=now + 10 * MINUTE)
    assert notice_due(now=now + 31 * MINUTE) == 1
    tick(now=now + 31 * MINUTE)
    tick(now=now + HOUR)
    assert (said(ana), of_plan(ana).reason) == (["back-mail"], "told_elsewhere")


@pytest.mark.parametrize(("paused", "expected"), [(False, []), (True, ["recovery-in-stock"])])
def test_a_journey_that_goes_on_about_the_product_tells_and_one_that_rests_does_not(
    cell: RecoveryCell, now: Any, paused: bool, expected: list[str]
) -> None:
    long = [{"id": "pause", "kind": "wait", "days": 20}]
    journey = make_journey({"trigger": {"kind": "product", "what": "back_in_stock"}, "steps": long}, now=now - 6 * DAY)
    ana = written_one(cell, now=now)
    live(ana, (0, "Product Viewed", {"product_id": "lamp"}), now=now - 5 * DAY)
    stock(4, at=now - 4 * DAY)
    tell(now=now - 4 * DAY)
    take_news(now=now - 4 * DAY)
    assert Enrollment.objects.get(customer=ana).about == "lamp"
    stock(0, at=now - 2 * DAY)
    live(ana, (0, "Product Viewed", LAMP), now=now)
    tick(now=now + 30 * MINUTE)
    assert of_plan(ana).state == "running", "what came back before they left is no news to them"
    if paused:
        Journey.objects.get(pk=journey.pk).pause(now=now + HOUR)
    comes_back(now=now + DAY)
    assert said(ana) == expected


def test_a_shadow_tells_nobody(cell: RecoveryCell, now: Any) -> None:
    journey = switch_on("back_in_stock", now=now - HOUR, holdout_share=0)
    version = journey.versions.get(number=journey.live_number)
    begin_shadow(journey, version.definition, now=now - HOUR)
    journey.pause(now=now - HOUR)
    ana = wanting(cell, now=now)
    tick(now=now + 30 * MINUTE)
    comes_back(now=now + 4 * DAY)
    assert Enrollment.objects.filter(customer=ana, journey__shadow_of=journey).exists()
    assert said(ana) == ["recovery-in-stock"]


def test_the_page_of_the_cell_names_the_journey_that_goes_first(cell: RecoveryCell, store: Any, now: Any) -> None:
    client = signed_in(member_of(store))
    page = f"/s/{store.slug}/recovery/{cell.stage.public_id}/looking/"
    assert "It goes first" not in client.get(page).content.decode()
    journey = switch_on("back_in_stock", now=now - HOUR, holdout_share=0)
    shown = client.get(page).content.decode()
    assert f"The journey “{journey.name}” also tells who cared that a product is back. It goes first" in shown
