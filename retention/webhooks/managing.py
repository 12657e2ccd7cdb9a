"""What a person or a key does with endpoints: make, change, test, replay. Callers check who may and write the audit log."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from retention.kit.fetch import FetchRefused, policy_from_settings
from retention.kit.fetch.targets import read_target
from retention.kit.locks import transaction_lock
from retention.stores.models import StoreWork
from retention.tenancy.context import require_store_id
from retention.webhooks import claiming, signing
from retention.webhooks.calling import make_call, post
from retention.webhooks.models import Endpoint, OutgoingEvent, WebhookDelivery
from retention.webhooks.outbox import KIND
from retention.webhooks.types import TEST, webhook_types

MOST_ENDPOINTS = 20
REPLAY_AT_ONCE = 10_000


class TooManyEndpoints(Exception):
    """The store has as many endpoints as it may have."""


@dataclass(frozen=True)
class Wish:
    """What an endpoint shall be."""

    url: str
    description: str
    types: Sequence[str]


def refusal_of_url(url: str) -> str:
    """Return why nothing could ever be sent to an address, or nothing; a name is looked up only when something is sent."""
    try:
        target = read_target(url)
        policy = policy_from_settings()
        policy.check_target(target)
    except FetchRefused as error:
        return _refused(error.reason)
    if target.literal is not None and not policy.allows(target.literal):
        return _refused("address")
    if policy.reach == "public" and (target.host == "localhost" or target.host.endswith((".localhost", ".local", ".internal"))):
        return _refused("address")
    return ""


def _refused(reason: str) -> str:
    words = {
        "scheme": _("Only https addresses are allowed."),
        "port": _("The port is not allowed."),
        "userinfo": _("Leave out name and password."),
        "host": _("This host name cannot be used."),
        "address": _("This address is inside a network that is not public."),
    }
    return words.get(reason) or _("This is not a web address like https://example.com/hooks.")


def make_endpoint(wish: Wish, *, now: datetime) -> tuple[Endpoint, str]:
    """Save an endpoint and return it with its secret, which is never shown again. Raises TooManyEndpoints."""
    store_id = require_store_id()
    with transaction.atomic():
        transaction_lock("webhooks", store_id=store_id)
        if Endpoint.objects.count() >= MOST_ENDPOINTS:
            raise TooManyEndpoints
        endpoint = Endpoint(store_id=store_id, created_at=now, url=wish.url, description=wish.description, types=_known(wish.types))
        secret = signing.new_secret()
        endpoint.keep_secret(secret)
        endpoint.save()
    return endpoint, secret


def change_endpoint(endpoint: Endpoint, wish: Wish) -> list[str]:
    """Save what differs and return the names of those fields; a new address is tried at once."""
    wanted: dict[str, Any] = {"url": wish.url, "description": wish.description, "types": _known(wish.types)}
    changed = [name for name, value in wanted.items() if getattr(endpoint, name) != value]
    for name in changed:
        setattr(endpoint, name, wanted[name])
    if changed:
        endpoint.rest_until = None if "url" in changed else endpoint.rest_until
        endpoint.save(update_fields=[*changed, "rest_until"])
    return changed


def rotate_secret(endpoint: Endpoint, *, now: datetime) -> str:
    """Sign with a new secret from now on, and with the old one too for a day; return the new one."""
    secret = signing.new_secret()
    endpoint.rotate(secret, now=now)
    return secret


def resume(endpoint: Endpoint, *, now: datetime) -> None:
    """Go on telling an endpoint, and ring for what waited; call it inside a transaction."""
    endpoint.resume()
    StoreWork.ring(KIND, store_id=endpoint.store_id, due_at=now)


def send_test(endpoint: Endpoint, *, now: datetime) -> WebhookDelivery:
    """Send a test event at once, paused or not, and return the delivery with the real answer. Call it outside a transaction."""
    lease = timezone.now() + timedelta(seconds=claiming.LEASE_SECONDS)
    with transaction.atomic():
        event = OutgoingEvent.objects.create(
            type=TEST, data={"hello": _("This is a test of your webhook.")}, occurred_at=now, created_at=now, fanned_at=now
        )
        held = {"state": "sending", "token": 1, "attempts": 1, "first_tried_at": now, "last_tried_at": now, "leased_until": lease}
        made = WebhookDelivery.objects.create(endpoint=endpoint, event=event, due_at=now, created_at=now, **held)
    delivery = claiming.read(made.pk)
    claiming.settle(delivery, post(make_call(delivery, now=now), now=now), now=now)
    return claiming.read(made.pk)


def replay(endpoint: Endpoint, *, public_id: UUID, now: datetime) -> WebhookDelivery:
    """Send one delivery again with the same webhook-id, whatever came of it. Raises WebhookDelivery.DoesNotExist while it is under way."""
    with transaction.atomic():
        found = WebhookDelivery.objects.select_for_update().filter(endpoint=endpoint, state__in=["delivered", "failed"])
        delivery: WebhookDelivery = found.get(public_id=public_id)
        _again(WebhookDelivery.objects.filter(pk=delivery.pk), now=now)
    return delivery


def replay_failed(endpoint: Endpoint, *, start: datetime, end: datetime, now: datetime) -> int:
    """Send again what failed for good in a period, its end not included, ten thousand at most; return how many."""
    with transaction.atomic():
        failed = WebhookDelivery.objects.failed_between(start, end).filter(endpoint=endpoint).exclude(event__type=TEST)
        return _again(WebhookDelivery.objects.filter(pk__in=failed.order_by("pk").values("pk")[:REPLAY_AT_ONCE]), now=now)


def _again(rows: Any, *, now: datetime) -> int:
    count = int(rows.update(state="ready", attempts=0, due_at=now, first_tried_at=None))
    if count:
        StoreWork.ring(KIND, store_id=require_store_id(), due_at=now)
    return count


def _known(types: Sequence[str]) -> list[str]:
    """Return the types that exist, each once, in the register's order."""
    return [key for key in webhook_types.keys() if key in types]  # noqa: SIM118 - a register is no dict
