"""Addresses that workers write without the router are those of the router."""

import uuid

import pytest
from django.conf import settings
from django.urls import resolve, reverse

from retention.dashboard.addresses import PATHS, page_address

SLUG, PUBLIC_ID, TOKEN = "lumen-coffee", uuid.UUID(int=7), "eyJh.bGci_Oi-J9:1.x"


def parts_of(page: str) -> tuple[object, ...]:
    """Return what stands in the address of a page: a shop's come with its slug, a signed one with its token."""
    values = (SLUG, PUBLIC_ID) if PATHS[page].startswith("/s/") else (PUBLIC_ID,) if page == "signup:hosted" else (TOKEN,)
    return values[: PATHS[page].count("{}")]


@pytest.mark.parametrize("page", sorted(PATHS))
def test_an_address_is_what_the_router_says_and_leads_there(page: str) -> None:
    parts = parts_of(page)
    assert page_address(page, *parts) == settings.SITE_URL + reverse(page, args=parts)
    assert resolve(PATHS[page].format(*parts)).view_name == page


def test_an_address_may_begin_with_a_host_of_the_shop() -> None:
    assert page_address("signup:preferences", "t", site="https://mail.lumen.example.test") == "https://mail.lumen.example.test/p/t/"
