"""The admin is for staff only, every page of it opens for them, and nobody else sees a word of any store there."""

import pytest
from django.conf import settings
from django.contrib import admin
from django.test import Client
from django.urls import NoReverseMatch, reverse

from retention.tenancy.unscoped import unscoped
from tests.factories import signed_in
from tests.isolation.probing import Answer, ask
from tests.isolation.scene import Scene

pytestmark = pytest.mark.django_db


def _pages() -> list[str]:
    """Return the address of every list, form, history and deletion page, with a real row where there is one."""
    found = [reverse("admin:index")]
    for model in sorted(admin.site._registry, key=lambda model: model._meta.label):
        prefix = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        found.append(reverse(f"{prefix}_changelist"))
        with unscoped(reason="pick a row in a test"):
            row = model._base_manager.first()
        for suffix in ("change", "history", "delete"):
            if row is not None:
                try:
                    found.append(reverse(f"{prefix}_{suffix}", args=[row.pk]))
                except NoReverseMatch:
                    continue
        found.append(reverse(f"{prefix}_add"))
    return [*found, reverse("admin:app_list", args=["stores"]), *_searches()]


def _searches() -> list[str]:
    return [f"{reverse('admin:stores_store_changelist')}?q=shop", f"{reverse('admin:customers_customer_changelist')}?q=text"]


def _ask(browser: Client, where: str, method: str = "GET") -> Answer:
    browser.raise_request_exception = False
    return ask(browser, method, where)


@pytest.mark.filterwarnings("error::django.utils.deprecation.RemovedInDjango60Warning")
def test_staff_can_work_on_every_page(scene: Scene) -> None:
    staff = signed_in(scene.staff)
    faults = [f"{where}: {status}" for where in _pages() for status in [_ask(staff, where).status] if status not in {200, 302, 403}]
    assert not faults, "\n".join(faults)
    assert _ask(staff, reverse("admin:stores_store_changelist")).status == 200


def test_store_owners_and_strangers_see_nothing_of_it(scene: Scene) -> None:
    faults = []
    callers = {scene.attacker.browser("owner"): ("GET", "POST"), signed_in(scene.stranger): ("GET",), Client(): ("GET",)}
    for where in _pages():
        for browser, methods in callers.items():
            for method in methods:
                answer = _ask(browser, where, method)
                if answer.status not in {302, 403, 404} or answer.holds("canary"):
                    faults.append(f"{method} {where}: {answer.status}")
    assert not faults, "\n".join(faults)


def test_staff_without_a_second_factor_get_no_further(scene: Scene) -> None:
    assert settings.MFA_ENFORCED
    staff = signed_in(scene.staff, stepped_up=False)
    answers = [_ask(staff, where) for where in _pages()[:4]]
    assert {answer.status for answer in answers} <= {302, 403}
    assert not any(answer.holds("canary") for answer in answers)
