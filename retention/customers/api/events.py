"""`/api/v1/events`: what happened, as it was stored, with the reason where something was not counted."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from retention.customers.models import CustomerEvent
from retention.rest.querying import PlainText, read_query
from retention.rest.views import StoreView


class EventOut(serializers.ModelSerializer[CustomerEvent]):
    """An event as the API shows it."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    customer = serializers.UUIDField(source="customer.public_id", read_only=True, allow_null=True, default=None)

    class Meta:
        model = CustomerEvent
        fields = ("id", "customer", "kind", "name", "properties", "occurred_at", "received_at", "trusted", "refusal")


class EventQuery(serializers.Serializer[Any]):
    """How the list of events can be narrowed."""

    customer = serializers.UUIDField(required=False, help_text=_("Events of this customer."))
    name = PlainText(max_length=120, required=False, help_text=_("Events with exactly this name."))


class EventList(ListModelMixin, StoreView[CustomerEvent]):
    """The store's events."""

    scopes = {"GET": "events:read"}
    model = CustomerEvent
    serializer_class = EventOut

    def rows(self) -> QuerySet[CustomerEvent]:
        """Return the events that fit the query."""
        query = read_query(self.request, EventQuery)
        rows: QuerySet[CustomerEvent] = CustomerEvent.objects.select_related("customer")
        if query.get("customer"):
            rows = rows.filter(customer__public_id=query["customer"])
        return rows.filter(name=query["name"]) if query.get("name") else rows

    @extend_schema(operation_id="events_list", parameters=[EventQuery])
    def get(self, request: Request) -> Response:
        """List events, newest first."""
        return self.list(request)
