"""Every page, in both sizes and both colours: nothing to complain about, and a picture of each where the run keeps pictures."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import Site
from tests.browser.looking import PAIR, VARIANTS, Watch, faults_of_page, faults_of_source, picture, settle
from tests.isolation import matrix
from tests.isolation.addresses import address

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.long, pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# No page to look at: answers for machines, fragments, downloads, and pages that only send on.
NO_PAGES = {
    "healthz", "readyz", "metrics", "api:schema", "api:unknown", "inbox:body", "inbox:product_body",
    "home_live", "home_listening", "home_website_heard", "customers:totals", "customers:compare", "customers:open_view",
    "stores:new_selling_proposal", "mfa_download_recovery_codes", "mfa_login_webauthn", "mfa_reauthenticate_webauthn",
    "account_set_password", "signup:description", "push_browsers", "onsite_messages", "opening", "signup:colors",
    "customers:import_report", "customers:import_changes", "customers:export_one", "customers:export_download",
    "campaigns:campaign_progress", "campaigns:campaign_preview", "campaigns:campaign_clicks", "campaigns:campaign_figures",
    "campaigns:template_preview", "campaigns:ready_preview", "campaigns:template_people", "campaigns:brand_preview", "countdown",
    "campaigns:playbook_message", "campaigns:coupon_codes", "link_host_known", "link_host_answer",
    "segments:reach", "segments:why", "segments:export", "segments:edit_list",
    "account_confirm_login_code", "account_reauthenticate", "mfa_authenticate",
}  # fmt: skip
# Pages that a library's script draws: what to wait for. Its colours are its own; contrast is not held against it.
DRAWN_LATER = {"api:docs": ".opblock"}
SIGNED_OUT = {name for name in matrix.ACCOUNT_PAGES if name.startswith("account_")} - {
    "account_email",
    "account_change_password",
    "account_logout",
}


def _pages() -> list[str]:
    return [
        name
        for name, page in matrix.PAGES.items()
        if "GET" in page.methods and page.access not in {"staff"} and not page.access.startswith("key ") and name not in NO_PAGES
    ]


def look(page: "Page", where: str, *, name: str, variants: Sequence[str] = PAIR) -> list[str]:
    """Open one address in the first variant, look at it in each, and return what is wrong with it."""
    watch = Watch()
    dress(page, variants[0])
    watch.over(page)
    answer = page.goto(where, wait_until="load")
    settle(page)
    if name in DRAWN_LATER:
        page.wait_for_selector(DRAWN_LATER[name])
    found = faults_of_source(answer.text() if answer is not None else "")
    for place, variant in enumerate(variants):
        if place:
            dress(page, variant)
        picture(page, variant=variant, name=name)
        found += [f"{variant}: {fault}" for fault in faults_of_page(page) if not (name in DRAWN_LATER and fault.startswith("contrast"))]
    found += watch.complaints
    page.remove_listener("console", watch._said)
    page.remove_listener("response", watch._answered)
    return [f"{name}: {fault}" for fault in found]


def dress(page: "Page", variant: str) -> None:
    """Give the window this size and these colours."""
    width, height, scheme = VARIANTS[variant]
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme=scheme)


# One opening looked at in both sizes and both colours; `--deep` opens every page in each of the four by itself.
OPENINGS = [pytest.param(PAIR, id="pair"), *(pytest.param((variant,), id=variant, marks=pytest.mark.deep) for variant in VARIANTS)]


@pytest.mark.parametrize("variants", OPENINGS)
def test_every_page_is_sound(variants: Sequence[str], site: Site) -> None:
    faults: list[str] = []
    inside = site.window(variants[0], user=site.side.people["owner"]).new_page()
    outside = site.window(variants[0]).new_page()
    for name in _pages():
        faults += look(outside if name in SIGNED_OUT else inside, address(name, site.side), name=name, variants=variants)
    assert not faults, "\n".join(faults)


def test_staff_s_pages_are_sound(site: Site) -> None:
    from tests.factories import make_user

    staff = make_user("looking.staff@example.test", is_staff=True, is_superuser=True)
    page = site.window("desktop-light", user=staff).new_page()
    faults = look(page, "/styleguide/", name="styleguide", variants=("desktop-light", "desktop-dark"))
    for where, name in (
        ("/admin/", "admin"),
        ("/admin/stores/store/", "admin stores"),
        (f"/admin/stores/store/{site.side.store.pk}/change/", "admin store"),
    ):
        faults += [
            line
            for line in look(page, where, name=name, variants=("desktop-light", "desktop-dark"))
            if "console" in line or "uncaught" in line
        ]
    assert not faults, "\n".join(faults)
