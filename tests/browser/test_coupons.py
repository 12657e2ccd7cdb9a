"""The form of a new coupon pool shows what belongs to its answers; a pool that is put away and what a journey lacks are seen."""

import pytest

from campaigns.models import CouponPool, Journey, Template
from campaigns.personalization.saving import save_version
from retention.kit import clock
from retention.tenancy.context import store_context
from tests.browser.conftest import Site
from tests.browser.looking import picture
from tests.browser.test_pages import look

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SHOWS_CODE = "<mjml><mj-body><mj-section><mj-column><mj-text>{{ coupon.code }}</mj-text></mj-column></mj-section></mj-body></mjml>"
ANSWERS = [
    ("origin", "paste", {"codes"}),
    ("origin", "file", {"file"}),
    ("origin", "endless", {"beginning", "length"}),
    ("origin", "make", {"make", "beginning", "length"}),
    ("benefit", "shipping", set()),
    ("benefit", "percent", {"worth"}),
    ("lasts", "days", {"valid_days"}),
    ("lasts", "date", {"expires_on"}),
    ("when_out", "fallback", {"fallback"}),
]
PARTS = {
    "origin": {"codes", "file", "make", "beginning", "length"},
    "benefit": {"worth"},
    "lasts": {"valid_days", "expires_on"},
    "when_out": {"fallback"},
}


def test_the_form_shows_what_belongs_to_its_answers_and_what_is_put_away_is_seen(site: Site) -> None:
    store = site.side.store
    page = site.window("desktop-light", user=site.side.people["owner"]).new_page()
    faults = look(page, f"/s/{store.slug}/coupons/new/", name="coupon_new", variants=["desktop-light"])
    for question, answer, fields in ANSWERS:
        page.select_option(f"[name={question}]", answer)
        seen = {name for name in PARTS[question] if page.locator(f"[name={name}]").is_visible()}
        assert seen == fields, (question, answer)
    picture(page, variant="desktop-light", name="coupon-new-filled")
    with store_context(store.pk):
        journey = Journey.objects.get(playbook="abandoned_cart")
        save_version(Template.objects.get(key="abandoned-cart-first"), subject="Ten percent", source=SHOWS_CODE, now=clock.now())
        pool = CouponPool.objects.create(name="Winter, five percent", percent=5, archived_at=clock.now())
    faults += look(page, f"/s/{store.slug}/journeys/{journey.public_id}/", name="journey_lacks_pool", variants=["desktop-light"])
    assert "Messages are held back until this is mended." in str(page.locator(".bo-verdict").first.text_content())
    faults += look(page, f"/s/{store.slug}/coupons/?away=1", name="coupons_away", variants=["desktop-light"])
    faults += look(page, f"/s/{store.slug}/coupons/{pool.public_id}/", name="coupon_pool_away", variants=["desktop-light"])
    page.click("text=Bring back")
    page.wait_for_selector("text=gives codes again")
    phone = site.window("phone-dark", user=site.side.people["owner"]).new_page()
    faults += look(phone, f"/s/{store.slug}/coupons/new/", name="coupon_new_dark", variants=["phone-dark"])
    faults += look(phone, f"/s/{store.slug}/journeys/{journey.public_id}/", name="journey_lacks_pool_dark", variants=["phone-dark"])
    assert not faults, "\n".join(faults)
