"""A merchant's first campaign from sign-up to the mail in the test inbox, by few clicks; the pages of campaigns to look at."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from campaigns.broadcasts import running
from campaigns.broadcasts.drafting import Way
from campaigns.connecting.judging import Finding
from campaigns.models import Campaign, Connection, LinkHost, Sender, SendingDomain
from campaigns.sending.receipts import note_clicks
from retention.customers.models import Customer, Import
from retention.kit import clock
from retention.notices.models import Notice
from retention.stores.models import Store, User
from retention.tenancy.context import store_context
from segments.membership import fill_due
from tests.browser.conftest import New
from tests.browser.looking import EACH_VARIANT, Watch, faults_of_page, picture, settle, wait_for
from tests.campaigns.campaigning import WORDS, make_campaign, make_crowd, make_list, rows, send_all
from tests.campaigns.campaigning import start as begin
from tests.campaigns.outcomes import buy_after, click_on, make_sent, say_no
from tests.customers.importing import work
from tests.factories import STRONG_PASSWORD, make_store, member_of

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def _customers() -> str:
    """Return a German shop's thirty customers: ten with a birthday this month, five of them women, four of whom said yes."""
    month = clock.now().astimezone(ZoneInfo("Europe/Berlin")).month
    lines = ["E-Mail;Vorname;Geschlecht;Geburtsdatum;Newsletter"]
    for place in range(1, 31):
        born = month if place % 3 == 0 else month % 12 + 1
        said = "nein" if place % 7 == 0 else "ja"
        gender = "weiblich" if place % 2 else "männlich"
        lines.append(f"kundin{place}@example.test;Uschi{place};{gender};07.{born:02d}.1980;{said}")
    return "\r\n".join(lines)


class Hand:
    """A hand that counts: every press, every choice, and every field typed into."""

    def __init__(self, page: "Page") -> None:
        self.page, self.presses, self.fields = page, 0, 0

    @property
    def seconds(self) -> int:
        """Return how long a person takes who never saw it: so long to look at a page and press, and to type into a field."""
        return 8 * self.presses + 10 * self.fields

    def press(self, words: str, *, role: str = "button") -> None:
        self.presses += 1
        self.page.get_by_role(role, name=words, exact=role != "link").first.click()  # type: ignore[arg-type]
        self.page.wait_for_load_state()

    def choose(self, selector: str, value: str) -> None:
        self.presses += 1
        self.page.locator(selector).select_option(value)

    def type(self, **values: str) -> None:
        for name, text in values.items():
            self.fields += 1
            self.page.locator(f"[name={name}]").fill(text)


def _sign_up(page: "Page", hand: Hand) -> None:
    page.goto("/accounts/signup/")
    hand.type(name="Nia Owner", email="nia@example.test", password1=STRONG_PASSWORD)
    hand.press("Go on")
    page.wait_for_url("**/accounts/confirm-email/")
    found = re.search(r"/accounts/confirm-email/[^\s\"]+", Notice.objects.get(to="nia@example.test").text)
    assert found
    page.goto(found.group())
    hand.press("Yes, it is mine")
    page.wait_for_url("**/stores/new/")  # the product leads there by itself
    hand.type(name="Nia's Bikes", web_address="https://bikes.example.test", postal_address="Nia's Bikes\nRing 1\n1010 Wien")
    hand.press("Next")
    page.wait_for_url("**/stores/new/selling/")
    hand.choose("select[name=country]", "DE")
    page.wait_for_load_state("networkidle")
    hand.press("Next")
    page.wait_for_url("**/stores/new/check/")
    hand.press("Open the store")
    page.wait_for_url(re.compile(r"/s/[a-z0-9-]+/$"))


def _bring_people_in(page: "Page", hand: Hand, store: Store, file: Path) -> None:
    file.write_text(_customers(), encoding="cp1252")
    hand.press("Bring in a file", role="link")  # the list of first steps names it
    hand.presses += 1
    page.locator("input[type=file]").set_input_files(file)
    hand.press("Go on to the columns")
    assert "if you like" not in page.locator("label", has_text="Where did these people agree").inner_text()
    hand.type(consent_source="Paper list of the shop")
    hand.press("Show what would change")
    with store_context(store.pk):
        work(Import.objects.get())
    wait_for(page, "document.body.innerText.includes('Bring in 30 people')", seconds=15)  # the page renews itself
    hand.press("Bring in 30 people")
    with store_context(store.pk):
        work(Import.objects.get())
        assert Customer.objects.count() == 30
    wait_for(page, "document.body.innerText.includes('They are in.')", seconds=15)
    picture(page, variant="desktop-light", name="walk import done")


def _say_who(page: "Page", hand: Hand) -> None:
    """Build the segment of women with a birthday this month, and leave its name to its rule."""
    hand.press("Make a segment", role="link")
    for rule, answers in (("Birthday or age", {"op": "this_month"}), ("Name, address, place, gender, language", {"field": "gender"})):
        hand.presses += 1
        page.locator("summary", has_text="Rule").first.click()
        hand.press(rule)
        for name, value in answers.items():
            page.locator(f"[name='c.{name}']").wait_for()
            hand.choose(f"[name='c.{name}']", value)
            settle(page)
    hand.type(**{"'c.values'": "weiblich"})
    wait_for(page, "document.querySelector('#sg-side .huge')?.innerText.trim() === '5'", seconds=15)
    hand.press("Save the segment")
    page.wait_for_url(re.compile(r"/segments/[0-9a-f-]{36}/"))


def test_from_sign_up_to_a_segmented_campaign_in_the_test_inbox(fresh: New) -> None:
    page, watch = fresh.site.window().new_page(), Watch()
    watch.over(page)
    hand = Hand(page)
    _sign_up(page, hand)
    store = Store.objects.get(name="Nia's Bikes")
    before = hand.presses
    _bring_people_in(page, hand, store, fresh.folder.parent / "people.csv")
    _say_who(page, hand)
    assert page.locator("h1").inner_text().startswith("People who have their birthday this month and")
    with store_context(store.pk):
        fill_due(now=clock.now())
    hand.press("Write to them", role="link")
    picture(page, variant="desktop-light", name="walk new campaign")
    hand.press("Begin with Birthday")
    picture(page, variant="desktop-light", name="walk edit")
    hand.press("Save and look it over")
    picture(page, variant="desktop-light", name="walk review")
    assert page.locator(".cp-subject").inner_text() == "Happy birthday, Luca", "shown as people read it, not as it is written"
    hand.press("Send to 4")
    page.wait_for_url(re.compile(r"/campaigns/[0-9a-f-]{36}/$"))
    wait_for(page, "document.body.innerText.includes('No provider is connected')")
    with store_context(store.pk):
        running.tick(store, now=clock.now())
        assert send_all(store, now=clock.now()) == 4
        running.tick(store, now=clock.now())
    wait_for(page, "document.querySelector('#campaign-badge').innerText.includes('Sent')", seconds=15)
    wait_for(page, "document.querySelector('.rp-t td.n').innerText === '4'")
    picture(page, variant="desktop-light", name="walk report")
    hand.press("Open the test inbox", role="link")
    assert page.get_by_text("Happy birthday, Uschi").count() == 4
    assert before <= 6, "presses until the store is there"
    assert hand.presses <= 24, "presses and choices from sign-up to the mail in the test inbox"
    assert hand.fields <= 8, "fields typed into, sign-up included"
    assert hand.seconds <= 280, "the whole way, for somebody who reads every page first"
    assert watch.complaints == []


def test_a_mail_is_opened_clicked_bought_from_and_stopped(fresh: New) -> None:
    shop = f"{fresh.site.url}/healthz"  # stands for the shop: a page that answers
    store, owner, people = _shop_with_people(shop)
    page = fresh.site.window(user=owner).new_page()
    with store_context(store.pk):
        campaign = make_campaign(
            make_list(people, now=clock.now()), ways=(Way("Just in", replace(WORDS, url=f"{shop}/new")),), now=clock.now()
        )
        assert running.start(campaign, store=store, user_id=None, now=clock.now())
        running.tick(store, now=clock.now())
        assert send_all(store, now=clock.now()) == 1
    page.goto(f"/s/{store.slug}/inbox/")
    page.get_by_role("link", name="Just in").click()
    links = page.frame_locator("iframe.mail-body").locator("a")
    wait_for(page, "document.querySelector('iframe.mail-body') !== null")
    addresses = links.evaluate_all("all => all.map(one => one.href)")
    click, stop = next(one for one in addresses if "/c/" in one), next(one for one in addresses if "/u/" in one)
    with store_context(store.pk):
        _a_while_ago(campaign)
    reader = fresh.site.browser.new_context(user_agent="Mozilla/5.0 (X11; Linux x86_64) Firefox/150.0").new_page()  # headless is a machine
    reader.goto(click)
    assert reader.url.startswith(f"{shop}/new?utm_source=boomerang")
    with store_context(store.pk):
        note_clicks(now=clock.now())
        buy_after(list(rows(campaign)), now=clock.now() + timedelta(minutes=31))
    page.goto(f"/s/{store.slug}/campaigns/{campaign.public_id}/")
    assert "€44" in page.locator(".big-n").inner_text()
    reader.goto(stop)
    reader.locator("form button").first.click()
    reader.wait_for_load_state()
    with store_context(store.pk):
        again = make_campaign(make_list(people, now=clock.now()), now=clock.now())
        assert running.start(again, store=store, user_id=None, now=clock.now())
        running.tick(store, now=clock.now())
        assert send_all(store, now=clock.now()) == 0
    page.goto(f"/s/{store.slug}/campaigns/{again.public_id}/messages/")
    assert "No e-mail consent" in page.locator("#messages").inner_text()


def _a_while_ago(campaign: Campaign) -> None:
    """Let the mail have left some minutes ago: what clicks within a second counts as a machine."""
    rows(campaign).update(sent_at=clock.now() - timedelta(minutes=5))


def _shop_with_people(web_address: str = "https://lumen.example.test") -> tuple[Store, User, list[Customer]]:
    store = make_store("Lumen", web_address=web_address, postal_address="Lumen, Weg 7, 10115 Berlin")
    owner = member_of(store, "owner")
    with store_context(store.pk):
        return store, owner, make_crowd(1, now=clock.now())


@pytest.mark.parametrize("variant", ["desktop-light", "phone-dark"])
def test_the_report_draws_what_happened(variant: str, fresh: New) -> None:
    store, owner, _people = _shop_with_people()
    now = clock.now()
    with store_context(store.pk):
        ways = (Way("Just in, {{ profile.first_name }}", WORDS), Way("24 mornings of coffee", WORDS, delay_hours=0))
        campaign = make_sent(store, now=now, people=900, ways=ways, called="Loves new beans")
        clicked = click_on(campaign, now=now, counts={"a": 20, "b": 55}, machines=9)
        buy_after(clicked[::4], now=now)
        say_no(clicked[:3], campaign, now=now)
        draft = make_campaign(
            make_list(make_crowd(5, now=now), now=now),
            now=now,
            ways=ways,
            test_share=0.2,
            decide_metric="clicks",
            decide_hours=4,
            holdout_share=0.1,
        )
        Sender.objects.create(name="Ana of Lumen", address="ana@lumen.example.test")
        found = [
            Finding("spf", "spf_fine", {"domain": "lumen.example.test", "lookups": "3"}),
            Finding("dkim", "dkim_short", {"selector": "s1", "bits": "1024"}),
            Finding("dmarc", "dmarc_missing", {"domain": "lumen.example.test"}, ("TXT", "_dmarc.lumen.example.test", "v=DMARC1; p=none")),
            Finding("return_path", "not_heard", {"name": "lumen.example.test"}),
            Finding("links", "links_other", {"host": "mail.example.test"}),
        ]
        stored = [one.as_json() for one in found]
        LinkHost.objects.create(host="links.lumen.example.test", is_good=True, proven_at=now, checked_at=now)
        missing = Finding("links", "host_unproven", {"host": "news.lumen.example.test"}).as_json()
        LinkHost.objects.create(host="news.lumen.example.test", checked_at=now, findings=[missing])
        SendingDomain.objects.create(domain="lumen.example.test", selectors="s1", findings=stored, checked_at=now)
    page, watch = fresh.site.window(variant, user=owner).new_page(), Watch()
    watch.over(page)
    places = {
        "report": f"{campaign.public_id}/", "review": f"{draft.public_id}/", "edit": f"{draft.public_id}/edit/", "list": "",
        "messages": f"{campaign.public_id}/messages/", "failed": f"{campaign.public_id}/messages/?state=failed",
        "unknown": f"{campaign.public_id}/messages/?state=unknown",
    }  # fmt: skip
    for name, place in places.items():
        page.goto(f"/s/{store.slug}/campaigns/{place}")
        page.mouse.wheel(0, 4000)
        settle(page)
        if name == "review":
            page.frame_locator(".cp-frame").last.get_by_text("New on the shelf").wait_for()
        picture(page, variant=variant, name=f"campaign {name}")
        assert faults_of_page(page) == [], name
    page.goto(f"/s/{store.slug}/settings/channels/senders/")
    picture(page, variant=variant, name="campaign senders")
    assert faults_of_page(page) == []
    page.goto(f"/s/{store.slug}/settings/channels/")
    picture(page, variant=variant, name="campaign channels")
    page.goto(f"/s/{store.slug}/campaigns/{campaign.public_id}/")
    shown = page.frame_locator(".rp-frame").first.locator("a span").first
    assert shown.inner_text() == "20"
    assert watch.complaints == []


@pytest.mark.parametrize("variant", EACH_VARIANT)
def test_one_that_would_go_elsewhere_says_so_and_asks(variant: str, fresh: New) -> None:
    store, owner, _people = _shop_with_people()
    now, told = clock.now(), {"outside": "a provider was connected since", "inside": "these people never get it"}
    with store_context(store.pk):
        who = make_list(make_crowd(40, now=now), now=now)
        outside, inside = (make_campaign(who, now=now, ramp_hours=4) for _number in told)
        begin(outside, store, now=now)
        Connection.objects.create(channel="email", provider="smtp", name="SMTP", from_address="hello@lumen.example.test")
        running.tick(store, now=now)
        begin(inside, store, now=now)
        Connection.objects.update(active=False)
        running.tick(store, now=now)
        outside.refresh_from_db()
        inside.refresh_from_db()
        assert (outside.pause_reason, inside.pause_reason) == ("outside", "inside")
        Connection.objects.update(active=True)
    page, watch = fresh.site.window(variant, user=owner).new_page(), Watch()
    watch.over(page)
    for name, campaign in (("outside", outside), ("inside", inside)):
        page.goto(f"/s/{store.slug}/campaigns/{campaign.public_id}/")
        assert told[name] in page.locator("main").inner_text()
        assert faults_of_page(page) == [], name
        picture(page, variant=variant, name=f"campaign {name}")
        with store_context(store.pk):
            Connection.objects.update(active=False)
    assert watch.complaints == []
