"""What the pages a shop's visitors see have in common: the shop's name, colour and logo, no menu, and the same strict policy.

Views make them inside `kit.languages.speaking`, so that they come in the language of whoever reads them.
"""

from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language

from retention.kit.languages import accepted_by, speaking
from retention.stores.models import Store


def shop_page(request: HttpRequest, template: str, *, store: Store, status: int = 200, **words: Any) -> HttpResponse:
    """Render a page in the shop's looks. The policy is opened for one thing only: the host of the shop's logo, for pictures."""
    answer = render(request, template, {"shop": store, **words}, status=status)
    logo = urlsplit(store.logo_url)
    if logo.scheme == "https" and logo.hostname:
        answer._csp_update = {"img-src": [f"https://{logo.netloc}"]}  # type: ignore[attr-defined]
    return _personal(answer)


def nowhere_page(request: HttpRequest, template: str, *, status: int, **words: Any) -> HttpResponse:
    """Render a page about a link that leads nowhere: we know neither shop nor reader, and go by what their browser asks for."""
    with speaking(*accepted_by(request)):
        return _personal(render(request, template, words, status=status))


def _personal(answer: HttpResponse) -> HttpResponse:
    answer["Referrer-Policy"] = "no-referrer"  # these addresses hold tokens
    answer["Content-Language"] = get_language() or ""
    return answer
