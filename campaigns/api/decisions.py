"""`/api/v1/customers/<id>/decisions`: what was decided about each message of a person, and why others never wrote to them."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.models import Message
from campaigns.trace.absent import absent_for
from campaigns.trace.messages import Trace, traces_of
from retention.customers.api.customers import find_customer
from retention.customers.models import Customer
from retention.kit import clock
from retention.rest.paging import CursorPages
from retention.rest.views import StoreView

READ = "customers:read"


class GateOut(serializers.Serializer[Any]):
    """One question of the gate. passed: null for what is not asked of such a message."""

    key = serializers.CharField()
    question = serializers.CharField()
    passed = serializers.BooleanField(allow_null=True)


class DecisionOut(serializers.Serializer[Any]):
    """One answer of the gate. verdict: send, hold, leave, suppress or skip. times: how often it was the same.

    contest: who won, and why, where several messages wanted the person at once; else empty.
    """

    verdict = serializers.CharField()
    why = serializers.CharField(allow_blank=True)
    gates = GateOut(many=True)
    changes = serializers.ListField(child=serializers.CharField())
    contest = serializers.CharField(allow_blank=True)
    first_at = serializers.DateTimeField()
    last_at = serializers.DateTimeField()
    times = serializers.IntegerField()
    until = serializers.DateTimeField(allow_null=True)


class MessageTraceOut(serializers.Serializer[Any]):
    """One message of a person with everything that was decided about it, the oldest first.

    name: of its journey or campaign. reason: a word for programs, why: for people.
    """

    id = serializers.UUIDField(source="message.public_id")
    channel = serializers.CharField(source="message.channel")
    source_kind = serializers.CharField(source="message.source_kind")
    name = serializers.CharField(source="source", allow_blank=True)
    step = serializers.CharField(source="message.step")
    state = serializers.CharField(source="message.state")
    reason = serializers.CharField(source="message.reason", allow_blank=True)
    why = serializers.CharField(allow_blank=True)
    planned_at = serializers.DateTimeField(source="message.planned_at")
    sent_at = serializers.DateTimeField(source="message.sent_at", allow_null=True)
    decisions = DecisionOut(many=True, source="told")


class NotWrittenOut(serializers.Serializer[Any]):
    """A live journey, departure or recent campaign that has no message for a person. kind: journey, recovery or campaign."""

    kind = serializers.CharField()
    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField()
    reason = serializers.CharField()
    why = serializers.CharField(source="words")
    at = serializers.DateTimeField(allow_null=True)


class NewestPlanned(CursorPages):
    """Pages by the moment messages were planned, newest first."""

    ordering = ("-planned_at", "-id")


class CustomerDecisions(StoreView[Message]):
    """The decisions about a person's messages."""

    scopes: ClassVar[dict[str, str]] = {"GET": READ}
    model = Message
    serializer_class = MessageTraceOut
    pagination_class = NewestPlanned

    def rows(self) -> QuerySet[Message]:
        """Return the person's messages."""
        rows: QuerySet[Message] = Message.objects.filter(customer_id=find_customer(self.kwargs["public_id"]))
        return rows

    @extend_schema(operation_id="customers_decisions", responses={200: MessageTraceOut(many=True)})
    def get(self, request: Request, public_id: UUID) -> Response:
        """List a person's messages, newest first, each with what the gate was asked and answered. Kept for 120 days."""
        page: list[Message] = self.paginate_queryset(self.get_queryset()) or []
        found: list[Trace] = traces_of(page, say=gettext)
        return self.get_paginated_response(MessageTraceOut(found, many=True).data)


class CustomerNotWritten(StoreView[Message]):
    """What never wrote to a person."""

    scopes: ClassVar[dict[str, str]] = {"GET": READ}
    model = Message
    serializer_class = NotWrittenOut
    pagination_class = None

    @extend_schema(operation_id="customers_not_written", responses={200: NotWrittenOut(many=True)})
    def get(self, request: Request, public_id: UUID) -> Response:
        """Say why live journeys and campaigns of 90 days have no message for a person, as it stands now."""
        customer = Customer.objects.get(pk=find_customer(public_id))
        return Response(NotWrittenOut(absent_for(customer, say=gettext, now=clock.now()), many=True).data)
