"""A merchant says three audiences on the page, by mouse in few clicks, by keyboard alone, and on a phone."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from retention.tenancy.context import store_context
from segments.models import Segment
from tests.browser.conftest import Site
from tests.browser.looking import Watch, faults_of_page, wait_for

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


class Hand:
    """A hand on the mouse that counts its clicks; choosing in a list and typing are one act each."""

    def __init__(self, page: "Page") -> None:
        self.page, self.clicks = page, 0

    def press(self, selector: str) -> None:
        self.clicks += 1
        self.page.locator(selector).first.click()
        self.settle()

    def choose(self, name: str, value: str) -> None:
        self.clicks += 1
        self.page.locator(f"#builder [name='c.{name}']").first.select_option(value)
        self.settle()

    def type(self, name: str, text: str) -> None:
        self.clicks += 1
        self.page.locator(f"#builder [name='c.{name}']").last.fill(text)

    def add(self, label: str, *, group: str = "root") -> None:
        self.press(f"[data-group='{group}'] > .sg-add summary")
        self.press(f"[data-group='{group}'] > .sg-add button:text-is('{label}')")

    def settle(self) -> None:
        self.page.wait_for_timeout(120)
        wait_for(self.page, "!document.querySelector('.htmx-request, .htmx-swapping')")

    def done(self) -> None:
        self.press("#builder button:text-is('Done')")

    def save(self, name: str) -> None:
        self.clicks += 2
        self.page.fill("#sg-name", name)
        self.page.click("text=Save the segment")
        self.page.wait_for_url("**/segments/*-*/")


def open_builder(site: Site, variant: str = "desktop-light") -> "tuple[Page, Watch]":
    page = site.window(variant, user=site.side.people["marketer"]).new_page()
    watch = Watch()
    watch.over(page)
    page.goto(f"/s/{site.side.store.slug}/segments/new/")
    return page, watch


def saved(site: Site, name: str) -> Segment:
    with store_context(site.side.store.pk):
        found: Segment = Segment.objects.get(name=name)
    return found


IN_SIGHT = """(() => {
    const pop = document.querySelector("details[open] > .pop.many"), box = pop.getBoundingClientRect();
    return box.left >= 0 && box.top >= 0 && box.right <= innerWidth && box.bottom <= innerHeight + 1;
})()"""
ORDERS = "Orders: how many, how much, of what, with which coupon"


def bought_thrice_in_vienna(page: "Page") -> int:
    hand = Hand(page)
    hand.add(ORDERS)
    hand.type("value", "3")
    hand.choose("window.how", "last")
    hand.type("window.count", "90")
    hand.add("Name, address, place, gender, language")
    hand.type("values", "Wien")
    hand.save("Bought thrice in Vienna")
    return hand.clicks


def left_a_basket_and_may_be_mailed(page: "Page") -> int:
    hand = Hand(page)
    hand.add("Basket: open, left alone, abandoned")
    hand.choose("total.op", "at_least")
    hand.type("total.value", "100")
    hand.add("May we write: e-mail, SMS, push, on the site")
    hand.press("#builder button:text-is('Leave people out')")
    hand.add("Is in a segment or not", group="root.rules.2")
    hand.save("Left a large basket")
    return hand.clicks


def looked_or_likes_and_did_not_order(page: "Page") -> int:
    hand = Hand(page)
    hand.press("[data-group='root'] > .sg-add button:has-text('Group')")
    hand.add("Did or did not do something", group="root.rules.0")
    hand.choose("event", "Product Viewed")
    hand.type("value", "3")
    hand.choose("window.how", "last")
    hand.add("Interests", group="root.rules.0")
    hand.type("values", "espresso")
    hand.add(ORDERS)
    hand.choose("op", "none")
    hand.choose("window.how", "last")
    hand.type("window.count", "45")
    hand.save("Looked or likes, and did not order")
    return hand.clicks


AUDIENCES: dict[str, tuple[Callable[[Any], int], int, list[Any]]] = {
    "Bought thrice in Vienna": (
        bought_thrice_in_vienna, 10,
        [{"is": "orders", "measure": "count", "op": "at_least", "value": 3, "window": {"how": "last", "count": 90, "unit": "days"}},
         {"is": "text", "field": "city", "op": "is", "values": ["Wien"]}],
    ),
    "Left a large basket": (
        left_a_basket_and_may_be_mailed, 12,
        [{"is": "cart", "state": "abandoned", "total": {"op": "at_least", "value": 100}},
         {"is": "consent", "channel": "email", "status": "granted"}, "none"],
    ),
    "Looked or likes, and did not order": (
        looked_or_likes_and_did_not_order, 16,
        ["any",
         {"is": "orders", "measure": "count", "op": "equals", "value": 0, "window": {"how": "last", "count": 45, "unit": "days"}}],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", AUDIENCES)
def test_an_audience_is_said_in_few_clicks(name: str, site: Site) -> None:
    say, most_clicks, wanted = AUDIENCES[name]
    page, watch = open_builder(site)
    clicks = say(page)
    found = saved(site, name).rule["root"]["rules"]
    assert [node if isinstance(told, dict) else node["join"] for node, told in zip(found, wanted, strict=True)] == wanted
    assert clicks <= most_clicks
    assert watch.complaints == []


def test_a_count_that_comes_after_its_question_is_gone_is_given_up(site: Site) -> None:
    page, watch = open_builder(site)
    hand, held = Hand(page), list["Route"]()
    hand.add("Birthday or age")
    hand.choose("op", "next")
    for path in ("count", "new"):
        page.route(f"**/segments/{path}/", lambda route: held.append(route), times=1)
    with page.expect_request("**/segments/count/"):
        hand.type("count", "0")
    with page.expect_request("**/segments/new/"):
        page.locator("#builder [name='c.op']").select_option("this_month")  # which asks for no number of days
    count, form = [(route, route.fetch()) for route in held]
    assert 'id="f-count-fault"' in count[1].text()
    assert "f-count" not in form[1].text()
    for route, answer in (form, count):
        route.fulfill(response=answer)
    hand.settle()
    wait_for(page, "/^[0-9,]+$/.test(document.querySelector('#sg-side .huge').textContent)")
    assert watch.complaints == []


def test_a_count_comes_where_the_form_could_not_be_drawn_anew(site: Site) -> None:
    page, _watch = open_builder(site)
    hand, held = Hand(page), list["Route"]()
    hand.add("Birthday or age")
    hand.choose("op", "next")
    page.route("**/segments/count/", lambda route: route.continue_() if held else held.append(route))
    with page.expect_request("**/segments/count/"):
        hand.type("count", "9")
    page.route("**/segments/new/", lambda route: route.fulfill(status=500, body="no"))
    with page.expect_response("**/segments/new/"):
        page.locator("#builder [name='c.op']").select_option("this_month")
    page.evaluate("document.querySelector('#sg-side .huge').textContent = 'of before'")
    held[0].fulfill(response=held[0].fetch())
    wait_for(page, "/^[0-9,]+$/.test(document.querySelector('#sg-side .huge').textContent)")


def test_a_segment_is_built_by_the_keyboard_alone(site: Site) -> None:
    page, _watch = open_builder(site)

    def tab_to(selector: str) -> None:
        for _step in range(120):
            if page.evaluate("s => document.activeElement && document.activeElement.matches(s)", selector):
                return
            page.keyboard.press("Tab")
        raise AssertionError(f"Tab never came to {selector}")

    assert page.evaluate("(nav => nav.scrollHeight <= nav.clientHeight)(document.querySelector('.bo-side nav'))"), "the menu fits"
    tab_to("#sg-name")
    page.keyboard.type("By hand")
    tab_to("#builder .sg-add summary")
    page.keyboard.press("Enter")
    wait_for(page, "document.activeElement.matches('[data-menu-find]')")
    assert page.evaluate(IN_SIGHT), "the menu is seen as a whole"
    page.keyboard.type("revenue")  # a word it is looked for by, not one of its label
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.value") == "add:root|figure"
    page.keyboard.press("Enter")
    page.wait_for_selector(".sg-edit")
    tab_to("[name='c.value']")
    page.keyboard.press("Control+a")
    page.keyboard.type("4")
    wait_for(page, "document.getElementById('say-root-0').textContent.includes('at least 4 orders')")
    wait_for(page, "document.activeElement.name === 'c.value'")  # the sentence follows and the focus stays
    page.keyboard.press("Enter")
    page.wait_for_selector(".sg-edit", state="detached")
    wait_for(page, "document.activeElement.classList.contains('bo-slot')")  # the focus goes back to the sentence
    on_save = "document.activeElement.matches('main button[value=save]')"
    for _step in range(120):
        if page.evaluate(on_save):
            break
        page.keyboard.press("Shift+Tab")
    assert page.evaluate(on_save), "Save is reached by the keyboard"
    page.keyboard.press("Enter")
    page.wait_for_url("**/segments/*-*/")
    assert saved(site, "By hand").rule["root"]["rules"][0]["value"] == 4


def test_rules_are_moved_by_buttons_and_by_dragging(site: Site) -> None:
    page, _watch = open_builder(site)
    hand = Hand(page)
    hand.add("Birthday or age")
    hand.add("Country")
    hand.press("#builder [data-place='root.rules.1'] .sg-deeds summary")
    hand.press("#builder button[value='up:root.rules.1']")
    kinds = "JSON.parse(document.querySelector('#builder [name=rule]').value).root.rules.map(one => one.is).join()"
    assert page.evaluate(kinds) == "country,birthday"
    box = page.locator("#builder [data-place='root.rules.1'] .grip").bounding_box()
    goal = page.locator("#builder [data-place='root.rules.0']").bounding_box()
    assert box is not None
    assert goal is not None
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    page.mouse.down()
    page.mouse.move(goal["x"] + 40, goal["y"] + 6, steps=8)
    page.mouse.up()
    hand.settle()
    assert page.evaluate(kinds) == "birthday,country"
    hand.press("#builder button[value='undo']")
    assert page.evaluate(kinds) == "country,birthday"


def test_the_builder_works_on_a_phone(site: Site) -> None:
    page, _watch = open_builder(site, "phone-light")
    page.locator("#builder .sg-add summary").first.click()
    assert page.evaluate(IN_SIGHT), "the menu is a sheet over the page"
    page.keyboard.press("Escape")
    bought_thrice_in_vienna(page)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.goto(f"/s/{site.side.store.slug}/segments/{saved(site, 'Bought thrice in Vienna').public_id}/edit/")
    page.locator("#builder .bo-slot").first.click()
    page.wait_for_selector(".sg-edit")
    assert not faults_of_page(page)
