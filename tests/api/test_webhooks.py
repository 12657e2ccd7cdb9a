"""Webhook endpoints through the API: the secret once, changes by field, pausing, and the news of what the API itself changed."""

import re

import pytest

from retention.rest.models import KeptAnswer
from retention.stores.models import AuditEntry
from retention.stores.models.key import Scope
from retention.webhooks.models import Endpoint, OutgoingEvent
from retention.webhooks.types import scope_of, webhook_types
from tests.api.calling import Api
from tests.factories import make_store, work_for

pytestmark = pytest.mark.django_db
WISH = {"url": "http://localhost:1/hooks", "types": ["customer.created", "customer.updated", "consent.changed"]}


@pytest.fixture
def store(settings):
    settings.FETCH_ALLOWED_PORTS = [1]
    return make_store()


@pytest.fixture
def api(store):
    return Api(store)


def test_shows_the_secret_once_even_to_a_repeated_request(api, store):
    made = api.ask("post", "webhooks", WISH, idempotency_key="w-1")
    again = api.ask("post", "webhooks", WISH, idempotency_key="w-1")
    assert made.status_code == 201
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/=]{44}", made.json()["secret"])
    assert (again.json(), again.headers["Idempotent-Replayed"]) == (made.json(), "true")
    assert "secret" not in api.get(f"webhooks/{made.json()['id']}")
    with work_for(store):
        assert "whsec_" not in str(KeptAnswer.objects.get().body)
        assert Endpoint.objects.count() == 1
        assert AuditEntry.objects.get(action="webhook.made").actor_kind == "key"


def test_changes_pauses_resumes_rotates_and_removes(api, store):
    made = api.ask("post", "webhooks", WISH).json()
    where = f"webhooks/{made['id']}"
    assert api.ask("patch", where, {"description": "Warehouse"}).json()["types"] == WISH["types"]
    assert api.ask("patch", where, {"state": "paused"}).json()["state"] == "paused"
    assert api.ask("patch", where, {"state": "live"}).json()["paused_for"] == ""
    assert api.ask("post", f"{where}/secret").json()["secret"] != made["secret"]
    assert api.ask("delete", where).status_code == 204
    assert api.ask("get", where).status_code == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"url": "ftp://example.com"}, "url"),
        ({"url": "http://localhost:2/"}, "url"),
        ({"types": []}, "types"),
        ({"types": ["customer.exploded"]}, "types"),
        ({"types": "customer.created"}, "types"),
        ({"description": "a\nb"}, "description"),
    ],
)
def test_refuses_by_field_and_makes_nothing(api, store, change, field):
    answer = api.ask("post", "webhooks", WISH | change)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
    with work_for(store):
        assert Endpoint.objects.count() == 0


def test_a_key_subscribes_only_to_what_it_may_read(api, store):
    writer = Api(store, scopes=["webhooks:write", "webhooks:read", "orders:read"])
    answer = writer.ask("post", "webhooks", WISH)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["types"])
    made = writer.ask("post", "webhooks", WISH | {"types": ["order.created"]})
    assert made.status_code == 201
    assert writer.ask("patch", f"webhooks/{made.json()['id']}", {"types": ["order.created", "customer.created"]}).status_code == 400
    theirs = api.ask("post", "webhooks", WISH).json()
    assert writer.ask("patch", f"webhooks/{theirs['id']}", {"url": "http://localhost:1/mine"}).status_code == 400
    assert writer.ask("patch", f"webhooks/{theirs['id']}", {"state": "paused"}).status_code == 200
    with work_for(store):
        assert [(one.url, one.types) for one in Endpoint.objects.order_by("pk")] == [
            (WISH["url"], ["order.created"]),
            (WISH["url"], WISH["types"]),
        ]


def test_every_type_names_the_scope_that_reads_it():
    assert {scope_of(kind) for kind, _type in webhook_types.items()} <= set(Scope.values)


def test_no_endpoint_of_another_store_is_touched(api):
    other = make_store()
    made = Api(other).ask("post", "webhooks", WISH).json()
    for method, body in (("get", None), ("patch", {"state": "paused"}), ("delete", None)):
        assert api.ask(method, f"webhooks/{made['id']}", body).status_code == 404
    with work_for(other):
        assert Endpoint.objects.get().state == "live"


def test_what_the_api_changes_is_told(api, store):
    api.ask("post", "webhooks", WISH)
    ana = api.ask("post", "customers", {"email": "ana@example.test", "consents": [{"channel": "email", "status": "granted"}]}).json()
    api.ask("patch", f"customers/{ana['id']}", {"city": "Riga"})
    with work_for(store):
        told = list(OutgoingEvent.objects.order_by("pk"))
    assert [one.type for one in told] == ["consent.changed", "customer.created", "customer.updated"]
    assert {str(one.about) for one in told} == {ana["id"]}
    assert told[1].data["customer"]["email"] == "ana@example.test"
    assert told[2].data["customer"]["city"] == "Riga"
