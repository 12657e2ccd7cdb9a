"""The written matrix and the code say the same: no route, admin page, task, capability or role is missing from either."""

import pytest
from django.conf import settings
from django.contrib import admin

from retention.dashboard import access
from tests.isolation import admin_lists, matrix, routes

ROUTES = {route.name: route for route in routes.routes()}


def _model_pages() -> set[str]:
    suffixes = ("changelist", "add", "history", "delete", "change")
    return {f"admin:{model._meta.app_label}_{model._meta.model_name}_{suffix}" for model in admin.site._registry for suffix in suffixes}


def _bare(route: routes.Route) -> bool:
    """Say whether a route of the admin only sends on: the old address of a change page, and the last one that answers 404."""
    return route.name == route.pattern


def test_every_route_is_in_the_matrix_and_the_matrix_names_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    assert set(ROUTES) - set(matrix.PAGES) == set()
    assert set(matrix.PAGES) - set(ROUTES) == set()
    with capsys.disabled():
        admin_pages = len(routes.admin_routes())
        print(f"\npermission matrix: {len(ROUTES)} routes, {admin_pages} admin pages, {len(matrix.TASKS)} tasks, 100 % covered")


def test_every_view_says_how_it_is_guarded() -> None:
    assert [route.name for route in routes.all_routes() if route.access == "unmarked"] == []


@pytest.mark.parametrize("name", matrix.PAGES)
def test_a_view_is_guarded_as_the_matrix_says(name: str) -> None:
    assert ROUTES[name].access == matrix.PAGES[name].access


@pytest.mark.parametrize("name", matrix.PAGES)
def test_every_place_of_an_address_is_filled(name: str) -> None:
    assert set(ROUTES[name].places) - {"store_slug"} == set(matrix.PAGES[name].ids)


def test_pages_of_a_store_need_a_capability_and_others_do_not() -> None:
    wrong = [name for name, route in ROUTES.items() if ("store_slug" in route.places) != (route.access in access.CAPABILITIES)]
    assert wrong == []


def test_the_role_matrix_is_the_written_one() -> None:
    real = {name: " ".join(role if role in roles else "-" for role in matrix.ROLES) for name, roles in access.CAPABILITIES.items()}
    assert real == matrix.CAPABILITIES
    assert tuple(access.ROLES) == matrix.ROLES


def test_nobody_without_a_role_has_any_capability() -> None:
    assert [name for name in access.CAPABILITIES if access.allows(None, capability=name) or access.allows("intern", capability=name)] == []


def test_every_model_of_the_admin_is_in_the_matrix() -> None:
    assert routes.admin_models() == admin_lists.ADMIN_MODELS


def test_every_other_page_of_the_admin_is_in_the_matrix() -> None:
    others = {route.name for route in routes.admin_routes() if not _bare(route)} - _model_pages()
    assert others == admin_lists.ADMIN_PAGES
    assert settings.ADMIN_PATH


def test_the_admin_is_for_staff_only() -> None:
    assert {route.access for route in routes.admin_routes()} == {"staff"}


def test_every_task_is_in_the_matrix() -> None:
    assert routes.tasks() == set(matrix.TASKS)
