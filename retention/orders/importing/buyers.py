"""Whose the orders of a file are: who is named in them is found or made, and told where they are."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import connection

from retention.customers.identifying import Claim, email_key, identify
from retention.customers.profile import Told, apply_traits
from retention.kit.arrays import array_of
from retention.tenancy.context import require_store_id

# What is said of people in one way stands together: who they are and where, when first and last, and in which things.
_NAMED = """
    SELECT said.external_id, said.email, said.country, min(said.at), max(said.at), max(said.at) FILTER (WHERE NOT said.is_credit),
        min(said.id), array_agg(said.id)
    FROM (
        SELECT id, "values" ->> 'external_id' AS external_id, "values" ->> 'email' AS email, "values" ->> 'country' AS country,
            ("values" ->> 'placed_at')::timestamptz AS at, ("values" ->> 'minor')::bigint < 0 OR ("values" ->> 'back')::bool AS is_credit
        FROM customers_importrow WHERE store_id = (SELECT %s::bigint) AND id BETWEEN %s AND %s AND id = ANY(%s::bigint[])
    ) AS said
    WHERE said.external_id <> '' OR said.email <> ''
    GROUP BY said.external_id, said.email, said.country
"""
_PLACES = "SELECT id, country, email FROM customers_customer WHERE store_id = (SELECT %s::bigint) AND id = ANY(%s::bigint[])"


class _Said(NamedTuple):
    """One way to speak of somebody, and the things that do. ordered_at: of the last order among them, credit notes aside."""

    external_id: str
    email: str
    country: str
    first_at: datetime
    last_at: datetime
    ordered_at: datetime | None
    first_thing: int
    things: list[int]

    @property
    def who(self) -> tuple[str, str]:
        """Return the shop's id of the customer and the folded address; one of them at least."""
        return self.external_id, email_key(self.email)


class Buyers(NamedTuple):
    """Whose each thing is, by its row (nobody's is not there), and when each customer's last order of these things was placed."""

    of_thing: dict[int, int]
    last_order_at: dict[int, datetime]


def find_buyers(things: Sequence[int], *, now: datetime) -> Buyers:
    """Say whose each staged thing is, making who is new, and tell where they are. Call it inside a transaction.

    things: their rows, in order.
    """
    if not things:
        return Buyers({}, {})
    with connection.cursor() as cursor:
        cursor.execute(_NAMED, [require_store_id(), things[0], things[-1], array_of(things)])
        said = sorted((_Said(*row) for row in cursor.fetchall()), key=lambda one: (one.first_at, one.first_thing))
    firsts: dict[tuple[str, str], _Said] = {}
    for one in said:
        firsts.setdefault(one.who, one)
    claims = [Claim(external=one.external_id, email=one.email, trusted=True, at=one.first_at) for one in firsts.values()]
    customers = dict(zip(firsts, identify(claims, now=now, newcomers=[]), strict=True))
    found = Buyers({}, {})
    for one in said:
        customer_id = customers[one.who]
        found.of_thing.update(dict.fromkeys(one.things, customer_id))
        if one.ordered_at is not None:
            found.last_order_at[customer_id] = max(one.ordered_at, found.last_order_at.get(customer_id, one.ordered_at))
    _tell_places(said, customers)
    return found


def _tell_places(said: Sequence[_Said], customers: dict[tuple[str, str], int]) -> None:
    """Tell of each customer the last of these things that differs from what is known."""
    with connection.cursor() as cursor:
        cursor.execute(_PLACES, [require_store_id(), array_of(list(customers.values()))])
        known = {pk: (country, email) for pk, country, email in cursor.fetchall()}
    told: dict[int, Told] = {}
    for one in sorted(said, key=lambda one: (one.last_at, one.first_thing)):
        customer_id = customers[one.who]
        country, email = known[customer_id]
        traits = {name: value for name, value in (("country", one.country), ("email", one.email)) if value}
        if traits and (one.country or country, one.email or email) != (country, email):
            told[customer_id] = Told(customer_id, traits, told_at=one.last_at, trusted=True)
    apply_traits(list(told.values()))
