"""The operations pages and the home page in a real browser: no content-policy error, no script error, no sideways scrolling on phones."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from django.urls import reverse

from campaigns.models import Journey
from retention.kit.clock import now
from retention.orders.models import Cart
from retention.stores.models import PlatformState, User
from retention.tenancy.context import store_context
from retention.tenancy.unscoped import unscoped
from tests.browser.looking import EACH_VARIANT, VARIANTS, picture
from tests.cast import Lumen, lumen
from tests.factories import make_key, signed_in
from tests.factories.customers import make_customer, make_event, make_order
from tests.serving import serve

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ADMIN = ("index", "operations", "stores_store_changelist", "stores_apikey_changelist", "customers_customerevent_changelist", "tables")


def look(browser: Any, url: str, user: User, paths: dict[str, str], *, variant: str) -> list[str]:
    """Open pages as a person, keep a picture of each, and return what the browser complained about."""
    width, height, scheme = VARIANTS[variant]
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    cookies = signed_in(user).cookies
    context.add_cookies(
        [{"name": name, "value": morsel.value, "domain": urlsplit(url).hostname, "path": "/"} for name, morsel in cookies.items()]
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    for name, path in paths.items():
        answer = page.goto(url + path, wait_until="load")
        if answer.status != 200:
            complaints.append(f"{path}: {answer.status}")
        page.wait_for_timeout(60)
        picture(page, variant=variant, name=name)
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            complaints.append(f"{path} scrolls sideways at {width}")
    context.close()
    return complaints


@pytest.mark.parametrize("variant", EACH_VARIANT)
def test_operations_pages(browser: Any, shop: Lumen, operator: User, variant: str) -> None:
    with unscoped(reason="test"):
        PlatformState.stop_sending(reason="restored from the backup of 2026-11-20T09:12:00", now=now())
    paths = {f"admin-{name}": reverse(f"admin:{name}") for name in ADMIN}
    paths |= {
        "admin-store": reverse("admin:stores_store_change", args=[shop.store.pk]),
        "admin-visit": reverse("admin:stores_store_change", args=[shop.store.pk]).replace("/change/", "/visit/"),
        "admin-user": reverse("admin:stores_user_change", args=[shop.nora.pk]),
    }
    with serve() as url:
        assert look(browser, url, operator, paths, variant=variant) == []


@pytest.mark.parametrize("variant", EACH_VARIANT)
def test_home(browser: Any, variant: str) -> None:
    shop = lumen()
    make_key(shop.store, "public")
    path = reverse("home", kwargs={"store_slug": shop.store.slug})
    with serve() as url:
        assert look(browser, url, shop.nora, {"home-day-one": path}, variant=variant) == []
        with store_context(shop.store.pk):
            moment, zoe = now(), make_customer(shop.store, "zoe@example.test")
            Journey.objects.create(name="Basket reminder", state="live", live_number=1, launched_at=moment)
            make_event(zoe, "Product Added", at=moment)
            make_order(zoe, total_minor=4820, placed=moment)
            facts = {"state": "recovered", "currency": "EUR", "total_minor": 4820, "closed_at": moment}
            Cart.objects.create(customer=zoe, started_at=moment, last_activity_at=moment, **facts)
        assert look(browser, url, shop.nora, {"home": path}, variant=variant) == []
