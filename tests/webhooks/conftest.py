"""A real receiver on a port the demo's policy may reach, a store with an endpoint there, and a clock the tests move."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from retention.stores.models import Store
from retention.webhooks import managing
from retention.webhooks.models import Endpoint
from retention.webhooks.outbox import announce
from retention.webhooks.sending import run_turn
from tests.factories import make_store, member_of, work_for
from tests.kit.stage import Stage, answer

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@dataclass
class Hooks:
    """A store, its receiver, and the time."""

    store: Store
    stage: Stage
    now: datetime = NOON
    secrets: dict[int, str] = field(default_factory=dict)

    def clock(self) -> datetime:
        """Return the time of the test."""
        return self.now

    def endpoint(self, path: str = "/hooks", *, types: tuple[str, ...] = ("customer.created",), store: Store | None = None) -> Endpoint:
        """Make an endpoint at a path of the receiver."""
        with work_for(store or self.store):
            wish = managing.Wish(f"http://127.0.0.1:{self.stage.port}{path}", "", types)
            endpoint, secret = managing.make_endpoint(wish, now=self.now)
        self.secrets[endpoint.pk] = secret
        return endpoint

    def say(self, data: dict[str, Any] | None = None, *, kind: str = "customer.created", store: Store | None = None) -> bool:
        """Let something happen."""
        with work_for(store or self.store), transaction.atomic():
            return announce(kind, data or {"customer": {"id": "c-1"}}, now=self.now)

    def send(self, *, later: timedelta = timedelta(0), seconds: float = 20.0) -> int:
        """Let time pass, then run one turn of sending."""
        self.now += later
        return run_turn(clock=self.clock, seconds=seconds)

    def fresh(self, endpoint: Endpoint) -> Endpoint:
        """Return the endpoint as it is now."""
        with work_for(endpoint.store):
            return Endpoint.objects.get(pk=endpoint.pk)


@pytest.fixture(scope="module")
def _receiver() -> Iterator[Stage]:
    server = Stage(address="127.0.0.1")
    yield server
    server.close()


@pytest.fixture
def hooks(transactional_db: None, _receiver: Stage, settings: Any) -> Hooks:
    """A store whose owner gets mail, and a receiver that takes everything at /hooks."""
    settings.FETCH_ALLOWED_PORTS = [_receiver.port]
    _receiver.reset()
    _receiver.play("/hooks", answer(200, b'{"ok":true}'))
    store = make_store()
    member_of(store, "owner", email="olga@example.test")
    return Hooks(store, _receiver)
