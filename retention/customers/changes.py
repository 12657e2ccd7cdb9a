"""The names of what can change about a customer: news tells them, and segments say which of them their answer rests on. No database here.

"field:country", "attribute:plan", "event:Order Completed", "consent", "orders", "cart", "segment:<public id>"; "*" is everything.
"""

EVERYTHING = "*"
CONSENT = "consent"
ORDERS = "orders"
CART = "cart"
POSTCODES = "postcodes"  # where a store's postcodes lie: of no customer's, but what a segment's members may rest on
SEEN = frozenset({"field:last_seen_at", "field:created_at"})
VIEWS = {"page": "Page Viewed", "screen": "Screen Viewed"}  # views count together under one name, whatever the page is called
LIVING = "~"  # beside what changed: it happened now, and is not told about the past


def of_field(name: str) -> str:
    """Return the name of a field of the customer."""
    return f"field:{name}"


def of_attribute(key: str) -> str:
    """Return the name of a custom attribute."""
    return f"attribute:{key}"


def of_event(name: str) -> str:
    """Return the name of an event's happening."""
    return f"event:{name}"


def of_segment(public_id: str) -> str:
    """Return the name of a segment's membership."""
    return f"segment:{public_id}"


# What our own events say of a customer beside that they happened; every other one may say anything.
_OF_OWN: dict[str, frozenset[str]] = {
    "Cart Idle": frozenset({CART}),
    "Cart Abandoned": frozenset({CART}),
    "Email Bounced": frozenset(),
    "Email Complained": frozenset({CONSENT}),
    "Email Delivered": frozenset(),
    "Email Link Clicked": frozenset(),
    "Email Opened": frozenset(),
    "On-site Clicked": frozenset(),
    "On-site Closed": frozenset(),
    "On-site Shown": frozenset(),
    "Product Back In Stock": frozenset(),
    "Product Price Dropped": frozenset(),
    "Product Running Low": frozenset(),
    "Push Clicked": frozenset(),
    "Push Delivered": frozenset(),
    "Push Failed": frozenset(),
    "SMS Delivered": frozenset(),
    "SMS Failed": frozenset(),
    "SMS Link Clicked": frozenset(),
    "SMS Received": frozenset(),
    "Segment Entered": frozenset(),
    "Segment Left": frozenset(),
    "Shop Left": frozenset(),
    "Survey Answered": frozenset(),
    "Unsubscribed": frozenset({CONSENT}),
}


def of_own_event(name: str) -> frozenset[str]:
    """Return what one of our own events tells has changed."""
    return _OF_OWN.get(name, frozenset({EVERYTHING})) | {of_event(name)}
