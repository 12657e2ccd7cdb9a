"""`/api/v1/webhooks`: where a store is told what happens. The secret is in the answer that makes or rotates it, and nowhere else."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field, extend_schema_serializer
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from retention.kit import clock
from retention.rest.bodies import Body
from retention.rest.idempotency import idempotent
from retention.rest.schema import IDEMPOTENCY_KEY
from retention.rest.views import StoreView
from retention.stores import auditing
from retention.webhooks import managing
from retention.webhooks.models import Endpoint
from retention.webhooks.types import scope_of, webhook_types

_EXAMPLE = {"url": "https://hooks.example.com/boomerang", "description": "Warehouse", "types": ["customer.created", "consent.changed"]}


@extend_schema_field({"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 100})
class TypesField(serializers.Field):  # type: ignore[type-arg]
    """What an endpoint hears, as a list of types; the types are in the documentation of webhooks."""

    default_error_messages = {
        "list": gettext_lazy("This must be a list with at least one type."),
        "unknown": gettext_lazy("“{kind}” is no type of webhook."),
    }

    def to_internal_value(self, data: Any) -> list[str]:
        """Return the types."""
        if not isinstance(data, list) or not 0 < len(data) <= 100:
            self.fail("list")
        for kind in data:
            if not isinstance(kind, str) or kind not in webhook_types:
                self.fail("unknown", kind=str(kind)[:60])
        return data

    def to_representation(self, value: Any) -> Any:
        """Return them as they are."""
        return value


class EndpointOut(serializers.ModelSerializer[Endpoint]):
    """An endpoint as the API shows it."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    types = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = Endpoint
        fields = ("id", "url", "description", "types", "state", "paused_for", "paused_at", "failing_since", "created_at")


class EndpointMade(EndpointOut):
    """An endpoint with its secret, which is shown this once."""

    secret = serializers.CharField(help_text=gettext_lazy("whsec_..., for any library of Standard Webhooks."))

    class Meta(EndpointOut.Meta):
        fields = (*EndpointOut.Meta.fields, "secret")  # type: ignore[assignment]


@extend_schema_serializer(examples=[OpenApiExample("An endpoint", value=_EXAMPLE, request_only=True)])
class EndpointIn(Body):
    """An endpoint to make."""

    shown_as = EndpointMade

    url = serializers.CharField(max_length=2000, help_text=gettext_lazy("A public https address."))
    description = serializers.RegexField(r"^[^\x00-\x1f\x7f]*\Z", max_length=120, required=False, allow_blank=True, default="")
    types = TypesField()

    def validate_url(self, value: str) -> str:
        """Refuse an address we could never post to."""
        refusal = managing.refusal_of_url(value)
        if refusal:
            raise serializers.ValidationError(refusal)
        return value


@extend_schema_serializer(examples=[OpenApiExample("Pause", value={"state": "paused"}, request_only=True)])
class EndpointPatch(EndpointIn):
    """What shall change; what is left out stays. state: paused or live."""

    url = serializers.CharField(max_length=2000, required=False)
    types = TypesField(required=False)
    state = serializers.ChoiceField(choices=["live", "paused"], required=False)
    description = serializers.RegexField(r"^[^\x00-\x1f\x7f]*\Z", max_length=120, required=False, allow_blank=True)


class _Endpoints(StoreView[Endpoint]):
    model = Endpoint
    serializer_class = EndpointOut

    def rows(self) -> QuerySet[Endpoint]:
        """Return the store's endpoints."""
        rows: QuerySet[Endpoint] = Endpoint.objects.all()
        return rows

    def refuse_unread(self, kinds: list[str]) -> None:
        """Refuse to tell an address what the key that asks may not read itself."""
        for kind in kinds:
            scope = scope_of(kind)
            if not self.may(scope):
                raise ValidationError(
                    {"types": [_("This key may not be told “%(kind)s”: it needs %(scope)s.") % {"kind": kind, "scope": scope}]}
                )


class EndpointList(ListModelMixin, _Endpoints):
    """The store's endpoints."""

    scopes = {"GET": "webhooks:read", "POST": "webhooks:write"}

    @extend_schema(operation_id="webhooks_list")
    def get(self, request: Request) -> Response:
        """List endpoints, newest first."""
        return self.list(request)

    @extend_schema(operation_id="webhooks_make", request=EndpointIn, responses={201: EndpointMade}, parameters=[IDEMPOTENCY_KEY])
    @idempotent
    def post(self, request: Request) -> Response:
        """Make an endpoint; its secret is in this answer only. The key needs the read scope of each type."""
        wanted = EndpointIn(data=request.data)
        wanted.is_valid(raise_exception=True)
        self.refuse_unread(wanted.validated_data["types"])
        try:
            endpoint, secret = managing.make_endpoint(managing.Wish(**wanted.validated_data), now=clock.now())
        except managing.TooManyEndpoints as error:
            raise ValidationError({"url": [_("A store has at most %(count)d endpoints.") % {"count": managing.MOST_ENDPOINTS}]}) from error
        auditing.note(request, "webhook.made", target=f"webhook:{endpoint.pk}", details={"types": endpoint.types})
        return _with_secret(endpoint, secret, status_code=status.HTTP_201_CREATED)


class EndpointDetail(RetrieveModelMixin, _Endpoints):
    """One endpoint."""

    scopes = {"GET": "webhooks:read", "PATCH": "webhooks:write", "DELETE": "webhooks:write"}

    @extend_schema(operation_id="webhooks_get")
    def get(self, request: Request, public_id: UUID) -> Response:
        """Return one endpoint."""
        return self.retrieve(request, public_id=public_id)

    @extend_schema(operation_id="webhooks_change", request=EndpointPatch, responses=EndpointOut, parameters=[IDEMPOTENCY_KEY])
    @idempotent
    def patch(self, request: Request, public_id: UUID) -> Response:
        """Change an endpoint, pause it, or set it live again. A new address or type needs the read scope of each type."""
        endpoint = self.get_object()
        wanted = EndpointPatch(data=request.data)
        wanted.is_valid(raise_exception=True)
        said = dict(wanted.validated_data)
        state = said.pop("state", "")
        now = {"url": endpoint.url, "description": endpoint.description, "types": endpoint.types}
        if said.keys() & {"url", "types"}:
            self.refuse_unread((now | said)["types"])
        changed = managing.change_endpoint(endpoint, managing.Wish(**(now | said)))
        if changed:
            auditing.note(request, "webhook.changed", target=f"webhook:{endpoint.pk}", details={"fields": changed})
        self._turn(endpoint, state)
        return Response(EndpointOut(endpoint).data)

    @extend_schema(operation_id="webhooks_remove", responses={204: None}, parameters=[IDEMPOTENCY_KEY])
    @idempotent
    def delete(self, request: Request, public_id: UUID) -> Response:
        """Remove an endpoint with everything that waits for it."""
        endpoint = self.get_object()
        auditing.note(request, "webhook.removed", target=f"webhook:{endpoint.pk}")
        endpoint.delete()
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _turn(self, endpoint: Endpoint, state: str) -> None:
        paused = endpoint.state == Endpoint.State.PAUSED
        if state == "paused" and not paused:
            endpoint.pause(reason="person", now=clock.now())
            auditing.note(self.request, "webhook.paused", target=f"webhook:{endpoint.pk}")
        elif state == "live" and paused:
            managing.resume(endpoint, now=clock.now())
            auditing.note(self.request, "webhook.resumed", target=f"webhook:{endpoint.pk}")


class EndpointSecret(_Endpoints):
    """The secret of an endpoint."""

    scopes = {"POST": "webhooks:write"}

    @extend_schema(operation_id="webhooks_rotate", request=None, responses=EndpointMade, parameters=[IDEMPOTENCY_KEY])
    @idempotent
    def post(self, request: Request, public_id: UUID) -> Response:
        """Make a new secret; the old one signs too for 24 hours."""
        endpoint = self.get_object()
        secret = managing.rotate_secret(endpoint, now=clock.now())
        auditing.note(request, "webhook.secret_rotated", target=f"webhook:{endpoint.pk}")
        return _with_secret(endpoint, secret, status_code=status.HTTP_200_OK)


def _with_secret(endpoint: Endpoint, secret: str, *, status_code: int) -> Response:
    body = {**EndpointOut(endpoint).data, "secret": secret}
    answer = Response(body, status=status_code, headers={"Cache-Control": "no-store"})
    answer.holds_secret = True  # type: ignore[attr-defined]
    return answer
