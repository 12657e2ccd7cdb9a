"""schemathesis against the OpenAPI document: generated requests to the real application with a real key, and no server error."""

from typing import Any

import pytest
import schemathesis
from django.core.cache import cache
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok

from retention.stores.models.key import Scope
from tests.factories import make_key, make_store
from tests.isolation.filling import fill

SCHEMA = "/api/v1/openapi.json"
CALM = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]


def _operations(schema: Any) -> list[Any]:
    return [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]


def fuzz(*, examples: int) -> int:
    """Send so many generated requests to every operation and return how many were sent; the limit on requests starts anew each time."""
    store = make_store()
    fill(store, canary="fuzzed", given={})
    key = make_key(store, "secret", list(Scope.values))[1]
    schema = schemathesis.openapi.from_wsgi(SCHEMA, app=get_wsgi_application())
    sent = 0
    for operation in _operations(schema):

        @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=CALM, phases=[Phase.explicit, Phase.generate])
        @given(case=operation.as_strategy())
        def send(case: Any) -> None:
            nonlocal sent
            cache.clear()
            sent += 1
            case.call_and_validate(headers={"Authorization": f"Bearer {key}"}, checks=[not_a_server_error])

        send()
    return sent


@pytest.mark.django_db(transaction=True)
def test_no_request_makes_the_api_fail() -> None:
    assert fuzz(examples=6) >= 60


@pytest.mark.deep
@pytest.mark.django_db(transaction=True)
def test_no_request_makes_the_api_fail_in_many_tries() -> None:
    assert fuzz(examples=400) >= 60
