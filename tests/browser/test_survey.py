"""The question behind a mail's button, by a link that is valid: asked, answered without a choice, and thanked for."""

from typing import TYPE_CHECKING

import pytest

from retention.kit import clock
from retention.tenancy.context import store_context
from tests.browser.looking import PAIR, VARIANTS, faults_of_page, picture
from tests.browser.test_pages import dress, look
from tests.campaigns.test_survey import asked, path_of
from tests.factories import make_store
from tests.serving import serve

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_question_is_asked_and_answered(browser: "Browser") -> None:
    now, store = clock.now(), make_store("Lumen Coffee", web_address="https://lumen.example.test", postal_address="Lumen, Weg 7, Berlin")
    with store_context(store.pk):
        where = path_of(asked(now), now=now)
    with serve() as url:
        page = browser.new_context().new_page()
        faults = look(page, url + where, name="survey", variants=list(VARIANTS))
        page.get_by_role("button", name="Send my answer").click()
        page.get_by_text("Choose one of the answers.").wait_for()
        for variant in PAIR:
            dress(page, variant)
            picture(page, variant=variant, name="survey fault")
            faults += faults_of_page(page)
        page.get_by_role("radio").last.check()
        page.get_by_label("What was good, or missing?").fill("The box was wet.")
        picture(page, variant=PAIR[-1], name="survey filled")
        page.get_by_role("button", name="Send my answer").click()
        page.get_by_role("heading", name="Thank you").wait_for()
        for variant in PAIR:
            dress(page, variant)
            picture(page, variant=variant, name="survey done")
            faults += faults_of_page(page)
    assert not faults, "\n".join(faults)
