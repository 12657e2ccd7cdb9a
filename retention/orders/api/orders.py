"""`/api/v1/orders`: what was bought. Amounts are whole minor units beside their currency."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from retention.orders.models import Order, OrderLine
from retention.rest.querying import PlainText, read_query
from retention.rest.views import StoreView


class OrderLineOut(serializers.ModelSerializer[OrderLine]):
    """One product of an order."""

    class Meta:
        model = OrderLine
        fields = ("position", "product_id", "name", "quantity", "price_minor")


class OrderOut(serializers.ModelSerializer[Order]):
    """An order as the API shows it."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    customer = serializers.UUIDField(source="customer.public_id", read_only=True, allow_null=True, default=None)
    lines = OrderLineOut(many=True, read_only=True)

    class Meta:
        model = Order
        fields = ("id", "number", "customer", "currency", "total_minor", "lines", "placed_at", "received_at")


class OrderQuery(serializers.Serializer[Any]):
    """How the list of orders can be narrowed."""

    number = PlainText(max_length=120, required=False, help_text=_("The order with this number."))
    customer = serializers.UUIDField(required=False, help_text=_("Orders of this customer."))


class _Orders(StoreView[Order]):
    scopes = {"GET": "orders:read"}
    model = Order
    serializer_class = OrderOut

    def rows(self) -> QuerySet[Order]:
        """Return the store's orders with their lines."""
        rows: QuerySet[Order] = Order.objects.select_related("customer").prefetch_related("lines")
        return rows


class OrderList(ListModelMixin, _Orders):
    """The store's orders."""

    def rows(self) -> QuerySet[Order]:
        """Return the orders that fit the query."""
        query = read_query(self.request, OrderQuery)
        rows = super().rows()
        if query.get("customer"):
            rows = rows.filter(customer__public_id=query["customer"])
        return rows.filter(number=query["number"]) if query.get("number") else rows

    @extend_schema(operation_id="orders_list", parameters=[OrderQuery])
    def get(self, request: Request) -> Response:
        """List orders, newest first."""
        return self.list(request)


class OrderDetail(RetrieveModelMixin, _Orders):
    """One order."""

    @extend_schema(operation_id="orders_get")
    def get(self, request: Request, public_id: str) -> Response:
        """Return one order."""
        return self.retrieve(request, public_id=public_id)
