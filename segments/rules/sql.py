"""Pieces of SQL with their values. Every name of a table or column a rule can reach stands in TABLES; values are always parameters.

A condition is an expression over a row called `customer` that is true or false, never NULL, so that NOT means the rest.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

# What rules may read; a house test compares it with the models.
TABLES: dict[str, tuple[str, ...]] = {
    "customers_customer": (
        "store_id", "id", "public_id", "email_key", "phone", "first_name_key", "last_name_key", "gender_key", "birth_year",
        "birth_md", "interests_key", "language_key", "city_key", "region_key", "postcode_key", "country", "created_at",
        "last_seen_at", "orders_count", "spent_minor", "first_order_at", "last_order_at",
    ),
    "customers_attributevalue": (
        "store_id", "customer_id", "attribute_id", "place", "folded_value", "number_value", "date_value",
    ),
    "customers_consent": ("store_id", "customer_id", "channel", "status", "method", "source", "changed_at"),
    "customers_customercounter": ("store_id", "customer_id", "event_name_id", "count", "first_at", "last_at"),
    "customers_customerevent": ("store_id", "customer_id", "kind", "name", "properties", "context", "occurred_at", "refusal"),
    "orders_order": (
        "store_id", "id", "customer_id", "currency", "total_minor", "refunded_minor", "discount_minor", "payment_state", "coupons",
        "placed_at", "cancelled_at",
    ),
    "orders_orderline": ("store_id", "order_id", "product_id", "category", "brand", "vendor", "quantity"),
    "orders_cart": (
        "store_id", "customer_id", "state", "stage", "currency", "total_minor", "lines_count", "last_activity_at", "idle_at",
        "abandoned_at",
    ),
    "segments_postcode": ("store_id", "country", "postcode", "latitude", "longitude"),
    "segments_segmentmember": ("store_id", "segment_id", "customer_id"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fragment:
    """A piece of SQL and its values, in the order of its `%s`."""

    text: str
    values: tuple[Any, ...] = ()

    def __add__(self, other: "Fragment | str") -> "Fragment":
        """Return this piece with another behind it."""
        if isinstance(other, str):
            return Fragment(self.text + other, self.values)
        return Fragment(self.text + other.text, self.values + other.values)


TRUE, FALSE = Fragment("true"), Fragment("false")


def piece(text: str, *values: object) -> Fragment:
    """Return a piece of SQL."""
    return Fragment(text, values)


def joined(pieces: Iterable[Fragment], word: str) -> Fragment:
    """Return pieces with a word between them; there must be one."""
    found = list(pieces)
    return Fragment(f" {word} ".join(one.text for one in found), tuple(value for one in found for value in one.values))


def all_of(pieces: Iterable[Fragment]) -> Fragment:
    """Return what is true where all pieces are."""
    found = [one for one in pieces if one != TRUE]
    return _grouped(found, "AND") if found else TRUE


def any_of(pieces: Iterable[Fragment]) -> Fragment:
    """Return what is true where one of the pieces is."""
    found = [one for one in pieces if one != FALSE]
    return _grouped(found, "OR") if found else FALSE


def negated(one: Fragment) -> Fragment:
    """Return what is true where the piece is not."""
    return Fragment(f"NOT ({one.text})", one.values)


def _grouped(found: list[Fragment], word: str) -> Fragment:
    return found[0] if len(found) == 1 else Fragment("(", ()) + joined(found, word) + ")"
