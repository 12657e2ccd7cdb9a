"""The admin's site: who gets in, what it shows, what it never shows, and that nothing there can be changed by hand."""

from urllib.parse import unquote

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin import AdminSite
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

from retention.orders.models import OrderLine
from retention.stores.models import AuditEntry, User
from retention.tenancy.context import store_context
from retention.tenancy.unscoped import unscoped
from tests.cast import Lumen
from tests.factories import make_user, signed_in
from tests.factories.customers import make_customer, make_order
from tests.staff.conftest import CANARY

pytestmark = pytest.mark.django_db

PAGES = ["admin:index", "admin:operations", "admin:tables"]


def changelists() -> list[str]:
    """Return the name of every table's list."""
    return sorted(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist" for model in admin.site._registry)


def test_strangers_are_led_to_the_products_own_sign_in(client: Client) -> None:
    for name in [*PAGES, "admin:login"]:
        answer = client.get(reverse(name))
        assert answer.status_code == 302
        assert unquote(answer.headers["Location"]).startswith("/accounts/login/?next=/admin/"), name


def test_people_of_stores_may_not_enter(shop: Lumen) -> None:
    browser = signed_in(shop.nora)
    for name in [*PAGES, "admin:stores_store_changelist"]:
        assert browser.get(reverse(name)).status_code == 403


def test_staff_need_their_second_factor(operator: User, settings: Settings) -> None:
    assert settings.MFA_ENFORCED is True
    browser = signed_in(operator, stepped_up=False)
    answer = browser.get(reverse("admin:operations"))
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(reverse("stores:second_factor"))
    settings.MFA_ENFORCED = False
    assert browser.get(reverse("admin:operations")).status_code == 200


def test_other_hosts_do_not_have_these_pages(staff: Client, settings: Settings) -> None:
    settings.ADMIN_HOSTS = ["ops.example.test"]
    settings.ALLOWED_HOSTS = ["testserver", "ops.example.test"]
    assert staff.get(reverse("admin:operations")).status_code == 404
    assert staff.get(reverse("admin:login")).status_code == 404
    assert staff.get(reverse("admin:operations"), headers={"Host": "ops.example.test"}).status_code == 200


def test_every_table_has_a_page() -> None:
    single = [model for model in apps.get_models() if len(model._meta.pk_fields) == 1]
    assert [model._meta.label for model in single if not admin.site.is_registered(model)] == []


def test_every_page_renders_and_hides_what_is_nobodys_business(staff: Client, shop: Lumen) -> None:
    for name in [*PAGES, *changelists()]:
        answer = staff.get(reverse(name))
        assert answer.status_code == 200, name
        assert CANARY not in answer.content.decode(), name
        assert "script-src 'self' 'unsafe-eval';" in answer.headers["Content-Security-Policy"] + ";", name


def test_every_search_takes_any_words(staff: Client, shop: Lumen) -> None:
    for name in changelists():
        for words in ("not-a-uuid", "\x00"):
            assert staff.get(reverse(name), {"q": words}).status_code in (200, 302), (name, words)


def test_every_row_can_be_looked_at_and_not_changed(staff: Client, shop: Lumen) -> None:
    seen = 0
    for model, page in admin.site._registry.items():
        base = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        with unscoped(reason="pick a row in a test"):
            row = model._base_manager.order_by("pk").first()
        assert staff.get(reverse(f"{base}_add")).status_code == 403, base
        if row is None:
            continue
        seen += 1
        one = staff.get(reverse(f"{base}_change", args=[row.pk]))
        assert one.status_code == 200, base
        assert CANARY not in one.content.decode(), base
        for name in getattr(page, "hidden", ()):
            assert f"field-{name}" not in one.content.decode(), f"{base}: {name}"
        assert staff.post(reverse(f"{base}_change", args=[row.pk]), {}).status_code == 403, base
        assert staff.post(reverse(f"{base}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403, base
    assert seen >= 12


def test_an_order_shows_its_own_lines_as_they_are_written(staff: Client, shop: Lumen) -> None:
    order, other = (make_order(make_customer(shop.store)) for _number in range(2))
    rows = [(order, "<b>Cup</b>", 2, 150), (order, "Pot", -1, 900), (other, "Lid", 1, 100)]
    with store_context(shop.store.pk):
        for place, (head, name, pieces, price) in enumerate(rows):
            amount = pieces * price
            OrderLine.objects.create(
                order=head, position=place, product_id=f"P{place}", name=name, quantity=pieces, price_minor=price, amount_minor=amount
            )
    with CaptureQueriesContext(connection) as asked:
        body = staff.get(reverse("admin:orders_order_change", args=[order.pk])).content.decode()
    cup = "<td>2</td><td>&lt;b&gt;Cup&lt;/b&gt;</td><td>P0</td><td>1.50 EUR</td><td>3.00 EUR</td>"
    assert f"<tr>{cup}</tr><tr><td>-1</td><td>Pot</td><td>P1</td><td>9.00 EUR</td><td>-9.00 EUR</td></tr></tbody>" in body
    assert sum("orders_orderline" in one["sql"] for one in asked) == 1


def test_other_pages_keep_the_strict_policy(client: Client) -> None:
    policy = client.get("/accounts/login/").headers["Content-Security-Policy"]
    assert "unsafe" not in policy


def test_the_front_page_says_what_waits(staff: Client, shop: Lumen) -> None:
    body = staff.get(reverse("admin:operations")).content.decode()
    assert "Lumen Coffee" in body
    assert "3 min" in body
    assert "No order number." in body


def test_refused_events_are_one_click_away(staff: Client, shop: Lumen) -> None:
    rows = staff.get(reverse("admin:customers_customerevent_changelist"), {"refused": "yes"}).context["cl"].result_list
    assert [row.name for row in rows] == ["Order Completed"]
    rows = staff.get(reverse("admin:customers_customerevent_changelist"), {"refused": "waiting"}).context["cl"].result_list
    assert [row.name for row in rows] == ["Product Added"]


def test_unknown_tables_are_not_found(staff: Client) -> None:
    assert staff.get(reverse("admin:table", args=["stores.user"])).status_code == 404


def test_the_list_of_tables_is_worked_out_only_for_the_page_that_shows_it(
    staff: Client, shop: Lumen, monkeypatch: pytest.MonkeyPatch
) -> None:
    worked_out = []
    build = AdminSite.get_app_list
    monkeypatch.setattr(AdminSite, "get_app_list", lambda *given: worked_out.append(1) or build(*given))
    staff.get(reverse("admin:stores_store_changelist"))
    assert worked_out == []
    assert reverse("admin:customers_identity_changelist") in staff.get(reverse("admin:tables")).content.decode()
    assert worked_out == [1]


def test_looking_writes_nothing_into_the_store(staff: Client, shop: Lumen) -> None:
    staff.get(reverse("admin:customers_customer_changelist"))
    with store_context(shop.store.pk):
        assert AuditEntry.objects.count() == 1


def test_a_role_that_was_just_removed_is_out_at_once(operator: User, staff: Client) -> None:
    assert staff.get(reverse("admin:operations")).status_code == 200
    operator.is_staff = False
    operator.save()
    assert staff.get(reverse("admin:operations")).status_code == 403
    assert make_user().is_staff is False
