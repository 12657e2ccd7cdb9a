"""The base of every endpoint: a key, a scope per method, a limited rate, one store's context. Copy an endpoint of any room's `api/`."""

from typing import Any, ClassVar, TypeVar

from django.db.models import Model, QuerySet
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from retention.rest.limiting import Buckets
from retention.tenancy.context import store_context

M = TypeVar("M", bound=Model)
REQUESTS_PER_SECOND = 50.0
BURST_REQUESTS = 500.0

buckets = Buckets(per_second=REQUESTS_PER_SECOND, burst=BURST_REQUESTS)


class KeyThrottle(BaseThrottle):
    """So many requests a second for each key."""

    def allow_request(self, request: Request, view: Any) -> bool:
        """Say whether the key may ask now."""
        self._wait = buckets.take(request.auth.pk) if request.auth is not None else 0.0
        return not self._wait

    def wait(self) -> float | None:
        """Return after how many seconds the key may ask again."""
        return self._wait


class StoreView(GenericAPIView[M]):
    """An endpoint of one store. `scopes` names the scope each method needs; a method without one does not exist."""

    scopes: ClassVar[dict[str, str]] = {}
    model: ClassVar[type[Model] | None] = None
    lookup_field = "public_id"
    throttle_classes = (KeyThrottle,)

    @property
    def scope(self) -> str | None:
        """Return the scope that the request's method needs."""
        method = self.request.method or ""
        return self.scopes.get("GET" if method in {"HEAD", "OPTIONS"} else method)

    def may(self, scope: str) -> bool:
        """Say whether the key that asks has this scope too."""
        return scope in self.request.auth.scopes  # type: ignore[union-attr]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse methods that do not exist first, then check the key, then open its store's context until the answer is out."""
        self.request = request
        if self.scope is None:
            raise MethodNotAllowed(request.method or "")
        super().initial(request, *args, **kwargs)
        request._request.contexts.enter_context(store_context(request.auth.store_id))  # type: ignore[attr-defined, union-attr]

    def get_queryset(self) -> QuerySet[M]:
        """Return the store's rows, or none while the API is being described."""
        if self.model is None:
            raise NotImplementedError("An endpoint names its model.")
        if getattr(self, "swagger_fake_view", False):
            return self.model._base_manager.none()  # type: ignore[return-value]
        return self.rows()

    def rows(self) -> QuerySet[M]:
        """Return the rows this endpoint shows; called inside the store's context."""
        raise NotImplementedError
