"""One shopper from a full basket to its way back: the mail that leaves, its link, the button, the order that ends it, its figure."""

import re
from datetime import timedelta
from html import unescape
from urllib.parse import urlsplit

import pytest
from django.test import Client

from campaigns.models import Departure, RecoveryGroup
from campaigns.recovery.figures import figures_of_cells
from campaigns.recovery.planning import begin, name_group, save_cell
from campaigns.recovery.rules.cells import CellPlan, Rung
from campaigns.trace.absent import absent_for
from retention.kit import clock
from retention.orders.models import Cart
from segments.models import Segment, SegmentMember
from tests.campaigns.recovery.shopping import cell_of, go_live, is_written_to, leave, shopper, tick
from tests.campaigns.story import buy, send

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def test_a_basket_comes_back_by_the_mail_s_link(store, sink):
    now = clock.now().replace(hour=11, minute=0, second=0, microsecond=0)
    begin(store, user_id=None, now=now - timedelta(days=1))
    cell = go_live("idle", "buying", now=now - timedelta(hours=1))
    people = (shopper("email", now=now) for _ in range(200))
    ana = next(one for one in people if is_written_to(one, cell))
    cart = leave(ana, now=now)
    Cart.objects.filter(pk=cart.pk).update(restore_url="https://lumen.example.test/basket/back/abc")
    tick(now=now + 30 * MINUTE)
    send(store, now=now + 30 * MINUTE)
    (mail,) = sink.accepted
    html = str(mail.get_body(("html",)).get_content())
    assert "Tea" in html
    browser = Client(headers={"user-agent": "Mozilla/5.0 (Macintosh)"})
    targets = {browser.get(urlsplit(unescape(link)).path)["Location"] for link in re.findall(r'href="([^"]*/c/[^"]+)"', html)}
    (back,) = {urlsplit(target).path for target in targets if urlsplit(target).path.startswith("/b/")}
    assert "Back to my basket" in browser.get(back).content.decode()
    assert browser.post(back)["Location"] == "https://lumen.example.test/basket/back/abc"
    buy(ana, cart, now=now + 90 * MINUTE)
    tick(now=now + 90 * MINUTE)
    assert "You ordered this already" in browser.get(back).content.decode()
    found = figures_of_cells(since=now - timedelta(days=1), until=now + timedelta(days=1), currency="EUR")
    assert (found[cell.stage_id, "buying"].came_back, found[cell.stage_id, "buying"].worth_minor) == (1, 4900)


def test_who_waits_inside_a_cell_is_told_as_the_run_stands(plan, now):
    cell = go_live("idle", "buying", now=now - 60 * MINUTE)
    save_cell(cell, CellPlan((Rung("email", 300, "recovery-mail"),)), user_id=None, now=now - 50 * MINUTE)
    ana = next(one for _ in range(200) if is_written_to(one := shopper("email", now=now), cell))
    leave(ana, now=now)
    tick(now=now + 30 * MINUTE)
    (why,) = absent_for(ana, say=str, now=now + 40 * MINUTE)
    assert (why.kind, why.reason) == ("recovery", "waiting")
    assert why.words.endswith("They are in it and wait for the next step")
    tick(now=now + 300 * MINUTE)
    assert not absent_for(ana, say=str, now=now + 301 * MINUTE), "now there is a message, which says its own why"


def test_a_segment_says_who_is_in_a_group_and_why_not_is_told(plan, now):
    segment = Segment.objects.create(name="Friends of the house", kind="list", state="live")
    name_group("loyal", segment)
    ana, ben = shopper("email", now=now), shopper("email", now=now)
    SegmentMember.objects.create(segment=segment, customer=ana, entered_at=now)
    for one in (ana, ben):
        leave(one, now=now)
    tick(now=now + 30 * MINUTE)
    assert dict(Departure.objects.values_list("customer_id", "group")) == {ana.pk: "loyal", ben.pk: "buying"}
    (why,) = absent_for(ana, say=str, now=now + 40 * MINUTE)
    assert (why.kind, why.reason, why.part, why.name) == ("recovery", "draft", "loyal", "Basket idle × Loyal")
    assert why.words == "left 1 piece in the basket; is in the segment “Friends of the house”. The cell is a draft"
    name_group("loyal", None)
    assert not RecoveryGroup.objects.exists()
    assert cell_of("idle", "loyal").state == "draft"
