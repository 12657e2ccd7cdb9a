"""Many rows changed or inserted by one statement hold exactly what was told, whatever is in it."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.db import DataError, connection, transaction

from retention.catalog.models import Product
from retention.customers.models import Customer
from retention.orders.models import Cart, CartLine
from retention.tenancy.bulk import insert_rows, update_rows
from tests.factories import make_store, work_for

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
ODD = ['{"a", NULL}', "back\\slash 'and' \"marks\"", "", "NULL", "комора, 日本"]


@pytest.fixture
def cart() -> Iterator[Cart]:
    with work_for(make_store()):
        person = Customer.objects.create(created_at=NOW)
        yield Cart.objects.create(customer=person, currency="EUR", started_at=NOW, last_activity_at=NOW)


def _line(cart: Cart, name: str, product_id: str = "p") -> dict[str, object]:
    line = {"cart_id": cart.pk, "product_id": product_id, "variant_id": "", "name": name, "quantity": 1, "price_minor": 2**40}
    return {**line, "url": "", "image_url": ""}


def test_rows_are_inserted_in_their_order_with_what_was_told(cart: Cart) -> None:
    assert insert_rows(CartLine, [_line(cart, name, f"p-{place}") for place, name in enumerate(ODD)]) == {}
    assert list(cart.lines.order_by("pk").values_list("name", "price_minor")) == [(name, 2**40) for name in ODD]


def test_rows_with_a_public_id_say_under_which_number_they_are_kept(cart: Cart) -> None:
    name = "0b0c9f6e-5d0f-4a0e-9d27-6f1f4b1d2c11"
    told = {"public_id": name, "customer_id": cart.customer_id, "state": "expired", "currency": "EUR", "closed_at": None}
    made = insert_rows(Cart, [{**told, "started_at": NOW, "last_activity_at": NOW}])
    found = Cart.objects.get(pk=made[name])
    assert (str(found.public_id), found.state, found.closed_at, found.started_at, found.stage) == (name, "expired", None, NOW, "basket")


def test_plain_columns_are_changed_and_a_kept_value_stays(cart: Cart) -> None:
    for place, state in enumerate(("recovered", "bought")):
        told = {"customer_id": cart.customer_id, "currency": "EUR", "started_at": NOW, "last_activity_at": NOW}
        Cart.objects.create(**told, state=state, shop_id=ODD[place])
    rows = list(Cart.objects.order_by("pk"))
    for place, row in enumerate(rows):
        row.shop_id, row.closed_at, row.total_minor, row.state = ODD[place], None if place else NOW, place, "expired"
    update_rows(rows, ["shop_id", "closed_at", "total_minor", "state"], kept=("state", "recovered"))
    found = Cart.objects.order_by("pk").values_list("shop_id", "closed_at", "total_minor", "state")
    assert list(found) == [(ODD[0], NOW, 0, "expired"), (ODD[1], None, 1, "recovered"), (ODD[2], None, 2, "expired")]


def test_columns_that_hold_json_are_changed_too(cart: Cart) -> None:
    row = Product.objects.create(shop_id="p", name="Tea", created_at=NOW)
    row.tags, row.name = ODD, ODD[1]
    update_rows([row], ["tags", "name"])
    assert Product.objects.values_list("tags", "name").get() == (ODD, ODD[1])


def test_a_text_longer_than_its_column_is_refused_and_not_cut(cart: Cart) -> None:
    cart.stage = "s" * 41
    with pytest.raises(DataError), transaction.atomic():
        update_rows([cart], ["stage"])
    with pytest.raises(DataError), transaction.atomic():
        insert_rows(CartLine, [_line(cart, "n" * 301)])


def test_what_is_written_at_each_step_of_a_shopper_stands_in_no_index() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attrelid::regclass::text, attname FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY(indkey) "
            "WHERE (attrelid = 'customers_customer'::regclass AND attname = 'last_seen_at') "
            "OR (attrelid = 'orders_cartline'::regclass AND attname IN ('quantity', 'price_minor', 'name', 'url', 'image_url'))"
        )
        assert cursor.fetchall() == []
