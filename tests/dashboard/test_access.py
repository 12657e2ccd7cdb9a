"""Who may open what: the table is complete, the marks are read, strangers are sent to sign in."""

from types import SimpleNamespace

import pytest
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from retention.dashboard.access import (
    CAPABILITIES,
    ROLES,
    Access,
    Kind,
    UnknownCapability,
    access_of,
    allows,
    mark,
    needs,
    public,
    signed_in,
    staff_only,
)


def page(request: HttpRequest) -> HttpResponse:
    """Answer as any page would."""
    return HttpResponse("open")


def request_of(*, role: str | None = None, known: bool = True, staff: bool = False, headers: dict[str, str] | None = None) -> HttpRequest:
    """Return a request as the middleware leaves it."""
    request = RequestFactory().get("/s/lumen/customers/?q=1", headers=headers)
    request.user = SimpleNamespace(is_authenticated=known, is_staff=staff)  # type: ignore[assignment]
    request.role = role  # type: ignore[attr-defined]
    return request


@pytest.mark.parametrize("capability", CAPABILITIES)
def test_every_capability_has_an_owner_and_only_known_roles(capability: str) -> None:
    assert "owner" in CAPABILITIES[capability]
    assert CAPABILITIES[capability] <= set(ROLES)
    assert not allows(None, capability=capability)
    assert not allows("stranger", capability=capability)


def test_unknown_capability_is_an_error_of_the_program() -> None:
    with pytest.raises(UnknownCapability):
        needs("customers.fly")


@pytest.mark.parametrize(
    ("role", "opens"), [("owner", True), ("manager", True), ("marketer", False), ("analyst", False), ("support", False), (None, False)]
)
def test_role_decides(role: str | None, opens: bool) -> None:
    view = needs("keys.edit")(page)
    if opens:
        assert view(request_of(role=role)).content == b"open"
        return
    with pytest.raises(PermissionDenied):
        view(request_of(role=role))


@pytest.mark.parametrize("decorate", [needs("home.view"), signed_in, staff_only])
def test_stranger_is_sent_to_sign_in_and_back(decorate: object) -> None:
    answer = decorate(page)(request_of(known=False))  # type: ignore[operator]
    assert answer.status_code == 302
    assert answer.url.endswith("?next=/s/lumen/customers/%3Fq%3D1")


def test_fragment_of_a_stranger_reloads_the_page_it_stands_on() -> None:
    answer = signed_in(page)(
        request_of(known=False, headers={"HX-Request": "true", "HX-Current-URL": "https://elsewhere.example.test/s/lumen/home/"})
    )
    assert answer.status_code == 204
    assert answer.headers["HX-Redirect"].endswith("?next=/s/lumen/home/")


def test_staff_page_needs_staff() -> None:
    assert staff_only(page)(request_of(staff=True)).status_code == 200
    with pytest.raises(PermissionDenied):
        staff_only(page)(request_of())


def test_marks_are_read_and_survive() -> None:
    def other(request: HttpRequest) -> HttpResponse:
        return page(request)

    assert access_of(page) is None
    assert access_of(needs("home.view")(page)) == Access(Kind.NEEDS, "home.view")
    assert access_of(public(other)) == Access(Kind.PUBLIC)
    assert access_of(mark(other, access=Access(Kind.STAFF_ONLY))) == Access(Kind.STAFF_ONLY)
