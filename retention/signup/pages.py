"""What the pages a shop's visitors see have in common: the shop's name, colour and logo, no menu, and the same strict policy."""

from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from retention.stores.models import Store


def shop_page(request: HttpRequest, template: str, *, store: Store, status: int = 200, **words: Any) -> HttpResponse:
    """Render a page in the shop's looks. The policy is opened for one thing only: the host of the shop's logo, for pictures."""
    answer = render(request, template, {"shop": store, **words}, status=status)
    logo = urlsplit(store.logo_url)
    if logo.scheme == "https" and logo.hostname:
        answer._csp_update = {"img-src": [f"https://{logo.netloc}"]}  # type: ignore[attr-defined]
    answer["Referrer-Policy"] = "no-referrer"  # these addresses hold tokens
    return answer
