"""Connecting a shop, changing its secret, ending it. Runs in the caller's transaction unless it says otherwise."""

import secrets as random
from datetime import datetime

from django.db import IntegrityError, transaction

from retention.intake.models import ShopConnection
from retention.tenancy.context import require_store_id

BY_HAND = "by hand"


class OneAlready(Exception):
    """A WooCommerce shop is connected already; a second would mix up its customers' numbers."""


def connect(*, kind: str, name: str, secret: str, now: datetime) -> tuple[ShopConnection, str]:
    """Save a connection with its secret and return both; WooCommerce gets a secret of our making when none is given. Raises OneAlready.

    Shopify shows its secret only after the first webhook is made, so it may be empty until then; nothing is let in meanwhile.
    """
    shop = ShopConnection(store_id=require_store_id(), kind=kind, name=name, created_at=now)
    secret = secret or (new_secret() if kind == ShopConnection.Kind.WOOCOMMERCE else "")
    if secret:
        shop.keep_secret(secret, now=now)
    try:
        with transaction.atomic():
            shop.save()
    except IntegrityError as error:
        raise OneAlready from error
    return shop, secret


def new_secret() -> str:
    """Return a secret to paste into the shop."""
    return random.token_urlsafe(30)


def change_secret(shop: ShopConnection, *, secret: str, now: datetime) -> None:
    """Let deliveries be signed with this secret from now on, and with the old one for another hour; refusals are counted anew."""
    shop.keep_secret(secret, now=now)
    shop.save(update_fields=["sealed", "previous_sealed", "previous_until", "refused_at", "refused_count"])


def end(shop: ShopConnection, *, because: str, now: datetime) -> bool:
    """End a connection: nothing more is let in, and its secrets are thrown away. False when it was ended before."""
    return bool(
        ShopConnection.objects.connected()
        .filter(pk=shop.pk)
        .update(
            state=ShopConnection.State.DISCONNECTED,
            ended_because=because[:200],
            disconnected_at=now,
            sealed="",
            previous_sealed="",
            previous_until=None,
        )
    )
