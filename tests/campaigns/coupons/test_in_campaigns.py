"""Coupons in campaigns: no start without a pool, and the template's rule goes with a campaign's own version of it."""

from typing import Any

import pytest

from campaigns.broadcasts.drafting import Way
from campaigns.broadcasts.running import faults_of
from campaigns.models import SendRule, Template
from campaigns.personalization import saving
from campaigns.personalization.wording import Content
from tests.campaigns.campaigning import make_campaign, make_crowd, make_list, rows, send_all, start
from tests.campaigns.coupons.pools import SHOWS_CODE, codes_in, make_pool

pytestmark = pytest.mark.django_db


@pytest.fixture
def template(store: Any, now: Any) -> Template:
    made = saving.create("Code", content=Content("html"), user_id=None, now=now)
    saving.save_version(made, subject="Yours", source=SHOWS_CODE, kind="html", now=now)
    return made


@pytest.mark.parametrize("place", ["campaign", "template"])
def test_a_campaign_that_shows_a_code_needs_a_pool(store: Any, now: Any, template: Template, place: str) -> None:
    way = Way("", template=str(template.public_id))
    campaign = make_campaign(make_list(make_crowd(1, now=now), now=now), now=now, ways=(way,))
    assert "It shows a coupon code." in faults_of(campaign, store=store, now=now)["variants"].render(str)
    SendRule(pool=make_pool("C-1", now=now), **{place: {"campaign": campaign, "template": template}[place]}).save()
    assert faults_of(campaign, store=store, now=now) == {}


def test_with_a_subject_of_its_own_it_still_draws_from_the_templates_pool(store: Any, sink: Any, now: Any, template: Template) -> None:
    SendRule(template=template, pool=make_pool("C-1", "C-2", now=now), sold_out="block").save()
    way = Way("Only for you", template=str(template.public_id))
    campaign = make_campaign(make_list(make_crowd(2, now=now), now=now), now=now, ways=(way,))
    start(campaign, store, now=now)
    assert send_all(store, now=now) == 2
    assert codes_in(sink) == ["C-1", "C-2"]
    own = rows(campaign).first().template_version.template
    assert (own != template, SendRule.objects.get(template=own).sold_out) == (True, "block")
