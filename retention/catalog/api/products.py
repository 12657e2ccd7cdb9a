"""`/api/v1/products` and `/api/v1/stock`: what the shop sells and how much of it there is. Amounts are whole minor units.

Saving is version-safe: what was reported later stays, whatever comes in afterwards.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from retention.catalog.models import Product, StockLevel, Variant
from retention.catalog.saving import ProductReport, StockReport, VariantReport, save_products, set_stock
from retention.kit import clock
from retention.kit.money import DECIMALS
from retention.rest.amounts import AmountField
from retention.rest.bodies import Body
from retention.rest.bulk import read_many, refuse_repeats
from retention.rest.idempotency import idempotent
from retention.rest.querying import PlainText, WebAddress, read_query
from retention.rest.schema import IDEMPOTENCY_KEY
from retention.rest.views import StoreView
from retention.stores.models import Store
from retention.tenancy.context import require_store_id

MOST_VARIANTS = 200
_SAID = [Product.State.ACTIVE, Product.State.DRAFT, Product.State.ARCHIVED, Product.State.DELETED]
_EXAMPLE = {
    "shop_id": "grinder", "name": "Hand grinder", "category": "Coffee / Grinders", "brand": "Lumen", "url": "https://shop.example.com/grinder",
    "reported_at": "2026-11-20T12:00:00Z",
    "variants": [{"shop_id": "grinder-black", "sku": "GR-1", "name": "Black", "price_minor": 8900, "currency": "EUR"}],
}  # fmt: skip


class StockOut(serializers.ModelSerializer[StockLevel]):
    """How many pieces a place has."""

    class Meta:
        model = StockLevel
        fields = ("place", "available", "reported_at")


class VariantOut(serializers.ModelSerializer[Variant]):
    """What is really bought."""

    stock = StockOut(many=True, read_only=True)

    class Meta:
        model = Variant
        fields = (
            "shop_id", "sku", "gtin", "stock_id", "name", "position", "currency", "price_minor", "compare_at_minor", "cost_minor",
            "image_url", "stock", "removed_at",
        )  # fmt: skip


class ProductOut(serializers.ModelSerializer[Product]):
    """A product as the API shows it. A product that is only `seen` is known from visitors' events; nobody vouches for its words."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    category = serializers.CharField(source="category.path", read_only=True, default="")
    variants = VariantOut(many=True, read_only=True)

    class Meta:
        model = Product
        fields = (
            "id", "shop_id", "name", "category", "brand", "vendor", "tags", "url", "image_url", "state", "source", "variants", "created_at",
            "reported_at",
        )  # fmt: skip


class VariantIn(Body):
    """One variant as the shop has it now."""

    shown_as = VariantOut

    shop_id = serializers.CharField(max_length=120)
    currency = serializers.ChoiceField(choices=sorted(DECIMALS), required=False, help_text=_("ISO 4217; the store's when left out."))
    sku = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")
    gtin = serializers.RegexField(r"^[0-9]{0,14}\Z", required=False, allow_blank=True, default="")
    stock_id = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")
    name = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")
    price_minor = AmountField(required=False, allow_null=True, default=None)
    compare_at_minor = AmountField(required=False, allow_null=True, default=None)
    cost_minor = AmountField(required=False, allow_null=True, default=None, help_text=_("Wholesale cost; kept when left out."))
    image_url = WebAddress(required=False, allow_blank=True, default="")


class ProductIn(Body):
    """A product as the shop has it now, whole: variants that are missing are gone."""

    shown_as = ProductOut

    shop_id = serializers.CharField(max_length=120, help_text=_("The shop's own id of the product."))
    name = serializers.CharField(max_length=300)
    category = serializers.CharField(
        max_length=300, required=False, allow_blank=True, default="", help_text=_("Its full path, as in Home / Kitchen.")
    )
    brand = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")
    vendor = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")
    tags = serializers.ListField(child=serializers.CharField(max_length=80), max_length=100, required=False, default=list)
    url = WebAddress(required=False, allow_blank=True, default="")
    image_url = WebAddress(required=False, allow_blank=True, default="")
    state = serializers.ChoiceField(choices=[state.value for state in _SAID], required=False, default=Product.State.ACTIVE.value)
    reported_at = serializers.DateTimeField(
        required=False, help_text=_("The shop's own moment of this version; now when left out. An older one never overwrites a newer one.")
    )
    variants = VariantIn(many=True, required=False, default=list)

    def validate_variants(self, value: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Refuse too many, and two with one id."""
        if len(value) > MOST_VARIANTS:
            raise serializers.ValidationError(_("At most %(count)d variants.") % {"count": MOST_VARIANTS})
        names = [one["shop_id"] for one in value]
        if len(set(names)) != len(names):
            raise serializers.ValidationError(_("Two variants have the same shop_id."))
        return value


@extend_schema_serializer(examples=[OpenApiExample("One product", value={"products": [_EXAMPLE]}, request_only=True)])
class ProductsIn(Body):
    """Up to a hundred products; all are taken, or none and the answer says what is wrong with which."""

    products = ProductIn(many=True)


class ProductsOut(serializers.Serializer[Any]):
    """The products as they are now; one that was reported later before is shown as it stays."""

    products = ProductOut(many=True)


class ProductQuery(serializers.Serializer[Any]):
    """How the list of products can be narrowed; all that is given must fit."""

    shop_id = PlainText(max_length=120, required=False, help_text=_("The product the shop calls exactly so."))
    sku = PlainText(max_length=120, required=False, help_text=_("Products with a variant of exactly this SKU."))
    search = PlainText(max_length=120, required=False, help_text=_("Products whose name begins with this."))
    state = serializers.ChoiceField(choices=Product.State.choices, required=False)


class _Products(StoreView[Product]):
    model = Product
    serializer_class = ProductOut

    def rows(self) -> QuerySet[Product]:
        """Return the store's products with variants and stock."""
        variants = Variant.objects.order_by("position", "pk").prefetch_related("stock")
        rows: QuerySet[Product] = Product.objects.select_related("category").prefetch_related(Prefetch("variants", queryset=variants))
        return rows


class ProductList(ListModelMixin, _Products):
    """The store's products."""

    scopes = {"GET": "catalog:read", "POST": "catalog:write"}

    def rows(self) -> QuerySet[Product]:
        """Return the products that fit the query."""
        query, rows = read_query(self.request, ProductQuery), super().rows()
        if query.get("search"):
            rows = rows.filter(pk__in=Product.objects.found_by(query["search"]).values("pk"))
        if query.get("sku"):
            rows = rows.filter(pk__in=Variant.objects.filter(sku=query["sku"]).values("product_id"))
        exact = {name: query[name] for name in ("shop_id", "state") if query.get(name)}
        return rows.filter(**exact)

    @extend_schema(operation_id="products_list", parameters=[ProductQuery])
    def get(self, request: Request) -> Response:
        """List products, newest first."""
        return self.list(request)

    @extend_schema(operation_id="products_save", request=ProductsIn, responses=ProductsOut, parameters=[IDEMPOTENCY_KEY])
    @idempotent
    def post(self, request: Request) -> Response:
        """Make or change products by the shop's own ids, up to a hundred."""
        wanted = read_many(request.data, ProductIn, name="products")
        refuse_repeats([one["shop_id"] for one in wanted], name="products", field="shop_id")
        now, currency = clock.now(), Store.objects.values_list("currency", flat=True).get(pk=require_store_id())
        saved = save_products([_report(one, now=now, currency=currency) for one in wanted], now=now)
        rows = super().rows().filter(pk__in=[product.pk for product in saved]).order_by("pk")
        return Response(ProductsOut({"products": rows}).data)


class ProductDetail(RetrieveModelMixin, _Products):
    """One product."""

    scopes = {"GET": "catalog:read"}

    @extend_schema(operation_id="products_get")
    def get(self, request: Request, public_id: UUID) -> Response:
        """Return one product."""
        return self.retrieve(request, public_id=public_id)


class StockIn(Body):
    """How many pieces of a variant there are. The first of stock_id, variant_shop_id and sku that is given finds the variant."""

    stock_id = serializers.CharField(max_length=120, required=False, default="")
    variant_shop_id = serializers.CharField(max_length=120, required=False, default="")
    sku = serializers.CharField(max_length=120, required=False, default="")
    place = serializers.CharField(
        max_length=120, required=False, allow_blank=True, default="", help_text=_("Empty where the shop has only one.")
    )
    available = serializers.IntegerField(
        min_value=-(2**31), max_value=2**31 - 1, help_text=_("Negative when more was sold than there was.")
    )
    reported_at = serializers.DateTimeField(required=False, help_text=_("When it was counted; now when left out."))

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse stock of nothing."""
        if not (attrs["stock_id"] or attrs["variant_shop_id"] or attrs["sku"]):
            raise serializers.ValidationError({"sku": [_("Give a stock_id, a variant_shop_id or a sku.")]})
        return attrs


@extend_schema_serializer(examples=[OpenApiExample("Two dozen", value={"stock": [{"sku": "GR-1", "available": 24}]}, request_only=True)])
class StockList(Body):
    """Up to a hundred stock levels."""

    stock = StockIn(many=True)


class StockSaved(serializers.Serializer[Any]):
    """How many of them found their variant; the others are not known and were left out."""

    found = serializers.IntegerField()
    unknown = serializers.IntegerField()


class StockReporting(StoreView[StockLevel]):
    """Stock as the shop counts it."""

    scopes = {"POST": "catalog:write"}
    model = StockLevel
    serializer_class = StockSaved

    def rows(self) -> QuerySet[StockLevel]:
        """Return the store's stock levels."""
        rows: QuerySet[StockLevel] = StockLevel.objects.all()
        return rows

    @extend_schema(operation_id="stock_save", request=StockList, responses=StockSaved, parameters=[IDEMPOTENCY_KEY])
    @idempotent
    def post(self, request: Request) -> Response:
        """Set stock levels, up to a hundred; an older count never overwrites a newer one."""
        now = clock.now()
        wanted = read_many(request.data, StockIn, name="stock")
        reports = [StockReport(**{**one, "reported_at": _not_ahead(one.get("reported_at"), now=now, field="stock")}) for one in wanted]
        found = set_stock(reports)
        return Response({"found": found, "unknown": len(reports) - found})


def _report(said: dict[str, Any], *, now: datetime, currency: str) -> ProductReport:
    variants = [
        VariantReport(**{"currency": currency, **dict(one)}, position=place) for place, one in enumerate(said.pop("variants"), start=1)
    ]
    return ProductReport(**{**said, "reported_at": _not_ahead(said.get("reported_at"), now=now, field="products")}, variants=variants)


def _not_ahead(moment: datetime | None, *, now: datetime, field: str) -> datetime:
    if moment is not None and moment > now:
        raise ValidationError({field: [_("reported_at lies ahead of time.")]})
    return moment or now
