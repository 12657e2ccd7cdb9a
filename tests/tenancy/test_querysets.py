"""Querysets and managers: no way of asking or writing crosses the store boundary, and none works without a store."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, ProgrammingError, transaction
from django.db.models import Prefetch
from django.utils import timezone

from retention.customers.models import Consent, Customer, Identity
from retention.orders.models import Cart, CartLine
from retention.tenancy.context import NoStore, store_context
from retention.tenancy.unscoped import unscoped
from tests.factories import make_store

pytestmark = pytest.mark.django_db


class Two:
    """Two stores with one customer, identity and basket each."""

    def __init__(self) -> None:
        self.mine, self.theirs = make_store("mine"), make_store("theirs")
        self.my_customer, self.my_cart = self._fill(self.mine.pk, "mine")
        self.their_customer, self.their_cart = self._fill(self.theirs.pk, "theirs")

    def _fill(self, store_id: int, name: str) -> tuple[Customer, Cart]:
        with store_context(store_id):
            customer = Customer.objects.create(first_name=name, email_key=f"{name}@example.test")
            Identity.objects.create(customer=customer, kind="external", value="same-in-both")
            cart = Cart.objects.create(customer=customer, currency="EUR", started_at=timezone.now(), last_activity_at=timezone.now())
            CartLine.objects.create(cart=cart, product_id="p", quantity=1)
        return customer, cart


@pytest.fixture
def two() -> Two:
    return Two()


READS: list[Callable[[Two], Any]] = [
    lambda two: list(Customer.objects.all()),
    lambda two: Customer.objects.filter(pk=1).first(),
    lambda two: Customer.objects.count(),
    lambda two: Customer.objects.exists(),
    lambda two: Customer.objects.get(pk=two.my_customer.pk),
    lambda two: Customer.objects.in_bulk([1]),
    lambda two: Customer.objects.values_list("email"),
    lambda two: Customer.objects.update(first_name="x"),
    lambda two: Customer.objects.filter(pk=1).delete(),
    lambda two: Customer.objects.create(first_name="x"),
    lambda two: Customer.objects.get_or_create(first_name="x"),
    lambda two: Customer.objects.bulk_create([Customer(first_name="x")]),
    lambda two: Customer.objects.bulk_update([two.my_customer], ["first_name"]),
    lambda two: Customer.objects.aggregate(),
    lambda two: Customer.objects.raw("SELECT 1 AS id"),
    lambda two: list(two.my_customer.carts.all()),
    lambda two: list(two.my_customer.identities.all()),
]


@pytest.mark.parametrize("ask", READS)
def test_nothing_works_without_a_store(ask: Callable[[Two], Any], two: Two) -> None:
    with pytest.raises(NoStore), transaction.atomic():
        ask(two)


def test_reading_stays_inside(two: Two) -> None:
    theirs = two.their_customer
    with store_context(two.mine.pk):
        assert list(Customer.objects.values_list("first_name", flat=True)) == ["mine"]
        assert not Customer.objects.filter(pk=theirs.pk).exists()
        assert Customer.objects.in_bulk([theirs.pk]) == {}
        with pytest.raises(Customer.DoesNotExist):
            Customer.objects.get(public_id=theirs.public_id)
        assert list(theirs.carts.all()) == []
        assert list(Identity.objects.filter(value="same-in-both").values_list("customer__first_name", flat=True)) == ["mine"]


def test_joins_and_prefetches_stay_inside(two: Two) -> None:
    with store_context(two.mine.pk):
        found = Customer.objects.prefetch_related("identities", Prefetch("carts", Cart.objects.prefetch_related("lines")))
        assert [(row.first_name, len(row.identities.all()), len(row.carts.all()[0].lines.all())) for row in found] == [("mine", 1, 1)]
        assert Cart.objects.filter(customer__first_name="theirs").count() == 0
        assert Cart.objects.select_related("customer").get().customer.first_name == "mine"


def test_writing_stays_inside(two: Two) -> None:
    with store_context(two.mine.pk):
        assert Customer.objects.update(last_name="changed") == 1
        assert Customer.objects.filter(pk=two.their_customer.pk).update(last_name="changed") == 0
        two.their_customer.last_name = "changed"
        assert Customer.objects.bulk_update([two.their_customer], ["last_name"]) == 0
        assert Customer.objects.filter(pk=two.their_customer.pk).delete() == (0, {})
    with store_context(two.theirs.pk):
        assert Customer.objects.get().last_name == ""


def test_saving_another_store_s_object_changes_nothing(two: Two) -> None:
    two.their_customer.last_name = "changed"
    with store_context(two.mine.pk), pytest.raises(DatabaseError), transaction.atomic():
        two.their_customer.save(update_fields=["last_name"])
    with store_context(two.mine.pk), pytest.raises((ProgrammingError, IntegrityError)), transaction.atomic():
        two.their_customer.save()
    with store_context(two.theirs.pk):
        assert Customer.objects.get().last_name == ""


def test_deleting_another_store_s_object_removes_nothing(two: Two) -> None:
    with store_context(two.mine.pk):
        Customer(pk=two.their_customer.pk, store_id=two.theirs.pk).delete()
    with store_context(two.theirs.pk):
        assert Customer.objects.count() == 1


def test_creating_in_another_store_is_refused(two: Two) -> None:
    with store_context(two.mine.pk):
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            Customer.objects.create(store_id=two.theirs.pk, first_name="smuggled")
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            Customer.objects.bulk_create([Customer(store_id=two.theirs.pk, first_name="smuggled")])


def test_bulk_create_and_get_or_create_take_the_active_store(two: Two) -> None:
    with store_context(two.mine.pk):
        Customer.objects.bulk_create([Customer(first_name="new")])
        found, created = Identity.objects.get_or_create(kind="external", value="same-in-both", defaults={"customer": two.my_customer})
        assert (created, found.customer_id) == (False, two.my_customer.pk)
        assert set(Customer.objects.values_list("store_id", flat=True)) == {two.mine.pk}


def test_a_row_cannot_point_at_another_store_s_row(two: Two) -> None:
    with store_context(two.mine.pk):
        with pytest.raises(IntegrityError, match="identity_customer_of_store"), transaction.atomic():
            Identity.objects.create(customer=two.their_customer, kind="external", value="pointing")
        with pytest.raises(IntegrityError), transaction.atomic():
            CartLine.objects.filter(cart=two.my_cart).update(cart=two.their_cart)
        with pytest.raises(IntegrityError), transaction.atomic():
            Consent.objects.create(customer=two.their_customer, channel="email", status="granted")


def test_a_form_refuses_another_store_s_row_politely(two: Two) -> None:
    with store_context(two.mine.pk):
        identity = Identity(store=two.mine, customer=two.their_customer, kind="external", value="polite")
        refusals = [rule.violation_error_message for rule in Identity._meta.constraints if getattr(rule, "field", "") == "customer"]
        assert str(refusals[0]) == "Choose one that belongs to this store."
        with pytest.raises(Exception, match="belongs to this store"):
            identity.validate_constraints()


def test_unscoped_sees_all_and_ends_with_its_block(two: Two) -> None:
    with unscoped(reason="test"):
        assert Customer.objects.count() == 2
    with pytest.raises(NoStore):
        Customer.objects.count()


def test_a_row_that_was_read_is_as_good_as_one_that_was_made(two: Two) -> None:
    with store_context(two.mine.pk):
        whole = Customer.objects.get(pk=two.my_customer.pk)
        half = Customer.objects.only("email_key").get(pk=two.my_customer.pk)
        joined = Cart.objects.select_related("customer").get(pk=two.my_cart.pk)
        assert (whole, half, joined.customer) == (two.my_customer, two.my_customer, two.my_customer)
        assert half.get_deferred_fields() >= {"first_name"}
        assert (half.first_name, whole.get_deferred_fields()) == ("mine", set())
        whole.first_name = "changed"
        whole.save(update_fields=["first_name"])
        half.refresh_from_db()
        assert (half.first_name, whole._state.adding, whole._state.db) == ("changed", False, "default")
