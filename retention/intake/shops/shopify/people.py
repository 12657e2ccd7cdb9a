"""Who Shopify speaks of: customers, their details, what they allow, and the wishes the law gives them."""

from datetime import datetime
from typing import Any

from retention.intake.shops.reading import filled, identity, moment, needed, part, phone_of, text
from retention.intake.shops.results import Asked, Forget, Happened, Ignored, Joined, Message, Person, Result
from retention.kit.words import gettext_noop

SOURCE = "shopify"
NEVER_ASKED = gettext_noop("The customer never said yes or no on this channel.")
ADDRESS_UNKNOWN = gettext_noop("Shopify names nobody here, so there is no one to keep it for.")
NOT_MERGED = gettext_noop("Shopify could not join these two customers, so nothing changed here.")
# What Shopify calls it -> what it means here. "not_subscribed" and "invalid" say nothing a person said.
_STATES = {"subscribed": "granted", "pending": "pending", "unsubscribed": "refused", "redacted": "refused"}


def of_order(order_id: str) -> str:
    """Return the id that stands for whoever placed an order, so that what follows (refund, parcel, return) finds the same person."""
    return f"shopify-order:{order_id}" if order_id else ""


def of_cart(token: str) -> str:
    """Return the id that stands for whoever fills a basket."""
    return f"shopify-cart:{token}" if token else ""


def person_in(body: dict[str, Any], *, anonymous: str) -> Person:
    """Return who placed an order or began a checkout; the account's own address counts before the one typed for this purchase."""
    addresses = (text(body, *path, longest=254) for path in (("customer", "email"), ("email",), ("contact_email",)))
    return Person(identity(body, "customer", "id"), next((one for one in addresses if one), ""), anonymous)


def traits_of(customer: dict[str, Any], *, address: Any = None, language: str = "") -> dict[str, Any]:
    """Return what a customer's record tells about them; an address given beside it is used where the record has none."""
    place = part(customer, "default_address") or address or {}
    return filled(
        email=text(customer, "email", longest=254),
        firstName=text(customer, "first_name", longest=100) or text(place, "first_name", longest=100),
        lastName=text(customer, "last_name", longest=100) or text(place, "last_name", longest=100),
        phone=phone_of(customer, "phone"),
        language=language,
        address=filled(
            city=text(place, "city", longest=100),
            region=text(place, "province", longest=100),
            postcode=text(place, "zip", longest=20),
            country=text(place, "country_code", longest=2),
        ),
    )


def consent_of(stated: Any) -> dict[str, str]:
    """Return a consent as our events carry it, or nothing when the customer never said anything."""
    state = text(stated, "state", longest=40)
    status = _STATES.get(state, "")
    if not status and state == "not_subscribed" and part(stated, "consent_updated_at"):
        status = "refused"  # there was a yes before, and it is gone
    method = text(stated, "opt_in_level", longest=40)
    return {"status": status, "method": method or "shop", "source": SOURCE} if status else {}


def read_customer(message: Message) -> list[Result]:
    """customers/create and customers/update: the whole record, and what it says of consent where it still does."""
    body = message.body
    person = Person(needed(body, "id"), text(body, "email", longest=254))
    at = moment(body, "updated_at") or message.at
    told: list[Result] = [Happened("Identify", person, traits_of(body), at, kind="identify")]
    for channel, key in (("email", "email_marketing_consent"), ("sms", "sms_marketing_consent")):
        consent = consent_of(part(body, key))
        if consent:
            told.append(_consent(person, channel, consent, moment(body, key, "consent_updated_at") or at))
    return told


def read_email_consent(message: Message) -> list[Result]:
    """customers_email_marketing_consent/update."""
    body = message.body
    person = Person(identity(body, "customer_id"), text(body, "email_address", longest=254))
    return _said(message, person, "email", "email_marketing_consent", {})


def read_sms_consent(message: Message) -> list[Result]:
    """customers_marketing_consent/update, which is about SMS."""
    return _said(
        message, Person(identity(message.body, "id")), "sms", "sms_marketing_consent", filled(phone=phone_of(message.body, "phone"))
    )


def _said(message: Message, person: Person, channel: str, key: str, traits: dict[str, Any]) -> list[Result]:
    consent = consent_of(part(message.body, key))
    if not person:
        return [Ignored(ADDRESS_UNKNOWN)]
    if not consent:
        return [Ignored(NEVER_ASKED)]
    return [_consent(person, channel, consent, moment(message.body, key, "consent_updated_at") or message.at, traits)]


def _consent(person: Person, channel: str, consent: dict[str, str], at: datetime, traits: dict[str, Any] | None = None) -> Happened:
    return Happened("Consent Updated", person, {**(traits or {}), "consent": {channel: consent}}, at, kind="identify")


def read_merge(message: Message) -> list[Result]:
    """customers/merge: two accounts became one, unless it says otherwise."""
    if part(message.body, "status") == "failed" or part(message.body, "errors"):
        return [Ignored(NOT_MERGED)]
    body = message.body
    return [Joined(needed(body, "admin_graphql_api_customer_kept_id"), needed(body, "admin_graphql_api_customer_deleted_id"))]


def read_redact(message: Message) -> list[Result]:
    """customers/redact: the law's "forget me"."""
    person, phone = _asking(message), phone_of(message.body, "customer", "phone")
    return [Forget(person, phone)] if person or phone else [Ignored(ADDRESS_UNKNOWN)]


def read_data_request(message: Message) -> list[Result]:
    """customers/data_request: somebody wants to know what is known about them."""
    person = _asking(message)
    return [Asked(person, identity(message.body, "data_request", "id"))] if person else [Ignored(ADDRESS_UNKNOWN)]


def _asking(message: Message) -> Person:
    return Person(identity(message.body, "customer", "id"), text(message.body, "customer", "email", longest=254))
