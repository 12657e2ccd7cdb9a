"""The whole way in a real Chromium: a form is filled in, a mail arrives by SMTP, its link is pressed, and the shop may write."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings

from retention.customers.consent import may_write
from retention.customers.models import ConsentRecord, Customer
from retention.kit import clock
from retention.notices import tasks
from retention.signup.links import preferences_url
from retention.signup.models import Signup, SignupForm
from retention.signup.numbers import funnels_of
from retention.stores.models import Store
from tests.browser.looking import EACH_VARIANT, VARIANTS, Watch, faults_of_page, picture, wait_for
from tests.browser.storefront import open_storefront
from tests.factories import make_store, member_of, signed_in, work_for
from tests.factories.customers import make_customer
from tests.factories.signup import ADDRESS, BIRTHDAY, INTERESTS, make_form, make_topic
from tests.notices.mail_servers import mail_server
from tests.serving import serve

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@dataclass
class Town:
    """A running product, a shop with a form, and windows."""

    url: str
    shop: Store
    form: SignupForm
    browser: "Browser"

    def page(self, variant: str = "phone-light", *, watch: Watch | None = None, script: bool = True, **more: Any) -> "Page":
        width, height, scheme = VARIANTS[variant]
        context = self.browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, base_url=self.url, java_script_enabled=script, **more
        )
        page = context.new_page()
        if watch is not None:
            watch.over(page)
        return page


@pytest.fixture(scope="module")
def product(django_db_setup: None, running_browser: "Browser") -> Iterator[str]:
    """Yield the address of one running product for the tests of this file."""
    with serve() as url:
        yield url


@pytest.fixture
def town(transactional_db: None, product: str, browser: "Browser") -> Town:
    """Return the product with a German shop and its live form."""
    shop = make_store(
        "Lumen Coffee", web_address="https://lumen.example.test", postal_address="Lumen Coffee GmbH\nMusterweg 4", brand_color="#b8371f"
    )
    return Town(product, shop, make_form(shop, topic=make_topic(shop, "News")), browser)


def fill(page: "Page", address: str) -> None:
    """Answer every question of the form that stands in the page, as a person with a keyboard."""
    page.get_by_label("E-mail").fill(address)
    page.wait_for_timeout(1600)
    page.keyboard.press("Enter")
    page.get_by_text("Woman", exact=True).click()
    page.get_by_role("button", name="Next").click()
    page.get_by_label("Tea").check()
    page.get_by_label("Espresso").check()
    page.get_by_role("button", name="Next").click()
    page.get_by_role("textbox", name="Day").fill("1")
    page.get_by_label("Month").select_option("5")
    page.get_by_label("Year").fill("1990")
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Skip this question").click()


def deliver(setting: Any) -> str:
    """Send what is owed through a real mail server and return the link in the one mail that arrives."""
    with mail_server() as (keeper, url):
        setting.MAIL_URL, setting.INBOX_SMTP_URL = "", url
        tasks.deliver()
    (mail,) = keeper.mails
    text = next(part for part in mail.walk() if part.get_content_type() == "text/plain").get_payload(decode=True).decode()
    return re.search(r"http\S+/y/\S+", text).group()


def test_from_the_form_through_the_mail_to_the_yes(town: Town, settings: Any) -> None:
    watch = Watch()
    page = town.page(watch=watch)
    page.goto(f"/f/{town.form.public_id}/")
    assert page.get_by_text("Question 1 of 5").is_visible()
    assert faults_of_page(page) == []
    picture(page, variant="phone-light", name="signup form")
    fill(page, "ana@example.test")
    page.get_by_text("Almost done. We sent you a mail").wait_for()
    with work_for(town.shop):
        assert (Customer.objects.count(), Signup.objects.get().state) == (0, "pending")
    page.goto(deliver(settings))
    assert faults_of_page(page) == []
    picture(page, variant="phone-light", name="signup confirm")
    with work_for(town.shop):
        assert Customer.objects.count() == 0
    page.get_by_role("button", name="Yes, write to me").click()
    page.get_by_role("heading", name="You are in").wait_for()
    with work_for(town.shop):
        customer, record = Customer.objects.get(), ConsentRecord.objects.get()
        assert (customer.gender, customer.interests, customer.birthday) == ("Woman", ["Espresso", "Tea"], "1990-05-01")
        assert (record.status, record.method, record.proof["text"]) == ("granted", "double_opt_in", "The shop may write to me.")
        assert may_write([customer.pk], channel="email") == {customer.pk}
        assert funnels_of([town.form.pk])[town.form.pk].shown == 1
    page.get_by_role("link", name="Choose what you hear about").click()
    page.get_by_label("Nothing for two weeks").check()
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved.").wait_for()
    with work_for(town.shop):
        assert may_write([customer.pk], channel="email") == set()
    assert watch.complaints == []


def test_a_last_question_left_empty_does_not_hold_the_form_up(town: Town) -> None:
    form = make_form(town.shop, steps=(ADDRESS, INTERESTS, BIRTHDAY))
    page = town.page()
    page.goto(f"/f/{form.public_id}/")
    page.get_by_label("E-mail").fill("ana@example.test")
    page.wait_for_timeout(1600)
    for _question in range(2):
        page.get_by_role("button", name="Next").click()
    assert page.get_by_label("Month").input_value() == ""
    page.get_by_role("button", name="Sign me up").click()
    page.get_by_text("Almost done. We sent you a mail").wait_for()
    with work_for(town.shop):
        assert Signup.objects.get(form=form).answers == {}


def test_the_form_works_without_any_script(town: Town) -> None:
    page = town.page(script=False)
    page.goto(f"/f/{town.form.public_id}/")
    page.get_by_label("E-mail").fill("ana@example.test")
    page.get_by_label("Woman").check()
    page.get_by_role("textbox", name="Day").fill("31")
    page.get_by_label("Month").select_option("2")
    page.wait_for_timeout(1600)
    page.get_by_role("button", name="Sign me up").click()
    page.get_by_text("31.02. is not a date.").wait_for()
    picture(page, variant="phone-light", name="signup form fault")
    assert page.get_by_label("Woman").is_checked()
    page.get_by_role("textbox", name="Day").fill("28")
    page.get_by_role("button", name="Sign me up").click()
    page.get_by_role("heading", name="Almost done").wait_for()
    with work_for(town.shop):
        assert Signup.objects.get().answers == {"gender": "Woman", "birthday": "--02-28"}


def test_a_fault_the_server_finds_leads_back_to_its_question(town: Town) -> None:
    page = town.page()
    page.goto(f"/f/{town.form.public_id}/")
    page.get_by_label("E-mail").fill("ana@example")
    page.wait_for_timeout(1600)
    page.get_by_role("button", name="Next").click()
    for _question in range(4):
        page.get_by_role("button", name="Skip this question").click()
    page.get_by_text("This is not an e-mail address.").wait_for()
    assert page.get_by_label("E-mail").input_value() == "ana@example"
    assert page.evaluate("document.querySelector('[data-boomerang-form]').shadowRoot.activeElement.name") == "email"
    with work_for(town.shop):
        assert Signup.objects.count() == 0


def test_it_stands_in_a_shop_of_another_origin_under_the_strictest_policy(town: Town) -> None:
    tags = f'<script src="{town.url}/static/js/signup.js" defer></script>'
    watch = Watch()
    with open_storefront(tags=tags, product=town.url) as shop:
        page = town.page("desktop-light", watch=watch)
        shop.tags = f'{tags}</head><body><div data-boomerang-form="{town.form.public_id}"></div>'
        page.goto(f"{shop.url}/embed")
        page.evaluate("window.boomerang = {anonymousId: () => 'browser-7'}")
        page.get_by_label("E-mail").wait_for()
        picture(page, variant="desktop-light", name="signup embedded")
        fill(page, "bo@example.test")
        page.get_by_text("Almost done. We sent you a mail").wait_for()
    with work_for(town.shop):
        signup = Signup.objects.get()
        assert (signup.email, signup.anonymous_id) == ("bo@example.test", "browser-7")
    assert [line for line in watch.complaints if "favicon" not in line] == []


def test_the_pop_up_holds_the_focus_closes_and_remembers(town: Town) -> None:
    with work_for(town.shop):
        SignupForm.objects.filter(pk=town.form.pk).update(
            kind="popup", popup={"delay_seconds": 1, "scroll_percent": 0, "exit_intent": False, "again_days": 14}
        )
    tags = f'<script src="{town.url}/static/js/signup.js" data-form="{town.form.public_id}" defer></script>'
    with open_storefront(tags=tags, product=town.url) as shop:
        page = town.page("phone-light")
        page.goto(f"{shop.url}/")
        dialog = page.get_by_role("dialog")
        dialog.wait_for()
        picture(page, variant="phone-light", name="signup pop-up")
        inside = "document.querySelector('[data-boomerang-popup]')?.shadowRoot.activeElement?.tagName || document.activeElement.tagName"
        for _time in range(12):
            page.keyboard.press("Tab")
            assert page.evaluate(inside) in {"INPUT", "BUTTON", "BODY"}
        assert page.evaluate("document.activeElement.tagName") != "A"
        page.keyboard.press("Escape")
        dialog.wait_for(state="detached")
        page.goto(f"{shop.url}/two")
        page.wait_for_timeout(1500)
        assert page.get_by_role("dialog").count() == 0
    with work_for(town.shop):
        assert funnels_of([town.form.pk])[town.form.pk].shown == 1


def test_the_builder_moves_questions_by_keyboard_and_shows_what_a_visitor_sees(town: Town) -> None:
    owner, watch = member_of(town.shop), Watch()
    page = town.page("desktop-light", watch=watch)
    cookie = signed_in(owner).cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": town.url}])
    page.goto(f"/s/{town.shop.slug}/forms/{town.form.public_id}/build/")
    preview = page.locator("#preview")
    preview.get_by_text("Where may we write to you?").wait_for()
    page.get_by_label("Heading").fill("Beans first")
    preview.get_by_role("heading", name="Beans first").wait_for()
    page.get_by_role("button", name="Move question 2 up").focus()
    page.keyboard.press("Enter")
    page.get_by_text("The question is number 1 of 5 now.").wait_for(state="attached")
    wait_for(page, "document.activeElement.name === 's0_title'")  # the words arrive a moment before the focus does
    assert page.get_by_label("Heading").input_value() == "Beans first"
    page.get_by_label("Kind of question").select_option("text")
    page.get_by_role("button", name="Add the question").click()
    page.locator("#s5_title").fill("How do you brew?")
    page.get_by_role("button", name="Take question 4 out").click()
    page.locator("[name=step_count][value='5']").wait_for(state="attached")
    assert watch.complaints == []
    picture(page, variant="desktop-light", name="signup builder")
    page.get_by_role("button", name="Save").first.click()
    page.get_by_text("The form is saved.").wait_for()
    picture(page, variant="desktop-light", name="signup one form")
    with work_for(town.shop):
        saved = SignupForm.objects.get(pk=town.form.pk)
        assert [step["key"] for step in saved.steps] == ["gender", "address", "interests", "grinder", "how_do_you_brew"]
        assert saved.texts["title"] == "Beans first"


@pytest.mark.parametrize("variant", EACH_VARIANT)
def test_the_shop_s_pages_are_sound_in_every_size_and_colour(variant: str, town: Town) -> None:
    customer = make_customer(town.shop, "a.very.long.address.of.somebody.with.patience@subdomain.example.test", allows=("email", "sms"))
    where = preferences_url(customer, store_id=town.shop.pk, planned_at=clock.now()).split("/", 3)[3]
    other = make_form(town.shop, state="paused")
    pages = {"form": f"/f/{town.form.public_id}/", "preferences": f"/{where}", "closed": f"/f/{other.public_id}/", "lost": "/p/nonsense/"}
    faults = []
    for name, path in pages.items():
        watch = Watch()
        page = town.page(variant, watch=watch)
        page.goto(path)
        page.wait_for_timeout(80)
        picture(page, variant=variant, name=f"signup {name}")
        faults += [f"{name}: {fault}" for fault in [*watch.complaints, *faults_of_page(page)]]
        page.context.close()
    assert faults == []
