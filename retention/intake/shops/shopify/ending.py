"""Shopify says that the connection is over, and topics of which nothing comes: each with its reason in plain words."""

from retention.intake.shops.results import Disconnected, Ignored, Message, Normaliser, Result
from retention.kit.words import gettext_noop

UNINSTALLED = gettext_noop("The app was taken out of the shop.")
SHOP_REDACTED = gettext_noop("The shop left Shopify and asks to be forgotten.")
EDITED = gettext_noop("This only says which lines changed; the order as it stands now comes with orders/updated.")
COUPON = gettext_noop("A discount of the shop says nothing about a person; coupons of your messages are made here.")
WAREHOUSE = gettext_noop("This is between the shop and its warehouse; what reaches the shopper comes with fulfillments/create.")
ACCOUNT = gettext_noop(
    "An account switched on or off, or tidied away, is no word of the customer; Shopify says customers/redact to forget one."
)
DELETED_ORDER = gettext_noop("Deleted in the shop; what was bought stays bought here. Cancel the order there if it should not count.")


def read_uninstalled(message: Message) -> list[Result]:
    """app/uninstalled."""
    return [Disconnected(UNINSTALLED)]


def read_shop_redact(message: Message) -> list[Result]:
    """shop/redact, 48 hours after the app was taken out."""
    return [Disconnected(SHOP_REDACTED)]


def because(reason: str) -> Normaliser:
    """Return a normaliser that ignores its topic for this reason."""

    def ignore(message: Message) -> list[Result]:
        return [Ignored(reason)]

    return ignore
