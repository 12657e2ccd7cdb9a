"""POST `/api/v1/orders` and `/api/v1/refunds`: the shop's server reports up to a hundred; they are counted within seconds.

The answer is 202: what is taken is on disk, and the projection counts it in the order it was lived, beside events from elsewhere.
"""

from datetime import datetime
from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from retention.customers.api.customers import find_customer
from retention.customers.identifying import email_key
from retention.intake.reading import EARLIEST
from retention.intake.reporting import Names, Nobody, names_of, report_orders, report_refunds
from retention.kit import clock
from retention.kit.money import DECIMALS, LARGEST_AMOUNT
from retention.orders.amounts import MOST_LINES, MOST_PIECES
from retention.orders.api.orders import OrderLineOut, OrderList, OrderOut, RefundLineOut, RefundList, RefundOut
from retention.orders.models import Order
from retention.rest.amounts import AmountField
from retention.rest.bodies import Body
from retention.rest.bulk import read_many, refuse_repeats
from retention.rest.idempotency import idempotent
from retention.rest.schema import IDEMPOTENCY_KEY

_LINE = {"product_id": "grinder", "sku": "GR-1", "name": "Hand grinder", "quantity": 1, "price_minor": 8900}
_ORDER = {
    "number": "1001", "currency": "EUR", "total_minor": 9390, "shipping_minor": 490, "customer": {"email": "ana@example.test"},
    "placed_at": "2026-11-20T12:00:00Z", "lines": [_LINE],
}  # fmt: skip
_REFUND = {
    "number": "R-1", "order_number": "1001", "currency": "EUR", "total_minor": 8900, "refunded_at": "2026-11-22T09:00:00Z",
    "customer": {"email": "ana@example.test"}, "lines": [{"product_id": "grinder", "quantity": 1, "amount_minor": 8900}],
}  # fmt: skip


class WhoIn(Body):
    """Whose it is: our id, the shop's own id, or an e-mail address. With several, the first of these counts."""

    id = serializers.UUIDField(required=False)
    external_id = serializers.CharField(max_length=200, required=False)
    email = serializers.EmailField(max_length=254, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse nobody, and addresses that could not be found again."""
        if not attrs:
            raise serializers.ValidationError(_("Give an id, an external_id or an email."))
        if "email" in attrs and not email_key(attrs["email"]):
            raise serializers.ValidationError({"email": [_("This is not an e-mail address.")]})
        return attrs


class OrderLineIn(Body):
    """One product of an order."""

    shown_as = OrderLineOut

    product_id = serializers.CharField(max_length=120)
    variant_id = serializers.CharField(max_length=120, required=False, allow_blank=True)
    sku = serializers.CharField(max_length=120, required=False, allow_blank=True)
    name = serializers.CharField(max_length=300, required=False, allow_blank=True)
    category = serializers.CharField(max_length=300, required=False, allow_blank=True)
    brand = serializers.CharField(max_length=120, required=False, allow_blank=True)
    vendor = serializers.CharField(max_length=120, required=False, allow_blank=True, help_text=gettext_lazy("Who supplies it to the shop."))
    quantity = serializers.IntegerField(min_value=1, max_value=MOST_PIECES, default=1)
    price_minor = AmountField(help_text=gettext_lazy("Of one piece."))
    amount_minor = AmountField(required=False, help_text=gettext_lazy("What the line came to; price times quantity when left out."))

    def validate(self, line: dict[str, Any]) -> dict[str, Any]:
        """Refuse what no sum of a line could hold."""
        if line["price_minor"] * line["quantity"] > LARGEST_AMOUNT:
            raise serializers.ValidationError({"price_minor": [_("Price times quantity is too large.")]})
        return line


class _Moments(Body):
    """What orders and refunds share."""

    number = serializers.CharField(max_length=120, help_text=gettext_lazy("The shop's own number; what has it is saved once."))
    customer = WhoIn()
    currency = serializers.ChoiceField(choices=sorted(DECIMALS))

    def refuse_odd_moment(self, moment: datetime | None) -> datetime | None:
        """Refuse moments that lie ahead or before this business began."""
        if moment is not None and moment > clock.now():
            raise serializers.ValidationError(_("This moment has not come yet."))
        if moment is not None and moment < EARLIEST:
            raise serializers.ValidationError(_("The moment lies before the year 2000."))
        return moment


class OrderIn(_Moments):
    """An order as it stands now, whole; what is saved again replaces what was there, unless that is a later version.

    An amount, coupons or a cancellation that are left out are none; a cancelled order that is saved without its cancellation stands again.
    """

    shown_as = OrderOut

    label = serializers.CharField(  # type: ignore[assignment]
        max_length=120, required=False, allow_blank=True, help_text=gettext_lazy("What people call it, as in #1001.")
    )
    total_minor = AmountField(help_text=gettext_lazy("What was paid, before refunds."))
    subtotal_minor = AmountField(required=False)
    discount_minor = AmountField(required=False)
    shipping_minor = AmountField(required=False)
    tax_minor = AmountField(required=False)
    payment_state = serializers.ChoiceField(
        choices=Order.Payment.choices, required=False, help_text=gettext_lazy("Stays as it is when left out; a new order is paid.")
    )
    fulfilment_state = serializers.ChoiceField(
        choices=Order.Fulfilment.choices, required=False, help_text=gettext_lazy("Stays as it is when left out; a new order is not sent.")
    )
    coupons = serializers.ListField(child=serializers.CharField(max_length=80), max_length=20, required=False)
    placed_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField(required=False, help_text=gettext_lazy("The shop's moment of this version; now when left out."))
    cancelled_at = serializers.DateTimeField(required=False, allow_null=True)
    lines = OrderLineIn(many=True)

    def validate_lines(self, value: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Refuse more lines than an order can have."""
        if len(value) > MOST_LINES:
            raise serializers.ValidationError(_("At most %(count)d lines.") % {"count": MOST_LINES})
        return value

    def validate_placed_at(self, value: datetime) -> datetime | None:
        """Refuse odd moments."""
        return self.refuse_odd_moment(value)

    def validate_updated_at(self, value: datetime) -> datetime | None:
        """Refuse odd moments."""
        return self.refuse_odd_moment(value)

    def validate_cancelled_at(self, value: datetime | None) -> datetime | None:
        """Refuse odd moments."""
        return self.refuse_odd_moment(value)


class RefundLineIn(Body):
    """One product of a refund. quantity: pieces that came back, 0 for money alone."""

    shown_as = RefundLineOut

    product_id = serializers.CharField(max_length=120)
    variant_id = serializers.CharField(max_length=120, required=False, allow_blank=True)
    quantity = serializers.IntegerField(min_value=0, max_value=MOST_PIECES, default=0)
    amount_minor = AmountField()


class RefundIn(_Moments):
    """Money given back."""

    shown_as = RefundOut

    order_number = serializers.CharField(max_length=120, help_text=gettext_lazy("The order's number; it may come later than its refund."))
    total_minor = AmountField()
    reason = serializers.CharField(max_length=200, required=False, allow_blank=True)
    refunded_at = serializers.DateTimeField()
    lines = RefundLineIn(many=True, required=False, default=list)

    def validate_lines(self, value: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Refuse more lines than an order can have."""
        if len(value) > MOST_LINES:
            raise serializers.ValidationError(_("At most %(count)d lines.") % {"count": MOST_LINES})
        return value

    def validate_refunded_at(self, value: datetime) -> datetime | None:
        """Refuse odd moments."""
        return self.refuse_odd_moment(value)


class _Backfill(serializers.Serializer[Any]):
    backfill = serializers.BooleanField(
        default=False, help_text=gettext_lazy("History: it is stored and counted, and starts no journey and no message.")
    )


@extend_schema_serializer(examples=[OpenApiExample("One order", value={"orders": [_ORDER]}, request_only=True)])
class OrdersIn(Body, _Backfill):
    """Up to a hundred orders; all are taken, or none and the answer says what is wrong with which."""

    orders = OrderIn(many=True)


@extend_schema_serializer(examples=[OpenApiExample("One refund", value={"refunds": [_REFUND]}, request_only=True)])
class RefundsIn(Body, _Backfill):
    """Up to a hundred refunds; all are taken, or none and the answer says what is wrong with which."""

    refunds = RefundIn(many=True)


class Taken(serializers.Serializer[Any]):
    """What was taken; it is counted within seconds."""

    accepted = serializers.IntegerField()
    numbers = serializers.ListField(child=serializers.CharField())


class OrderSaving(OrderList):
    """The store's orders, and reporting them."""

    scopes = {"GET": "orders:read", "POST": "orders:write"}

    @extend_schema(operation_id="orders_save", request=OrdersIn, responses={202: Taken}, parameters=[IDEMPOTENCY_KEY])
    @idempotent
    def post(self, request: Request) -> Response:
        """Report orders by the shop's numbers, up to a hundred."""
        wanted, backfill = read_many(request.data, OrderIn, name="orders", beside=("backfill",)), _backfill_of(request)
        refuse_repeats([one["number"] for one in wanted], name="orders", field="number")
        people = [_who(one["customer"], name="orders", place=place) for place, one in enumerate(wanted)]
        report_orders(list(zip(wanted, people, strict=True)), backfill=backfill, now=clock.now())
        return _taken(wanted)


class RefundSaving(RefundList):
    """Money the store gave back, and reporting it."""

    scopes = {"GET": "orders:read", "POST": "orders:write"}

    @extend_schema(operation_id="refunds_save", request=RefundsIn, responses={202: Taken}, parameters=[IDEMPOTENCY_KEY])
    @idempotent
    def post(self, request: Request) -> Response:
        """Report refunds by the shop's numbers, up to a hundred; each number counts once."""
        wanted, backfill = read_many(request.data, RefundIn, name="refunds", beside=("backfill",)), _backfill_of(request)
        refuse_repeats([one["number"] for one in wanted], name="refunds", field="number")
        people = [_who(one["customer"], name="refunds", place=place) for place, one in enumerate(wanted)]
        report_refunds(list(zip(wanted, people, strict=True)), backfill=backfill, now=clock.now())
        return _taken(wanted)


def _backfill_of(request: Request) -> bool:
    said = _Backfill(data=request.data)
    said.is_valid(raise_exception=True)
    return bool(said.validated_data["backfill"])


def _who(said: dict[str, Any], *, name: str, place: int) -> Names:
    if "id" not in said:
        return Names(external_id=said.get("external_id", ""), email="" if said.get("external_id") else said.get("email", ""))
    try:
        return names_of(find_customer(said["id"]))
    except Http404 as error:
        raise _unknown(name, place, _("There is no such customer.")) from error
    except Nobody as error:
        words = _("This customer has no id of yours, no e-mail address and no browser to name them by. Give them an external_id first.")
        raise _unknown(name, place, words) from error


def _unknown(name: str, place: int, words: str) -> ValidationError:
    return ValidationError({name: {str(place): {"customer": {"id": [words]}}}})


def _taken(wanted: list[dict[str, Any]]) -> Response:
    numbers = [one["number"] for one in wanted]
    return Response({"accepted": len(numbers), "numbers": numbers}, status=status.HTTP_202_ACCEPTED)
