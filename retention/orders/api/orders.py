"""`/api/v1/orders` and `/api/v1/refunds`: what was bought and given back. Amounts are whole minor units beside their currency.

Reporting orders is `retention/intake/api/orders.py`: what happened to a person comes in through the intake.
"""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from retention.orders.models import Order, OrderLine, Refund, RefundLine
from retention.rest.querying import PlainText, read_query
from retention.rest.views import StoreView

_EXAMPLE = {
    "id": "5e0a7c7a-94f6-4f0e-9a53-0d9c2b1f6f10", "number": "1001", "label": "#1001", "customer": "0b0c9f6e-5d0f-4a0e-9d27-6f1f4b1d2c11",
    "currency": "EUR", "total_minor": 9390, "subtotal_minor": 8900, "discount_minor": 0, "shipping_minor": 490, "tax_minor": 1499,
    "refunded_minor": 0, "payment_state": "paid", "fulfilment_state": "open", "coupons": [], "source": "api",
    "lines": [{"position": 1, "product_id": "grinder", "variant_id": "grinder-black", "sku": "GR-1", "name": "Hand grinder", "category": "",
               "brand": "Lumen", "vendor": "", "quantity": 1, "price_minor": 8900, "amount_minor": 8900}],
    "placed_at": "2026-11-20T12:00:00Z", "cancelled_at": None, "reported_at": "2026-11-20T12:00:03Z", "received_at": "2026-11-20T12:00:03Z",
}  # fmt: skip


class OrderLineOut(serializers.ModelSerializer[OrderLine]):
    """One product of an order."""

    class Meta:
        model = OrderLine
        fields = (
            "position", "product_id", "variant_id", "sku", "name", "category", "brand", "vendor", "quantity", "price_minor", "amount_minor",
        )  # fmt: skip


@extend_schema_serializer(examples=[OpenApiExample("An order", value=_EXAMPLE, response_only=True)])
class OrderOut(serializers.ModelSerializer[Order]):
    """An order as the API shows it. total_minor is what was paid, before refunds."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    customer = serializers.UUIDField(source="customer.public_id", read_only=True, allow_null=True, default=None)
    lines = OrderLineOut(many=True, read_only=True)

    class Meta:
        model = Order
        fields = (
            "id", "number", "label", "customer", "currency", "total_minor", "subtotal_minor", "discount_minor", "shipping_minor",
            "tax_minor", "refunded_minor", "payment_state", "fulfilment_state", "coupons", "source", "lines", "placed_at", "cancelled_at",
            "reported_at", "received_at",
        )  # fmt: skip


class OrderQuery(serializers.Serializer[Any]):
    """How the list of orders can be narrowed; all that is given must fit."""

    number = PlainText(max_length=120, required=False, help_text=_("The order with this number."))
    customer = serializers.UUIDField(required=False, help_text=_("Orders of this customer."))
    placed_since = serializers.DateTimeField(required=False, help_text=_("Placed at this moment or later."))
    placed_before = serializers.DateTimeField(required=False, help_text=_("Placed before this moment."))
    received_since = serializers.DateTimeField(required=False, help_text=_("First heard of at this moment or later."))
    payment_state = serializers.ChoiceField(choices=Order.Payment.choices, required=False)
    fulfilment_state = serializers.ChoiceField(choices=Order.Fulfilment.choices, required=False)


_ORDER_FILTERS = {
    "number": "number", "customer": "customer__public_id", "placed_since": "placed_at__gte", "placed_before": "placed_at__lt",
    "received_since": "received_at__gte", "payment_state": "payment_state", "fulfilment_state": "fulfilment_state",
}  # fmt: skip


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
        return super().rows().filter(**{_ORDER_FILTERS[name]: value for name, value in query.items() if value})

    @extend_schema(operation_id="orders_list", parameters=[OrderQuery])
    def get(self, request: Request) -> Response:
        """List orders, newest first."""
        return self.list(request)


class OrderDetail(RetrieveModelMixin, _Orders):
    """One order."""

    @extend_schema(operation_id="orders_get")
    def get(self, request: Request, public_id: UUID) -> Response:
        """Return one order."""
        return self.retrieve(request, public_id=public_id)


class RefundLineOut(serializers.ModelSerializer[RefundLine]):
    """One product of a refund; no pieces where only money was given back."""

    class Meta:
        model = RefundLine
        fields = ("position", "product_id", "variant_id", "name", "quantity", "amount_minor")


class RefundOut(serializers.ModelSerializer[Refund]):
    """Money given back, as the API shows it."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    customer = serializers.UUIDField(source="customer.public_id", read_only=True, allow_null=True, default=None)
    order = serializers.UUIDField(source="order.public_id", read_only=True, allow_null=True, default=None)
    lines = RefundLineOut(many=True, read_only=True)

    class Meta:
        model = Refund
        fields = (
            "id", "number", "order", "order_number", "customer", "currency", "total_minor", "reason", "source", "lines", "refunded_at",
            "received_at",
        )  # fmt: skip


class RefundQuery(serializers.Serializer[Any]):
    """How the list of refunds can be narrowed; all that is given must fit."""

    order_number = PlainText(max_length=120, required=False, help_text=_("Refunds of the order with this number."))
    customer = serializers.UUIDField(required=False, help_text=_("Refunds of this customer."))
    refunded_since = serializers.DateTimeField(required=False, help_text=_("Given back at this moment or later."))


_REFUND_FILTERS = {"order_number": "order_number", "customer": "customer__public_id", "refunded_since": "refunded_at__gte"}


class RefundList(ListModelMixin, StoreView[Refund]):
    """Money the store gave back."""

    scopes = {"GET": "orders:read"}
    model = Refund
    serializer_class = RefundOut

    def rows(self) -> QuerySet[Refund]:
        """Return the refunds that fit the query."""
        query = read_query(self.request, RefundQuery)
        rows: QuerySet[Refund] = Refund.objects.select_related("customer", "order").prefetch_related("lines")
        return rows.filter(**{_REFUND_FILTERS[name]: value for name, value in query.items() if value})

    @extend_schema(operation_id="refunds_list", parameters=[RefundQuery])
    def get(self, request: Request) -> Response:
        """List refunds, newest first."""
        return self.list(request)
