"""Which store a page works for, and who may open it: deny first.

`StoreOfRequest` reads the store's slug from the address, the role from the signed-in person's membership, and opens the
store's context around the view. A view that declares no access rule is refused.
"""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse

from retention.dashboard.access import access_of
from retention.stores.models import Membership
from retention.tenancy.context import store_context, user_context


class SessionLimits:
    """End a session that is too old or was ended from elsewhere (S5)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Sign the person out when the session has run its time."""
        return self.get_response(request)


class StoreOfRequest:
    """Put the store and the role on the request and keep the store's context open until the answer is complete."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        """Answer with nobody's store until the view's address names one."""
        request.store = request.membership = request.role = None
        user_id = request.user.pk if request.user.is_authenticated else None
        with ExitStack() as contexts:
            contexts.enter_context(user_context(user_id))
            request.contexts = contexts
            return self.get_response(request)

    def process_view(self, request: Any, view: Callable[..., HttpResponse], args: tuple[Any, ...], kwargs: dict[str, Any]) -> HttpResponse | None:
        """Resolve the slug to a membership of the signed-in person; refuse a view that declares no access rule."""
        if access_of(view) is None:
            raise PermissionDenied("This page declares no access rule.")
        slug = kwargs.pop("store_slug", None)
        if slug is not None and request.user.is_authenticated:
            self._open(request, slug)
        return None

    def _open(self, request: Any, slug: str) -> None:
        """Enter the store; one the person does not work in looks like one that does not exist."""
        membership = Membership.objects.filter(user_id=request.user.pk, store__slug=slug).select_related("store").first()
        if membership is None:
            raise Http404
        request.store, request.membership, request.role = membership.store, membership, membership.role
        request.contexts.enter_context(store_context(membership.store_id))
