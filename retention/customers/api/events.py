"""`/api/v1/events`: what happened, as it was stored, with the reason where something was not counted."""

from typing import Any

from django.db.models import QuerySet
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from retention.customers.models import Customer, CustomerEvent
from retention.rest.paging import MomentPages
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
    name = PlainText(
        max_length=120,
        required=False,
        help_text=_(
            "Events with exactly this name. A page looks at 20,000 events at most and may hold few or none; follow `next` until it is null."
        ),
    )


class EventList(ListModelMixin, StoreView[CustomerEvent]):
    """The store's events."""

    scopes = {"GET": "events:read"}
    model = CustomerEvent
    serializer_class = EventOut
    pagination_class = MomentPages

    def rows(self) -> QuerySet[CustomerEvent]:
        """Return the store's events, or those of one customer."""
        rows: QuerySet[CustomerEvent] = CustomerEvent.objects.select_related("customer")
        wanted = self._query.get("customer")
        if not wanted:
            return rows
        return rows.filter(customer_id__in=list(Customer.objects.filter(public_id=wanted).values_list("pk", flat=True)))

    def narrow(self, rows: QuerySet[CustomerEvent]) -> QuerySet[CustomerEvent]:
        """Return those with the name asked for; the page sees to it that the search has an end."""
        name = self._query.get("name")
        return rows.filter(name=name) if name else rows

    @cached_property
    def _query(self) -> dict[str, Any]:
        return read_query(self.request, EventQuery)

    @extend_schema(operation_id="events_list", parameters=[EventQuery])
    def get(self, request: Request) -> Response:
        """List events, the last to arrive first."""
        return self.list(request)
