"""Mail to the store's owners and managers: an endpoint was paused, or something could not be told for good."""

from django.utils.translation import gettext as _

from retention.dashboard.addresses import page_address
from retention.stores.models import Store
from retention.stores.telling import owe_team
from retention.webhooks.models import Endpoint, WebhookDelivery
from retention.webhooks.types import label_of

_TOLD = ("owner", "manager")


def tell_paused(endpoint: Endpoint, *, error: str) -> None:
    """Owe the mail that an endpoint was paused, in the transaction that paused it."""
    store = _store_of(endpoint)
    words = {"store": store.name, "url": endpoint.url, "error": error, "reason": endpoint.get_paused_for_display()}
    subject = _("%(store)s: a webhook is paused") % words
    moment = int(endpoint.paused_at.timestamp()) if endpoint.paused_at is not None else 0
    _mail("webhook_paused", store, endpoint, subject=subject, words=words, key=f"webhook-paused:{endpoint.public_id}:{moment}")


def tell_lost(endpoint: Endpoint, delivery: WebhookDelivery, *, error: str) -> None:
    """Owe the mail that one event could not be delivered although others could; at most one a day for an endpoint."""
    store = _store_of(endpoint)
    words = {"store": store.name, "url": endpoint.url, "error": error, "what": label_of(delivery.event.type)}
    subject = _("%(store)s: a webhook could not be delivered") % words
    moment = delivery.last_tried_at or delivery.created_at
    _mail("webhook_lost", store, endpoint, subject=subject, words=words, key=f"webhook-lost:{endpoint.public_id}:{moment:%Y-%m-%d}")


def _store_of(endpoint: Endpoint) -> Store:
    return Store.objects.get(pk=endpoint.store_id)


def _mail(template: str, store: Store, endpoint: Endpoint, *, subject: str, words: dict[str, str], key: str) -> None:
    page = page_address("webhooks:detail", store.slug, endpoint.public_id)
    owe_team(template, roles=_TOLD, subject=subject, words={**words, "page": page}, key=key)
