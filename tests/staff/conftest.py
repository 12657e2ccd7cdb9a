"""A member of the staff who is signed in, and a store with something in every table that matters."""

from datetime import timedelta

import pytest
from django.test import Client

from retention.customers.models import Customer, CustomerEvent
from retention.kit.clock import now
from retention.notices.models import Notice
from retention.stores.models import AuditEntry, StoreWork, User
from retention.tenancy.context import store_context
from tests.cast import Lumen, lumen
from tests.factories import make_key, make_user, signed_in

CANARY = "canary-7f3k"


@pytest.fixture
def operator(db: None) -> User:
    """A member of the operations staff who may name others."""
    return make_user("ops@example.test", is_staff=True, is_superuser=True)


@pytest.fixture
def staff(operator: User) -> Client:
    """The operator's browser, signed in with a second factor."""
    return signed_in(operator)


@pytest.fixture
def shop(db: None) -> Lumen:
    """Lumen Coffee with rows, whose hidden columns hold a canary."""
    cast = lumen()
    make_key(cast.store, "public", label="Shop")
    with store_context(cast.store.pk):
        person = Customer.objects.create(email="zoe@example.test", email_key="zoe@example.test", attributes={"note": CANARY})
        moment = now()
        CustomerEvent.objects.create(
            customer=person, kind="track", name="Product Added", properties={"secret": CANARY}, occurred_at=moment, received_at=moment
        )
        CustomerEvent.objects.create(
            kind="track", name="Order Completed", context={"ip": CANARY}, occurred_at=moment, received_at=moment, refusal="No order number."
        )
        AuditEntry.write("store.created", store_id=cast.store.pk, now=moment)
        StoreWork.ring("messages", store_id=cast.store.pk, due_at=moment - timedelta(minutes=3))
    Notice.objects.create(key="k", kind="reset", to="nora.keller@example.test", subject="Reset", text=CANARY, html=CANARY)
    return cast
