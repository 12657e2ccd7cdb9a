"""`/api/v1/coupons`: a storefront asks whether a code counts, lets an order use it once, and gives it back."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers, status
from rest_framework.exceptions import APIException, NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.coupons import redeeming
from campaigns.coupons.redeeming import Standing
from campaigns.models import Coupon, CouponPool
from retention.kit import clock
from retention.rest.bodies import Body
from retention.rest.querying import PlainText
from retention.rest.views import StoreView

READ, WRITE = "coupons:read", "coupons:write"


class CouponRefused(APIException):
    """The code cannot be used by this order. reason: used, expired or not_given."""

    status_code = status.HTTP_409_CONFLICT

    def __init__(self, reason: str) -> None:
        super().__init__(_REFUSALS[reason])
        self.reason = reason


_REFUSALS = {
    redeeming.USED: gettext_lazy("Another order used this code."),
    redeeming.EXPIRED: gettext_lazy("The time of this code is over."),
    redeeming.NOT_GIVEN: gettext_lazy("This code was not given to anybody yet."),
}


@extend_schema_serializer(examples=[OpenApiExample("An order", value={"order_id": "W-1042"}, request_only=True)])
class CouponUseIn(Body):
    """The order that uses a code, by the shop's own number."""

    order_id = PlainText(max_length=120)


class CouponOut(serializers.Serializer[Any]):
    """How a code stands, and what it is worth. order_id: the order that used it. repeated: this very call had been made before."""

    code = serializers.CharField()
    state = serializers.ChoiceField(choices=Coupon.Standing.choices)
    pool = serializers.CharField()
    benefit = serializers.ChoiceField(choices=CouponPool.Benefit.choices)
    percent = serializers.IntegerField(allow_null=True)
    amount_minor = serializers.IntegerField(allow_null=True)
    currency = serializers.CharField(allow_blank=True)
    expires_at = serializers.DateTimeField(allow_null=True)
    order_id = serializers.CharField(allow_blank=True)
    repeated = serializers.BooleanField()


class _Coupons(StoreView[Coupon]):
    model = Coupon
    serializer_class = CouponOut

    def rows(self) -> QuerySet[Coupon]:
        """Return the store's codes."""
        rows: QuerySet[Coupon] = Coupon.objects.all()
        return rows

    def order(self, request: Request) -> str:
        """Return the order's number from the body."""
        wanted = CouponUseIn(data=request.data)
        wanted.is_valid(raise_exception=True)
        return str(wanted.validated_data["order_id"])


def shown(standing: Standing) -> Response:
    """Answer with how a code stands; raises NotFound for one nobody knows."""
    coupon = standing.coupon
    if coupon is None:
        raise NotFound(gettext_lazy("Nobody knows this code."))
    pool = coupon.pool
    told = {name: getattr(pool, name) for name in ("benefit", "percent", "amount_minor", "currency")}
    own = {"code": coupon.code, "expires_at": coupon.expires_at, "order_id": coupon.order_number, "pool": pool.name}
    return Response(CouponOut({**told, **own, "state": standing.state, "repeated": standing.again}).data)


class CouponDetail(_Coupons):
    """One code."""

    scopes: ClassVar[dict[str, str]] = {"GET": READ}

    @extend_schema(operation_id="coupons_get", responses={200: CouponOut})
    def get(self, request: Request, code: str) -> Response:
        """Say whether a code counts now and what it is worth; changes nothing."""
        return shown(redeeming.look_at(code, now=clock.now()))


class CouponRedeeming(_Coupons):
    """Letting an order use a code."""

    scopes: ClassVar[dict[str, str]] = {"POST": WRITE}

    @extend_schema(operation_id="coupons_redeem", request=CouponUseIn, responses={200: CouponOut})
    def post(self, request: Request, code: str) -> Response:
        """Let an order use a code. The same order may ask again; of two orders at once one gets it.

        The other is answered 409, whose `reason` is used, expired or not_given.
        """
        standing = redeeming.redeem(code, order=self.order(request), now=clock.now())
        if standing.state in _REFUSALS:
            raise CouponRefused(standing.state)
        return shown(standing)


class CouponReleasing(_Coupons):
    """Giving a code back."""

    scopes: ClassVar[dict[str, str]] = {"POST": WRITE}

    @extend_schema(operation_id="coupons_release", request=CouponUseIn, responses={200: CouponOut})
    def post(self, request: Request, code: str) -> Response:
        """Take back that this order used a code: it was cancelled or never paid. Another order's use stays, with 409."""
        standing = redeeming.release(code, order=self.order(request), now=clock.now())
        if standing.state == redeeming.USED:
            raise CouponRefused(standing.state)
        return shown(standing)
