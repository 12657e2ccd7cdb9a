"""What every test of this room needs: counts in Valkey that begin at nothing, and mail that really travels."""

from collections.abc import Callable, Iterator
from email.message import Message
from typing import Any

import pytest
import redis

from retention.notices import tasks
from tests.notices.mail_servers import mail_server


@pytest.fixture(autouse=True)
def _fresh_counts(settings: Any) -> None:
    """Forget earlier tests' tries, limits and cached verdicts."""
    redis.Redis.from_url(settings.REDIS_URL).flushdb()


@pytest.fixture
def post_office(settings: Any) -> Iterator[Callable[[], list[Message]]]:
    """Run a real mail server; the function sends what is owed and returns every mail received so far."""
    with mail_server() as (keeper, url):
        settings.MAIL_URL = url

        def collect() -> list[Message]:
            tasks.deliver()
            return keeper.mails

        yield collect
