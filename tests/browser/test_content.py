"""A merchant writes a mail: chooses a beginning, adds and fills in blocks, sees the mail change, takes it back; by mouse and keyboard."""

from typing import TYPE_CHECKING, Any

import pytest

from campaigns.models import Template, TemplateVersion
from retention.tenancy.context import store_context
from tests.browser.conftest import Site
from tests.browser.looking import Watch, faults_of_page, picture, settle, until, wait_for

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def begin(site: Site, variant: str = "desktop-light") -> "tuple[Page, Watch]":
    page = site.window(variant, user=site.side.people["marketer"]).new_page()
    watch = Watch()
    watch.over(page)
    page.goto(f"/s/{site.side.store.slug}/content/new/", wait_until="domcontentloaded")
    return page, watch


def choose(page: "Page", name: str) -> None:
    page.click(f"button[aria-label='Begin with {name}']")
    page.wait_for_selector("#editor[data-mode='blocks']")


def kept(page: "Page", act: object) -> None:
    with page.expect_response(lambda answer: "/draft/" in answer.url and answer.ok):
        act()  # type: ignore[operator]
    page.wait_for_timeout(350)


def source_of(site: Site, name: str) -> str:
    with store_context(site.side.store.pk):
        return str(Template.objects.get(name=name).draft["source"])


def shown(page: "Page") -> str:
    wait_for(page, "document.querySelectorAll('#ed-frames iframe').length === 1")
    return page.frame_locator("#ed-frames iframe").locator("body").inner_text()


def test_a_mail_is_begun_filled_in_moved_and_taken_back(site: Site) -> None:
    page, watch = begin(site)
    settle(page)
    picture(page, variant="desktop-light", name="content-new")
    choose(page, "Newsletter")
    settle(page)
    picture(page, variant="desktop-light", name="content-editor")
    heading = page.locator("#ed-blocks .bk:has-text('Something worth telling') > details > summary").first
    heading.click()
    kept(page, lambda: page.locator("#ed-blocks details[open] [data-field='text']").first.fill("The roast of **May**"))
    assert "The roast of <b>May</b>" in source_of(site, "Newsletter")
    assert "The roast of May" in shown(page)
    picture(page, variant="desktop-light", name="content-editor-block")
    page.locator(".ce-add > summary").click()
    picture(page, variant="desktop-light", name="content-editor-palette")
    kept(page, lambda: page.click("[data-add='countdown']"))
    assert "countdown_url: shop" in source_of(site, "Newsletter")
    before = source_of(site, "Newsletter")
    open_one = page.locator("#ed-blocks details[open] > summary").first
    open_one.focus()
    kept(page, lambda: page.keyboard.press("Alt+ArrowUp"))
    moved = source_of(site, "Newsletter")
    assert moved.index("countdown_url") < before.index("countdown_url")
    kept(page, lambda: page.click("#ed-undo"))
    assert source_of(site, "Newsletter") == before
    assert faults_of_page(page) == []
    assert watch.complaints == []


def test_code_shows_its_faults_beside_it_and_all_looks_can_be_seen(site: Site) -> None:
    page, watch = begin(site)
    choose(page, "Welcome")
    page.click("button[data-mode='code']")
    kept(page, lambda: page.fill("#ct-source", page.input_value("#ct-source").replace("profile.first_name", "profile.frist_name", 1)))
    assert "Did you mean profile.first_name?" in page.inner_text("#ed-checks")
    page.locator("#ed-checks .ce-go").first.click()
    chosen = "(one => one.value.slice(one.selectionStart, one.selectionEnd))(document.getElementById('ct-source'))"
    assert "frist_name" in page.evaluate(chosen)
    kept(page, lambda: page.fill("#ct-source", page.input_value("#ct-source").replace("frist_name", "first_name")))
    picture(page, variant="desktop-light", name="content-editor-code")
    for look in ("phone", "dark", "text"):
        page.click(f"button[data-as='{look}']")
        assert "Good to have you here" in shown(page)
        picture(page, variant="desktop-light", name=f"content-editor-{look}")
    page.click("button[data-as='html']")
    page.click("#ed-other")
    until(lambda: page.inner_text("#ed-person") != "the example person", True)
    assert faults_of_page(page) == []
    assert watch.complaints == []


def test_two_tabs_never_write_over_each_other(site: Site) -> None:
    page, _watch = begin(site)
    choose(page, "Birthday")
    other = page.context.new_page()
    other.goto(page.url)
    kept(page, lambda: page.fill("#ct-subject", "Mine"))
    with other.expect_response(lambda answer: answer.status == 409):
        other.fill("#ct-subject", "Theirs")
    other.wait_for_selector("#ed-conflict:visible")
    with store_context(site.side.store.pk):
        assert Template.objects.get(name="Birthday").draft["subject"] == "Mine"
    other.click("text=Keep mine as a copy")
    other.wait_for_url("**/content/**")
    with store_context(site.side.store.pk):
        assert set(Template.objects.filter(name__startswith="Birthday").values_list("draft__subject", flat=True)) == {"Mine", "Theirs"}


def test_what_was_typed_while_the_line_was_dead_is_kept_when_it_is_back(site: Site) -> None:
    page, _watch = begin(site)
    choose(page, "Newsletter")
    page.locator("#ed-blocks .bk:has-text('Something worth telling') > details > summary").first.click()
    page.route("**/draft/", lambda route: route.abort())
    page.locator("#ed-blocks details[open] [data-field='text']").first.fill("Still here")
    wait_for(page, "document.getElementById('ed-saved').textContent.includes('could not be kept')")
    page.unroute("**/draft/")
    wait_for(page, "document.getElementById('ed-saved').textContent.includes('Kept at')", seconds=20)
    assert "Still here" in source_of(site, "Newsletter")


def test_the_editor_works_on_a_phone(site: Site) -> None:
    page, watch = begin(site, "phone-light")
    choose(page, "Win-back")
    settle(page)
    picture(page, variant="phone-light", name="content-editor")
    assert faults_of_page(page) == []
    assert watch.complaints == []


def test_an_sms_counts_while_one_types(site: Site) -> None:
    page, watch = begin(site)
    page.fill("#ct-sms", "Sale")
    page.click("text=Write an SMS")
    page.wait_for_selector("#sms-look")
    with page.expect_response(lambda answer: "/sms/" in answer.url and answer.ok):
        page.fill("#ct-source", "Lumen: new beans “today” 🎉 " + "x" * 60)
    page.fill("#ct-price", "0.09")
    wait_for(page, "document.getElementById('sms-look').innerText.includes('180')")
    assert "UCS-2" in page.inner_text("#sms-look")
    picture(page, variant="desktop-light", name="content-sms")
    assert faults_of_page(page) == []
    held: list[Any] = []
    page.route("**/sms/", lambda route: held.append(route))
    page.fill("#ct-source", "Lumen: the last word")
    until(lambda: page.wait_for_timeout(50) or bool(held), wanted=True)
    page.fill("#ct-source", "Lumen: the very last word")
    page.click("button[value='save']", no_wait_after=True)
    page.wait_for_timeout(200)
    held[0].continue_()
    page.wait_for_selector("text=Version 1 is live")
    with store_context(site.side.store.pk):
        assert TemplateVersion.objects.filter(template__name="Sale").get().text == "Lumen: the very last word"
    assert watch.complaints == []


@pytest.mark.parametrize("variant", ["desktop-dark", "phone-light"])
def test_versions_languages_list_and_look_of_mails_are_sound(site: Site, variant: str) -> None:
    page = site.window(variant, user=site.side.people["owner"]).new_page()
    watch = Watch()
    watch.over(page)
    shop = f"/s/{site.side.store.slug}"
    page.goto(f"{shop}/content/new/", wait_until="domcontentloaded")
    choose(page, "Price drop")
    kept(page, lambda: page.fill("#ct-subject", "One"))
    page.click("button[value='save']")
    page.wait_for_selector("text=Version 1 is live")
    kept(page, lambda: page.fill("#ct-subject", "Two"))
    editor = page.url.partition("?")[0]
    for name, where in (
        ("versions", f"{editor}versions/"),
        ("languages", f"{editor}languages/"),
        ("list", f"{shop}/content/"),
        ("brand", f"{shop}/settings/mails/"),
    ):
        page.goto(where)
        settle(page)
        picture(page, variant=variant, name=f"content-{name}")
        assert faults_of_page(page) == [], name
    assert watch.complaints == []
