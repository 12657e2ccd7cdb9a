"""`/api/v1/customers/<id>/consents`: what a person allows now, every word they ever said, and recording a new one."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from retention.customers.api.customers import READ, find_customer
from retention.customers.api.fields import ConsentIn, ConsentOut, ConsentRecordOut
from retention.customers.changes import CONSENT
from retention.customers.consent import Said, record_consents
from retention.customers.events import tell_readers
from retention.customers.models import Consent, ConsentRecord, Customer
from retention.kit import clock
from retention.rest.idempotency import idempotent
from retention.rest.schema import IDEMPOTENCY_KEY, or_only_id
from retention.rest.views import StoreView

MOST_SHOWN = 200

_SAVED = or_only_id("ConsentsOut", scope=READ)


class ConsentsOut(serializers.Serializer[Any]):
    """What holds now on each channel, and the last 200 words that led there, newest first."""

    current = ConsentOut(many=True)
    history = ConsentRecordOut(many=True)


class ConsentSaid(ConsentIn):
    """One word of a person, with the moment they said it."""

    said_at = serializers.DateTimeField(
        required=False, help_text=gettext_lazy("When they said it; now when left out. A later word is never replaced by an earlier one.")
    )


class CustomerConsents(StoreView[Consent]):
    """The consents of one customer."""

    scopes = {"GET": READ, "POST": "customers:write"}
    model = Consent
    serializer_class = ConsentsOut

    def rows(self) -> QuerySet[Consent]:
        """Return what holds now for this customer."""
        rows: QuerySet[Consent] = Consent.objects.filter(customer_id=find_customer(self.kwargs["public_id"]))
        return rows

    @extend_schema(operation_id="consents_get", responses=ConsentsOut)
    def get(self, request: Request, public_id: UUID) -> Response:
        """Return what a customer allows, and what they said before."""
        return Response(_shown(find_customer(public_id)))

    @extend_schema(
        operation_id="consents_record",
        request=ConsentSaid,
        responses={201: _SAVED},
        parameters=[IDEMPOTENCY_KEY],
    )
    @idempotent
    def post(self, request: Request, public_id: UUID) -> Response:
        """Record what a customer said about a channel."""
        customer_id, now = find_customer(public_id), clock.now()
        wanted = ConsentSaid(data=request.data)
        wanted.is_valid(raise_exception=True)
        word = dict(wanted.validated_data)
        said_at = word.get("said_at", now)
        if said_at > now:
            raise ValidationError({"said_at": [_("This moment has not come yet.")]})
        said = Said(
            customer_id,
            word["channel"],
            word["status"],
            said_at,
            method=word.get("method") or "api",
            source=word.get("source", ""),
            text_version=word.get("text_version", ""),
        )
        record_consents([said], now=now)
        tell_readers({customer_id: [CONSENT]}, now=now)
        shown = _shown(customer_id) if self.may(READ) else {"id": str(_public_id(customer_id))}
        return Response(shown, status=status.HTTP_201_CREATED)


def _public_id(customer_id: int) -> UUID:
    found: UUID = Customer.objects.values_list("public_id", flat=True).get(pk=customer_id)
    return found


def _shown(customer_id: int) -> dict[str, Any]:
    history = ConsentRecord.objects.filter(customer_id=customer_id).order_by("-said_at", "-id")[:MOST_SHOWN]
    current = Consent.objects.filter(customer_id=customer_id).order_by("channel")
    return dict(ConsentsOut({"current": current, "history": history}).data)
