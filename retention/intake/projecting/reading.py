"""What an event says about the person: names, traits, consents. Nothing is written here."""

from typing import Any

from retention.catalog.saving import Seen
from retention.customers.changes import VIEWS
from retention.customers.consent import Said
from retention.customers.identifying import Claim, email_key
from retention.customers.models.consent import ChannelName, Consent
from retention.customers.profile import Told
from retention.intake.projecting.waiting import Waiting

# Events whose own `email` is surely the acting person's, unlike that of an invited friend.
_OWN_EMAIL = frozenset({"Order Completed", "Checkout Started", "Checkout Step Viewed", "Checkout Step Completed", "Payment Info Entered"})
_ABOUT_A_PRODUCT = frozenset({"Product Viewed", "Product Clicked", "Product Added", "Product Added to Wishlist"})
CONSENT_FROM_BROWSER = "Consent counts only when the shop's server sends it; the rest was taken."


def claim_of(event: Waiting) -> Claim:
    """Return the names an event gives its person."""
    anonymous = event.anonymous_id
    if event.kind == "alias" and not anonymous:
        anonymous = str(event.properties.get("previousId") or "")[:200]
    return Claim(external=event.external_id, email=email_of(event), anonymous=anonymous, trusted=event.trusted, at=event.occurred_at)


def email_of(event: Waiting) -> str:
    """Return the person's address as the event gives it, or nothing."""
    candidates = [event.traits.get("email")] if event.traits else []
    if event.kind == "identify" or event.name in _OWN_EMAIL:
        candidates.insert(0, event.properties.get("email"))
    if not candidates:
        return ""
    return next((text.strip() for text in candidates if isinstance(text, str) and email_key(text)), "")


def told_by(event: Waiting, *, customer_id: int) -> Told:
    """Return the traits an event tells."""
    email = email_of(event)
    traits = dict(event.properties) if event.kind == "identify" else {}
    traits |= {"email": email} if email else {}
    return Told(customer_id, traits, told_at=event.occurred_at, trusted=event.trusted, public=not event.trusted)


def consents_of(event: Waiting, *, customer_id: int) -> tuple[list[Said], str]:
    """Return what the person said about channels, and why that does not count where it does not."""
    stated = event.properties.get("consent") if event.kind == "identify" else None
    if stated is None:
        return [], ""
    if not event.trusted:
        return [], CONSENT_FROM_BROWSER
    if not isinstance(stated, dict):
        return [], "traits.consent: This must be an object with a channel each."
    said, refusal = [], ""
    for channel, word in stated.items():
        status = word.get("status") if isinstance(word, dict) else None
        if channel not in ChannelName.values or status not in Consent.Status.values:
            refusal = (
                refusal or f"traits.consent.{channel}: The status must be granted, pending or refused on email, sms, push or onsite."[:200]
            )
            continue
        said.append(
            Said(
                customer_id,
                channel,
                str(status),
                event.occurred_at,
                method=_text(word.get("method"), 40),
                source=_text(word.get("source"), 120),
                backfill=event.backfill,
            )
        )
    return said, refusal


def counted_name(event: Waiting) -> str:
    """Return the name under which an event is counted, or nothing; pages count together, or their titles would be names."""
    if event.kind == "track":
        return event.name
    return VIEWS.get(event.kind, "")


def product_id_of(event: Waiting) -> str:
    """Return the shop's id of the product a shopper looked at or put into the basket, or nothing."""
    if event.kind != "track" or event.name not in _ABOUT_A_PRODUCT:
        return ""
    said = event.properties
    return _text(said.get("product_id") or said.get("productId") or said.get("id") or said.get("sku"), 120).strip()


def product_of(event: Waiting) -> Seen:
    """Return the product that an event with such an id is about, as far as it names it."""
    said = event.properties
    address = {name: _text(said.get(name), 2000) for name in ("url", "image_url")}
    return Seen(
        product_id_of(event),
        name=_text(said.get("name"), 300),
        category=_text(said.get("category"), 300),
        brand=_text(said.get("brand"), 120),
        **{name: text if text.startswith(("https://", "http://")) else "" for name, text in address.items()},
    )


def _text(value: Any, longest: int) -> str:
    return str(value)[:longest] if isinstance(value, str | int) else ""
