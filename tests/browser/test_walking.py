"""The ways people walk: by keyboard alone, from sign-up to the first page of a new store, and in with a passkey."""

import re
from typing import TYPE_CHECKING

import pytest
from allauth.mfa.models import Authenticator

from retention.notices.models import Notice
from retention.stores.models import Membership, Store, User
from retention.tenancy.context import user_context
from tests.browser.conftest import Site
from tests.browser.looking import Watch, picture
from tests.factories import STRONG_PASSWORD, make_user

if TYPE_CHECKING:
    from playwright.sync_api import Page, expect
else:
    expect = pytest.importorskip("playwright.sync_api", reason="browser: Playwright is not installed").expect

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def _focused(page: "Page") -> str:
    """Return what has the keyboard: its tag, its text and where it leads."""
    text: str = page.evaluate(
        "(n => n.tagName + ' ' + (n.innerText || n.value || '').trim() + ' ' + (n.getAttribute('href') || ''))(document.activeElement)"
    )
    return text


def test_everything_in_the_menu_is_reached_by_keyboard(site: Site) -> None:
    page = site.window(user=site.side.people["owner"]).new_page()
    page.goto(f"/s/{site.side.store.slug}/")
    links = page.locator("aside nav a, aside .foot > a").evaluate_all("all => all.map(n => n.getAttribute('href'))")
    page.keyboard.press("Tab")
    assert "#main" in _focused(page), "the first stop is the way past the menu"
    seen = []
    for _stop in range(40):
        page.keyboard.press("Tab")
        if _focused(page).startswith("BODY"):
            break  # round the whole page
        seen.append(_focused(page))
        outline = page.evaluate("(s => s.outlineStyle !== 'none' || s.boxShadow !== 'none')(getComputedStyle(document.activeElement))")
        assert outline, f"nothing shows where the keyboard is: {seen[-1]}"
    assert [link for link in links if not any(stop.endswith(link) for stop in seen)] == []


def test_a_menu_opens_and_closes_by_keyboard(site: Site) -> None:
    page = site.window(user=site.side.people["owner"]).new_page()
    page.goto(f"/s/{site.side.store.slug}/")
    switcher = page.locator("aside details.bo-menu").first
    switcher.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(switcher).to_have_attribute("open", "")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('details[data-menu]') !== null")
    page.keyboard.press("Escape")
    expect(switcher).not_to_have_attribute("open", "")
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY", "the keyboard comes back to where it was"


def test_the_open_tab_stands_in_sight_on_a_phone(site: Site) -> None:
    page = site.window(user=site.side.people["owner"]).new_page()
    strip = page.get_by_role("navigation", name="Settings")
    tab = strip.get_by_role("link", name="Connections")
    for before, after in ((390, 390), (1440, 390)):
        page.set_viewport_size({"width": before, "height": 800})
        page.goto(f"/s/{site.side.store.slug}/settings/connections/")
        page.set_viewport_size({"width": after, "height": 800})
        assert strip.evaluate("strip => strip.scrollWidth > strip.clientWidth"), "there are more tabs than a phone has room for"
        expect(tab).to_be_in_viewport(ratio=1)
        assert page.evaluate("scrollY") == 0


def test_a_question_holds_the_keyboard_until_it_is_answered(site: Site) -> None:
    page = site.window(user=site.side.people["owner"]).new_page()
    page.goto(f"/s/{site.side.store.slug}/settings/keys/")
    opener = page.locator("[data-confirm-title]").first
    opener.locator("button").or_(opener).last.focus()
    page.keyboard.press("Enter")
    expect(page.locator("dialog#confirm")).to_be_visible()
    for _stop in range(6):
        page.keyboard.press("Tab")
        assert page.evaluate(
            "!document.activeElement || document.activeElement === document.body || document.activeElement.closest('dialog') !== null"
        )
    page.keyboard.press("Escape")
    expect(page.locator("dialog#confirm")).to_be_hidden()


def test_from_sign_up_to_the_first_page_of_a_new_store(site: Site) -> None:
    page, watch = site.window().new_page(), Watch()
    watch.over(page)
    page.goto("/accounts/signup/")
    for box in page.locator("form input:visible").all():
        name = box.get_attribute("name") or ""
        box.fill({"email": "new.owner@example.test", "password1": STRONG_PASSWORD}.get(name, "Nia Owner"))
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url("**/accounts/confirm-email/")
    letter = Notice.objects.get(to="new.owner@example.test")
    found = re.search(r"/accounts/confirm-email/[^\s\"]+", letter.text)
    assert found, letter.text
    page.goto(found.group())
    expect(page.get_by_role("heading", level=1)).to_have_text("Is this your address?")
    page.get_by_role("button", name="Yes, it is mine").click()
    page.wait_for_url("**/stores/new/")
    _fill(page, {"name": "Nia's Bikes", "web_address": "https://bikes.example.test", "postal_address": "Nia's Bikes\nRing 1\n1010 Wien"})
    page.get_by_role("button", name="Next").click()
    page.wait_for_url("**/stores/new/selling/")
    page.locator("select[name=country]").select_option("AT")
    page.wait_for_load_state("networkidle")
    page.get_by_role("button", name="Next").click()
    page.wait_for_url("**/stores/new/check/")
    page.get_by_role("button", name="Open the store").click()
    page.wait_for_url(re.compile(r"/s/[a-z0-9-]+/"))
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    picture(page, variant="desktop-light", name="first page of a new store")
    store, person = Store.objects.get(name="Nia's Bikes"), User.objects.get(email="new.owner@example.test")
    with user_context(person.pk):
        assert Membership.objects.get().role == "owner"
    assert (store.country, store.currency, store.zone) == ("AT", "EUR", "Europe/Vienna")
    assert watch.complaints == []


def _sign_in(page: "Page", email: str) -> None:
    if "/login" not in page.url:
        page.goto("/accounts/login/")
    page.locator("input[name=login]").fill(email)
    page.locator("input[name=password]").fill(STRONG_PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(lambda url: "/login" not in url)


def _fill(page: "Page", values: dict[str, str]) -> None:
    for name, value in values.items():
        page.locator(f"[name={name}]").fill(value)


def test_a_passkey_is_added_and_opens_the_door(site: Site) -> None:
    person = make_user("passkey@example.test", password=STRONG_PASSWORD)
    window = site.window()
    page, watch = window.new_page(), Watch()
    watch.over(page)
    device = window.new_cdp_session(page)
    device.send("WebAuthn.enable")
    kind = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True}
    device.send("WebAuthn.addVirtualAuthenticator", {"options": kind | {"automaticPresenceSimulation": True}})
    page.goto("/accounts/login/")
    _sign_in(page, person.email)
    page.goto("/accounts/2fa/webauthn/add/")
    if "reauthenticate" in page.url:
        page.locator("input[name=password]").fill(STRONG_PASSWORD)
        page.locator("form button.btn-primary").first.click()
        page.wait_for_url("**/webauthn/add/")
    page.locator("input[name=name]").fill("Laptop")
    box = page.locator("input[name=passwordless]")
    if box.count():
        box.check()
    page.locator("#mfa_webauthn_add").click()
    page.wait_for_url(lambda url: "/add/" not in url)
    assert Authenticator.objects.filter(user=person, type="webauthn").count() == 1
    window.clear_cookies()
    page.goto("/accounts/login/")
    page.locator("#passkey_login").click()
    page.wait_for_url(lambda url: "/login" not in url)
    expect(page.locator("body")).to_contain_text(re.compile("passkey|store", re.IGNORECASE))
    assert watch.complaints == []
