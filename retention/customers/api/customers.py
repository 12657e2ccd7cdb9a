"""`/api/v1/customers`: read people, and make or change one by e-mail address."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from retention.customers.birthdays import read_birthday
from retention.customers.identifying import email_key
from retention.customers.models import Consent, Customer
from retention.customers.models.consent import ChannelName
from retention.customers.saving import Wish, save_customer
from retention.kit import clock
from retention.rest.idempotency import idempotent
from retention.rest.querying import PlainText, read_query
from retention.rest.schema import IDEMPOTENCY_KEY
from retention.rest.views import StoreView


class ConsentOut(serializers.ModelSerializer[Consent]):
    """What a person allows on one channel."""

    class Meta:
        model = Consent
        fields = ("channel", "status", "method", "source", "changed_at")


class CustomerOut(serializers.ModelSerializer[Customer]):
    """A customer as the API shows them."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    birthday = serializers.CharField(read_only=True, help_text=_("1990-05-01, or --05-01 without a year."))
    consents = ConsentOut(many=True, read_only=True)

    class Meta:
        model = Customer
        fields = (
            "id", "email", "phone", "first_name", "last_name", "gender", "birthday", "interests", "language", "zone", "city", "region",
            "postcode", "country", "attributes", "consents", "orders_count", "spent_minor", "first_order_at", "last_order_at",
            "created_at", "last_seen_at",
        )  # fmt: skip


class ConsentIn(serializers.Serializer[Any]):
    """What a person said about one channel."""

    channel = serializers.ChoiceField(choices=ChannelName.choices)
    status = serializers.ChoiceField(choices=Consent.Status.choices)
    method = serializers.CharField(max_length=40, required=False, allow_blank=True)
    source = serializers.CharField(max_length=120, required=False, allow_blank=True)  # type: ignore[assignment]


class CustomerIn(serializers.Serializer[Any]):
    """A customer to make or to change; fields that are left out stay as they are."""

    email = serializers.EmailField(max_length=254)
    external_id = serializers.CharField(max_length=200, required=False, help_text=_("The shop's own id of the customer."))
    first_name = serializers.CharField(max_length=100, required=False)
    last_name = serializers.CharField(max_length=100, required=False)
    phone = serializers.RegexField(r"^\+[1-9][0-9]{6,14}$", required=False, help_text=_("E.164, as in +4930123456."))
    gender = serializers.CharField(max_length=20, required=False)
    birthday = PlainText(max_length=10, required=False, help_text=_("1990-05-01, or --05-01 without a year."))
    interests = serializers.ListField(child=serializers.CharField(max_length=80), max_length=50, required=False)
    language = serializers.CharField(max_length=10, required=False)
    city = serializers.CharField(max_length=100, required=False)
    region = serializers.CharField(max_length=100, required=False)
    postcode = serializers.CharField(max_length=20, required=False)
    country = serializers.RegexField(r"^[A-Z]{2}$", required=False)
    consents = ConsentIn(many=True, required=False)

    def validate_birthday(self, value: str) -> str:
        """Refuse a day that never was."""
        if read_birthday(value) is None:
            raise serializers.ValidationError(_("This is not a day. Write it like 1990-05-01, or --05-01 without a year."))
        return value

    def validate_email(self, value: str) -> str:
        """Refuse an address that could not be found again."""
        if not email_key(value):
            raise serializers.ValidationError(_("This is not an e-mail address."))
        return value


class CustomerQuery(serializers.Serializer[Any]):
    """How the list of customers can be narrowed."""

    email = PlainText(max_length=254, required=False, help_text=_("Exactly this address, whatever its case."))


class _Customers(StoreView[Customer]):
    model = Customer
    serializer_class = CustomerOut

    def rows(self) -> QuerySet[Customer]:
        """Return the store's customers with their consents."""
        rows: QuerySet[Customer] = Customer.objects.prefetch_related("consents")
        return rows


class CustomerList(ListModelMixin, _Customers):
    """The store's customers."""

    scopes = {"GET": "customers:read", "POST": "customers:write"}

    def rows(self) -> QuerySet[Customer]:
        """Return the customers that fit the query."""
        query = read_query(self.request, CustomerQuery)
        rows = super().rows()
        return rows.filter(email_key=email_key(query["email"])) if query.get("email") else rows

    @extend_schema(operation_id="customers_list", parameters=[CustomerQuery])
    def get(self, request: Request) -> Response:
        """List customers, newest first."""
        return self.list(request)

    @extend_schema(
        operation_id="customers_save", request=CustomerIn, responses={200: CustomerOut, 201: CustomerOut}, parameters=[IDEMPOTENCY_KEY]
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Make a customer, or change the one with this e-mail address."""
        wanted = CustomerIn(data=request.data)
        wanted.is_valid(raise_exception=True)
        values = dict(wanted.validated_data)
        consents = [dict(one) for one in values.pop("consents", [])]
        wish = Wish(email=values.pop("email"), external_id=values.pop("external_id", ""), traits=values, consents=consents)
        customer, made = save_customer(wish, now=clock.now())
        answer = CustomerOut(self.get_queryset_of(customer.pk))
        return Response(answer.data, status=status.HTTP_201_CREATED if made else status.HTTP_200_OK)

    def get_queryset_of(self, customer_id: int) -> Customer:
        """Return one customer as the answer shows them."""
        return super().rows().get(pk=customer_id)


class CustomerDetail(RetrieveModelMixin, _Customers):
    """One customer."""

    scopes = {"GET": "customers:read"}

    @extend_schema(operation_id="customers_get")
    def get(self, request: Request, public_id: str) -> Response:
        """Return one customer."""
        return self.retrieve(request, public_id=public_id)
