"""WooCommerce's customers. It knows no consent of its own, so none is read."""

from retention.intake.shops.reading import filled, moment, needed, part, phone_of, text
from retention.intake.shops.results import Happened, Ignored, Message, Person, Result
from retention.intake.shops.woocommerce.orders import address_of
from retention.kit.words import gettext_noop

DELETED = gettext_noop("An account tidied away in the shop is no wish to be forgotten. Erase the person here if it is one.")


def read_customer(message: Message) -> list[Result]:
    """customer.created and customer.updated."""
    body = message.body
    billing = part(body, "billing")
    email = text(body, "email", longest=254)
    traits = filled(
        email=email,
        firstName=text(body, "first_name", longest=100) or text(billing, "first_name", longest=100),
        lastName=text(body, "last_name", longest=100) or text(billing, "last_name", longest=100),
        phone=phone_of(billing, "phone"),
        address=address_of(billing) or address_of(part(body, "shipping")),
    )
    at = moment(body, "date_modified_gmt") or moment(body, "date_created_gmt") or message.at
    return [Happened("Identify", Person(needed(body, "id"), email), traits, at, kind="identify")]


def read_deleted_customer(message: Message) -> list[Result]:
    """customer.deleted."""
    return [Ignored(DELETED)]
