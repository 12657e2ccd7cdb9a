"""A store for the files of orders."""

from collections.abc import Iterator

import pytest

from retention.stores.models import Store
from tests.factories import make_store, work_for


@pytest.fixture
def british(db: None) -> Iterator[Store]:
    """Give a British store, and work for it."""
    store = make_store(country="GB", currency="GBP", zone="Europe/London")
    with work_for(store):
        yield store
