"""`/api/v1/customers`: read people, make or change one by the names the shop knows, and change one by id."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from retention.customers.api.fields import CustomerIn, CustomerOut, CustomerPatch, CustomerQuery
from retention.customers.changing import AddressTaken, ShopIdTaken, change_customer
from retention.customers.erasing import erase
from retention.customers.identifying import email_key
from retention.customers.models import Customer, CustomerMerge, Identity
from retention.customers.saving import Wish, save_customer
from retention.kit import clock
from retention.rest.idempotency import idempotent
from retention.rest.querying import read_query
from retention.rest.schema import IDEMPOTENCY_KEY, or_only_id
from retention.rest.views import StoreView
from retention.stores import auditing

READ = "customers:read"
_SAVED = or_only_id("CustomerOut", scope=READ)


class _Customers(StoreView[Customer]):
    model = Customer
    serializer_class = CustomerOut

    def rows(self) -> QuerySet[Customer]:
        """Return the store's customers with their consents."""
        rows: QuerySet[Customer] = Customer.objects.prefetch_related("consents")
        return rows

    def shown(self, customer_id: int) -> dict[str, Any]:
        """Return one customer as the answer shows them: all we know to a key that may read it, their id to one that only writes."""
        if not self.may(READ):
            return {"id": str(Customer.objects.values_list("public_id", flat=True).get(pk=customer_id))}
        return dict(CustomerOut(_Customers.rows(self).get(pk=customer_id)).data)


class CustomerList(ListModelMixin, _Customers):
    """The store's customers."""

    scopes = {"GET": READ, "POST": "customers:write"}

    def rows(self) -> QuerySet[Customer]:
        """Return the customers that fit the query."""
        return _fitting(super().rows(), read_query(self.request, CustomerQuery))

    @extend_schema(operation_id="customers_list", parameters=[CustomerQuery])
    def get(self, request: Request) -> Response:
        """List customers, newest first."""
        return self.list(request)

    @extend_schema(operation_id="customers_save", request=CustomerIn, responses={200: _SAVED, 201: _SAVED}, parameters=[IDEMPOTENCY_KEY])
    @idempotent
    def post(self, request: Request) -> Response:
        """Make a customer, or change the one with this external_id or e-mail address."""
        wanted = CustomerIn(data=request.data)
        wanted.is_valid(raise_exception=True)
        values = dict(wanted.validated_data)
        consents = [dict(one) for one in values.pop("consents", [])]
        names = {name: values.pop(name, "") for name in ("email", "external_id")}
        told = {name: value for name, value in values.items() if value is not None and name != "attributes"}
        customer, made = save_customer(Wish(**names, traits=told, consents=consents), now=clock.now())
        rest = {name: value for name, value in values.items() if name not in told}
        if rest:  # what is cleared, and the store's own attributes
            change_customer(customer.pk, rest, now=clock.now())
        return Response(self.shown(customer.pk), status=status.HTTP_201_CREATED if made else status.HTTP_200_OK)


class CustomerDetail(RetrieveModelMixin, _Customers):
    """One customer."""

    scopes = {"GET": READ, "PATCH": "customers:write", "DELETE": "customers:erase"}

    def get_object(self) -> Customer:
        """Return the customer with this id; the id of one who was merged leads to the person they are now."""
        found = self.get_queryset().filter(pk=find_customer(self.kwargs["public_id"])).first()
        if found is None:
            raise Http404
        return found

    @extend_schema(operation_id="customers_get")
    def get(self, request: Request, public_id: UUID) -> Response:
        """Return one customer. The id of somebody who turned out to be another person leads to that person."""
        return self.retrieve(request, public_id=public_id)

    @extend_schema(operation_id="customers_change", request=CustomerPatch, responses={200: _SAVED}, parameters=[IDEMPOTENCY_KEY])
    @idempotent
    def patch(self, request: Request, public_id: UUID) -> Response:
        """Change one customer: what is left out stays, null clears."""
        customer = self.get_object()
        wanted = CustomerPatch(data=request.data)
        wanted.is_valid(raise_exception=True)
        try:
            change_customer(customer.pk, dict(wanted.validated_data), now=clock.now())
        except AddressTaken as error:
            raise ValidationError({"email": [_("Another customer has this address.")]}) from error
        except ShopIdTaken as error:
            raise ValidationError({"external_id": [_("Another customer has this id.")]}) from error
        return Response(self.shown(customer.pk))

    @extend_schema(operation_id="customers_erase", responses={204: None}, parameters=[IDEMPOTENCY_KEY])
    @idempotent
    def delete(self, request: Request, public_id: UUID) -> Response:
        """Erase a customer for good: everything that names them goes, their orders stay without a name."""
        customer = self.get_object()
        auditing.note(request, "customer.erased", target=f"customer:{customer.public_id}")
        erase(customer, by=None, now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


def find_customer(public_id: UUID) -> int:
    """Return the row of the customer with this public id, or of the person they were merged into. Raises Http404."""
    found: int | None = Customer.objects.filter(public_id=public_id).values_list("pk", flat=True).first()
    if found is None:
        found = CustomerMerge.objects.filter(loser_public_id=public_id).values_list("survivor_id", flat=True).first()
    if found is None:
        raise Http404
    return found


def _fitting(rows: QuerySet[Customer], query: dict[str, Any]) -> QuerySet[Customer]:
    if query.get("email"):
        rows = rows.filter(email_key=email_key(query["email"]))
    if query.get("external_id"):
        rows = rows.filter(pk__in=Identity.objects.filter(kind="external", value=query["external_id"]).values("customer_id"))
    if query.get("phone"):
        rows = rows.filter(phone=query["phone"])
    if query.get("changed_since"):
        rows = rows.filter(changed_at__gte=query["changed_since"])
    if query.get("consent"):
        channel, _colon, word = query["consent"].partition(":")
        rows = rows.filter(consents__channel=channel, consents__status=word)
    return rows
