"""What the tests of this room share: a German and a Spanish shop with a form each, and what a database holds."""

import json
import re
from typing import Any

import pytest
import redis
from django.test import Client

from retention.notices.models import Notice
from retention.signup.models import SignupForm
from retention.stores.models import Store
from tests.factories import make_store
from tests.factories.signup import make_form
from tests.isolation.scene import fingerprint


@pytest.fixture(autouse=True)
def _fresh_limits(settings: Any) -> None:
    """Forget how often earlier tests wrote to the same addresses."""
    redis.Redis.from_url(settings.REDIS_URL).flushdb()


@pytest.fixture
def shop(db: None) -> Store:
    """Return a German shop: everybody is asked twice."""
    return make_store("Lumen Coffee", web_address="https://lumen.example.test", postal_address="Lumen Coffee GmbH\nMusterweg 4")


@pytest.fixture
def form(shop: Store) -> SignupForm:
    """Return its live form."""
    return make_form(shop)


@pytest.fixture
def spanish(db: None) -> Store:
    """Return a Spanish shop: one yes is enough."""
    return make_store("Café Sol", country="ES", zone="Europe/Madrid")


@pytest.fixture
def spanish_form(spanish: Store) -> SignupForm:
    """Return its live form."""
    return make_form(spanish)


def state_of(*stores: Store) -> list[Any]:
    """Return what the database holds for these shops, and every mail that is owed, so that two moments can be compared."""
    return [*(fingerprint(store) for store in stores), list(Notice.objects.order_by("pk").values_list("pk", "state"))]


def link_in(notice: Notice) -> str:
    """Return the path of the one link in a mail."""
    (line,) = [line for line in notice.text.splitlines() if line.startswith("http")]
    return "/" + line.split("/", 3)[3]


def mails_to(address: str) -> list[Notice]:
    """Return the mails owed to an address, oldest first."""
    return list(Notice.objects.filter(to=address).order_by("pk"))


def post_json(client: Any, form: SignupForm, values: dict[str, Any], **more: Any) -> Any:
    """Send a filled form as the script does."""
    body = json.dumps({"answers": values, "anonymous_id": more.pop("anonymous_id", "")})
    return client.post(f"/f/{form.public_id}/answer", body, content_type="text/plain", **more)


def press(path: str, answer: str = "yes", **more: Any) -> Any:
    """Press a button of the page behind the link, which carries what it shows."""
    if answer == "yes" and "shown" not in more:
        found = re.search(r'name="shown" value="([^"]*)"', Client().get(path).content.decode())
        more["shown"] = found[1] if found else ""
    return Client(headers={"user-agent": "Safari"}).post(path, {"answer": answer} | more, REMOTE_ADDR="192.0.2.9")
