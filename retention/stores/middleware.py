"""Which store a page works for, and who may open it: deny first.

`StoreOfRequest` reads the store's slug from the address, the role from the signed-in person's membership, and opens the
store's context around the view. A view that declares no access rule is refused; who was refused stands in the store's audit log.
"""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import redis
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from retention.dashboard.access import WITHHELD, access_of
from retention.stores import auditing, impersonation, sessions, stepping_up
from retention.stores.models import Membership, Store
from retention.tenancy.context import store_context, user_context

RETRY_AFTER_SECONDS = 10


class SessionLimits:
    """End a session that is too old or was ended from elsewhere (S5)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Sign the person out when the session has run its time."""
        sessions.check(request)
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer 503 while Valkey is away and a page cannot do without it: sign-in, resets, second factors (S55)."""
        if not isinstance(exception, redis.RedisError):
            return None
        body = render_to_string("503.html", {"retry_after": RETRY_AFTER_SECONDS})
        return HttpResponse(body, status=503, headers={"Retry-After": str(RETRY_AFTER_SECONDS), "Cache-Control": "no-store"})


class StoreOfRequest:
    """Put the store and the role on the request and keep the store's context open until the answer is complete."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        """Answer with nobody's store until the view's address names one."""
        request.store = request.membership = request.role = request.impersonator = request.refused = None
        user_id = request.user.pk if request.user.is_authenticated else None
        request.memberships = SimpleLazyObject(lambda: memberships_of(user_id))
        with ExitStack() as contexts:
            contexts.enter_context(user_context(user_id))
            request.contexts = contexts
            answer = self.get_response(request)
            if request.refused is not None:
                _note_after(answer, request)
            return answer

    def process_view(
        self, request: Any, view: Callable[..., HttpResponse], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """Resolve the slug to a membership of the signed-in person; refuse a view that declares no access rule."""
        access = access_of(view)
        if access is None:
            raise PermissionDenied("This page declares no access rule.")
        slug = kwargs.pop("store_slug", None)
        if slug is not None and request.user.is_authenticated:
            self._open(request, slug)
        if request.impersonator is not None and access.capability in WITHHELD:
            raise PermissionDenied("Staff on a visit may not do this.")
        return stepping_up.needed_before(request, access, view_name=request.resolver_match.view_name)

    def process_exception(self, request: Any, exception: Exception) -> None:
        """Remember that a colleague was refused a page of their own store."""
        if isinstance(exception, PermissionDenied) and request.store is not None:
            request.refused = ("access.denied", None)

    def _open(self, request: Any, slug: str) -> None:
        """Enter the store; one the person does not work in looks like one that does not exist."""
        membership = Membership.objects.of_person(request.user.pk).filter(store__slug=slug).select_related("store").first()
        if membership is None:
            self._open_for_visit(request, slug)
            return
        request.store, request.membership, request.role = membership.store, membership, membership.role
        self._enter(request)
        _rotate_when_role_changed(request)

    def _open_for_visit(self, request: Any, slug: str) -> None:
        visit = impersonation.running(request)
        store = Store.objects.filter(slug=slug, pk=visit.store_id).first() if visit is not None else None
        if store is None:
            request.refused = ("access.denied_from_outside", slug)
            raise Http404
        request.store, request.role, request.impersonator = store, impersonation.ROLE, request.user
        self._enter(request)

    def _enter(self, request: Any) -> None:
        request.contexts.enter_context(store_context(request.store.pk))
        request.contexts.enter_context(timezone.override(request.store.timezone))


def memberships_of(user_id: int | None) -> list[Membership]:
    """Return the stores a person works in, by name; for the switcher and the way in."""
    if user_id is None:
        return []
    return list(Membership.objects.of_person(user_id).select_related("store").order_by("store__name", "pk"))


def _rotate_when_role_changed(request: Any) -> None:
    """Give the session a new id when the person's role in this store is another than this session has seen (S5)."""
    seen = request.session.get("roles", {})
    store, role = str(request.store.pk), request.role
    if seen.get(store) == role:
        return
    if store in seen:
        sessions.rotate(request)
    request.session["roles"] = {**seen, store: role}


def _note_after(answer: HttpResponse, request: Any) -> None:
    """Write the refusal down once the answer is sent, so that a store that exists takes as long as one that does not."""
    action, slug = request.refused
    target = f"page:{request.resolver_match.view_name}" if request.resolver_match else "page"

    def write() -> None:
        store_id = request.store.pk if slug is None else auditing.store_of_slug(slug)
        if store_id is not None:
            with user_context(request.user.pk):
                auditing.note_denied(request, store_id=store_id, action=action, target=target[:120])

    answer._resource_closers.append(write)  # type: ignore[attr-defined]
