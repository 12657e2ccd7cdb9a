"""A list of mails, one mail, and its HTML alone in a frame that can do nothing.

The same three views serve a store's folder and the product's; the product's are for the demo and for staff.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from csp.decorators import csp, csp_update
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET

from retention.dashboard.access import Access, Kind, needs, public, refusal
from retention.inbox.keeping import PRODUCT
from retention.inbox.reading import Mail, list_mails, push_of, read_mail
from retention.stores.stepping_up import needed_before

SHOWN = 100
_STAFF = Access(Kind.STAFF_ONLY)
# What is inside a mail may show itself and pictures, and nothing else: no script, no form, no request to elsewhere.
FRAME_POLICY = {
    "default-src": ["'none'"],
    "img-src": ["'self'", "data:"],
    "style-src": ["'unsafe-inline'"],
    "frame-ancestors": ["'self'"],
    "base-uri": ["'self'"],
    "sandbox": ["allow-popups", "allow-popups-to-escape-sandbox"],
}
_NEW_TAB = '<base target="_blank">'

View = Callable[..., HttpResponseBase]


def for_product(view: View) -> View:
    """Open the product's own mail in the demo to everybody, elsewhere as a page for staff: with their second factor.

    It holds links that reset passwords and accept invitations.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        way = None if settings.DEMO else refusal(request, _STAFF) or needed_before(request, _STAFF, view_name="")
        return way if way is not None else view(request, *args, **kwargs)

    return guarded


@needs("inbox.view")
@require_GET
def store_list(request: HttpRequest) -> HttpResponse:
    """Show the store's test mails."""
    return _list(request, folder=_folder_of(request), base="inbox/list.html")


@needs("inbox.view")
@require_GET
@csp_update({"frame-src": ["'self'"]})  # type: ignore[arg-type]
def store_mail(request: HttpRequest, mail: str) -> HttpResponse:
    """Show one test mail of the store."""
    address = reverse("inbox:body", kwargs={"store_slug": request.store.slug, "mail": mail})  # type: ignore[attr-defined]
    return _mail(request, folder=_folder_of(request), mail=mail, body_url=address, base="inbox/mail.html")


@needs("inbox.view")
@require_GET
@csp(FRAME_POLICY)  # type: ignore[arg-type]
@xframe_options_sameorigin
def store_body(request: HttpRequest, mail: str) -> HttpResponse:
    """Show the HTML of one test mail of the store, for its frame."""
    return _body(request, folder=_folder_of(request), mail=mail)


@public
@for_product
@require_GET
def product_list(request: HttpRequest) -> HttpResponse:
    """Show the product's own mails."""
    return _list(request, folder=PRODUCT, base="inbox/product_list.html")


@public
@for_product
@require_GET
@csp_update({"frame-src": ["'self'"]})  # type: ignore[arg-type]
def product_mail(request: HttpRequest, mail: str) -> HttpResponse:
    """Show one of the product's own mails."""
    return _mail(
        request, folder=PRODUCT, mail=mail, body_url=reverse("inbox:product_body", kwargs={"mail": mail}), base="inbox/product_mail.html"
    )


@public
@for_product
@require_GET
@csp(FRAME_POLICY)  # type: ignore[arg-type]
@xframe_options_sameorigin
def product_body(request: HttpRequest, mail: str) -> HttpResponse:
    """Show the HTML of one of the product's own mails, for its frame."""
    return _body(request, folder=PRODUCT, mail=mail)


def _list(request: HttpRequest, *, folder: str, base: str) -> HttpResponse:
    search = request.GET.get("q", "")
    mails = list_mails(settings.INBOX_DIR, name=folder, limit=SHOWN, search=search)
    return render(request, base, {"mails": mails, "search": search, "shown": SHOWN})


def _mail(request: HttpRequest, *, folder: str, mail: str, body_url: str, base: str) -> HttpResponse:
    found = _find(folder, mail)
    return render(request, base, {"mail": found, "push": push_of(found), "body_url": body_url})


def _body(request: HttpRequest, *, folder: str, mail: str) -> HttpResponse:
    found = _find(folder, mail)
    push = push_of(found)
    return render(request, "ui/push_frame.html", {"push": push}) if push else HttpResponse(_NEW_TAB + found.html)


def _find(folder: str, mail: str) -> Mail:
    found = read_mail(settings.INBOX_DIR, name=folder, mail=mail)
    if found is None:
        raise Http404
    return found


def _folder_of(request: HttpRequest) -> str:
    return str(request.store.public_id)  # type: ignore[attr-defined]
