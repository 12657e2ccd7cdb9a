"""Whose the orders of a file are: who is new is made with what the file says of them, and what is known gives way to a later word alone."""

from datetime import UTC, datetime

import pytest

from retention.customers.models import Customer
from tests.customers.importing import import_file
from tests.factories.customers import make_customer

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
NAMED = "Order Number,Date,Customer ID,Customer Email,SKU,Quantity,Unit Price,Country\n"


@pytest.fixture
def store(british):
    return british


def test_somebody_new_is_made_with_what_was_said_last_and_no_earlier_word_replaces_it(store):
    rows = (
        "1,2011-07-03,c1,a@example.test,X,1,1,France\n2,2011-07-01,c1,a@example.test,X,1,1,Spain\n3,2011-07-04,c1,a@example.test,X,1,1,\n"
    )
    import_file(NAMED + rows, store, kind="orders", at=NOW)
    customer = Customer.objects.get()
    assert (customer.email, customer.email_key, customer.country) == ("a@example.test", "a@example.test", "FR")
    assert {name: at[:10] for name, at in customer.learnt_at.items()} == {"country": "2011-07-02", "email": "2011-07-03"}
    import_file(NAMED + "4,2011-07-02,c1,,X,1,1,Italy\n5,2011-07-09,c1,,X,1,1,France\n", store, kind="orders", at=NOW)
    assert Customer.objects.get().country == "FR"
    import_file(NAMED + "6,2011-07-10,c1,,X,1,1,Italy\n", store, kind="orders", at=NOW)
    assert Customer.objects.get().country == "IT"


def test_an_address_stays_with_whoever_has_it_and_two_claims_of_one_person_are_told_apart(store):
    make_customer(store, "taken@example.test")
    rows = "1,2011-07-01,c1,b@example.test,X,1,1,France\n2,2011-07-02,c1,,X,1,1,Spain\n3,2011-07-03,c2,b@example.test,X,1,1,Italy\n"
    import_file(NAMED + rows + "4,2011-07-04,,taken@example.test,X,1,1,Malta\n", store, kind="orders", at=NOW)
    found = set(Customer.objects.values_list("email", "country"))
    assert found == {("b@example.test", "ES"), ("", "IT"), ("taken@example.test", "MT")}
