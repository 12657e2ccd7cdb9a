"""What tests of this floor share: a store with its journey switched on, a shopper, and an SMTP server that remembers."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from campaigns.sending import lines
from retention.tenancy.context import store_context
from tests.campaigns.sink import Sink, smtp_sink
from tests.factories import make_store

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    """Return the moment these tests play at."""
    return NOW


@pytest.fixture
def sink(settings: Any) -> Iterator[Sink]:
    """Run an SMTP server and let it be the test inbox."""
    lines.close_all()  # what tests without this server left open
    with smtp_sink() as (running, port):
        settings.INBOX_SMTP_URL = f"smtp://127.0.0.1:{port}"
        yield running
        lines.close_all()


@pytest.fixture
def store(db: None) -> Iterator[Any]:
    """Make a store and work in it."""
    made = make_store("Lumen", web_address="https://lumen.example.test", postal_address="Lumen, Weg 7, 10115 Berlin")
    with store_context(made.pk):
        yield made


@pytest.fixture
def earlier(now: datetime) -> datetime:
    """Return a moment before anything happened."""
    return now - timedelta(days=1)
