"""The admin's site: every page of it is for staff, sees every store's rows by the role `platform`, and says so in its policy.

Sign-in is the product's own page, so rate limits and the second factor hold; Django's own sign-in form is not used.
"""

from collections.abc import Callable
from functools import partial, update_wrapper
from typing import Any

from csp.constants import HEADER, NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.utils import build_policy
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.request import split_domain_port
from django.shortcuts import resolve_url
from django.template.response import SimpleTemplateResponse
from django.urls import URLPattern, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from unfold.sites import UnfoldAdminSite

from retention.dashboard.access import Access, Kind, refusal
from retention.stores.stepping_up import step_up_first, used_in_this_session
from retention.tenancy.unscoped import unscoped

# Alpine evaluates expressions and writes styles; nothing else is opened, and only here.
POLICY = {
    "default-src": [NONE],
    "script-src": [SELF, UNSAFE_EVAL],
    "style-src": [SELF, UNSAFE_INLINE],
    "img-src": [SELF, "data:"],
    "font-src": [SELF],
    "connect-src": [SELF],
    "form-action": [SELF],
    "frame-ancestors": [NONE],
    "base-uri": [NONE],
}


class StaffSite(UnfoldAdminSite):  # type: ignore[misc]
    """The pages of operations staff."""

    site_title = _("Boomerang operations")
    site_header = _("Boomerang operations")
    index_title = _("Operations")

    def admin_view(self, view: Callable[..., HttpResponse], cacheable: bool = False) -> Callable[..., HttpResponse]:
        """Guard a page, and open every store's rows until its answer is complete."""
        inner: Callable[..., HttpResponse] = super().admin_view(view, cacheable)

        def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            refused = self._refusal(request)
            if refused is not None:
                return refused
            with unscoped(reason=f"admin {request.path}"):
                answer = inner(request, *args, **kwargs)
                if isinstance(answer, SimpleTemplateResponse):
                    answer.render()
            answer.headers[HEADER] = build_policy(replace=POLICY)
            return answer

        return update_wrapper(guarded, view)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Lead to the product's own sign-in page, or in when somebody is signed in already."""
        if not _host_is_open(request):
            raise Http404
        back = request.GET.get("next") or reverse("admin:index")
        return HttpResponseRedirect(f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': back})}")

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Lead to the product's own sign-out."""
        return HttpResponseRedirect(reverse("account_logout"))

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Lead to the product's own page."""
        return HttpResponseRedirect(reverse("account_change_password"))

    def extra_urls(self) -> list[URLPattern]:
        """Return the pages beside the tables."""
        from retention.staff.pages import urls

        return urls(self)

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show what staff need first; the list of tables is a page of its own."""
        from retention.staff.pages import operations

        return operations(request)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> Any:
        """Return the tables by room, worked out where it is read: every page is handed it, and one shows it."""
        return SimpleLazyObject(partial(super().get_app_list, request, app_label))

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Return what every page needs; Django's own password form is not offered."""
        context: dict[str, Any] = super().each_context(request)
        return context | {"has_usable_password": False}

    def _refusal(self, request: HttpRequest) -> HttpResponse | None:
        if not _host_is_open(request):
            raise Http404
        refused = refusal(request, Access(Kind.STAFF_ONLY))
        if refused is not None or not settings.MFA_ENFORCED or used_in_this_session(request):
            return refused
        return step_up_first(request)


def _host_is_open(request: HttpRequest) -> bool:
    """Say whether these pages are served on this host."""
    host, _port = split_domain_port(request.get_host())
    return not settings.ADMIN_HOSTS or host in settings.ADMIN_HOSTS
