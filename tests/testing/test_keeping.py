"""Rows kept in memory, and put back after a committing test has lost them."""

import pytest

from retention.kit import clock
from retention.orders.models import Order
from retention.stores.models import Store
from retention.tenancy.context import store_context
from retention.testing import emptying, keeping
from tests.browser import conftest
from tests.factories import make_store
from tests.factories.customers import make_customer
from tests.isolation.filling import fill
from tests.isolation.scene import fingerprint

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not keeping.possible(), reason="This server has no administrator."),
]


def _empty() -> None:
    emptying._empty(None)  # type: ignore[arg-type]


def test_every_table_has_its_rows_back_and_new_rows_get_new_numbers() -> None:
    store = make_store()
    fill(store, canary="kept", given={})
    before = fingerprint(store)
    keeping.keep("test")
    _empty()
    assert not Store.objects.exists()
    keeping.put_back("test")
    assert fingerprint(store) == before
    with store_context(store.pk):
        known = set(Order.objects.values_list("pk", flat=True))
        assert known
        order = Order.objects.create(currency="EUR", total_minor=1, number="N-1", placed_at=clock.now(), received_at=clock.now())
        assert order.pk not in known


def test_what_is_kept_takes_the_place_of_what_was_and_is_put_back_as_often_as_wanted() -> None:
    make_store("Old", slug="old")
    keeping.keep("test")
    _empty()
    store = make_store("New", slug="new")
    make_customer(store)
    keeping.keep("test")
    for _time in range(2):
        _empty()
        keeping.put_back("test")
        assert list(Store.objects.values_list("slug", flat=True)) == ["new"]


def test_a_demo_that_could_not_be_kept_is_not_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conftest, "_kept", [])
    monkeypatch.setattr(conftest, "_make", lambda now: make_store("Demo", slug="demo"))

    def fails(name: str) -> None:
        raise RuntimeError(name)

    monkeypatch.setattr(keeping, "keep", fails)
    with pytest.raises(RuntimeError, match="demo"):
        conftest.the_demo(now=clock.now())
    assert conftest._kept == []
