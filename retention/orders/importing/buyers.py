"""Whose the orders of a file are: who is named in them is found or made, and told where they are."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import connection

from retention.customers.identifying import Claim, email_key, identify
from retention.customers.profile import Told, apply_traits
from retention.kit.arrays import array_of
from retention.tenancy.context import require_store_id
from retention.tenancy.statistics import said_to_be_few

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
_PLACES = f"""
    SELECT known.id, known.country, known.email FROM unnest(%s::bigint[]) AS wanted(id)
    JOIN customers_customer AS known ON known.store_id = (SELECT %s::bigint) AND known.id = wanted.id AND {said_to_be_few("wanted.id")}
"""  # noqa: S608 - the condition above


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
    spoken: dict[tuple[str, str], list[_Said]] = {}
    for one in said:
        spoken.setdefault(one.who, []).append(one)
    customers = dict(zip(spoken, identify([_claim(ways) for ways in spoken.values()], now=now, newcomers=[]), strict=True))
    found = Buyers({}, {})
    for one in said:
        customer_id = customers[one.who]
        found.of_thing.update(dict.fromkeys(one.things, customer_id))
        if one.ordered_at is not None:
            found.last_order_at[customer_id] = max(one.ordered_at, found.last_order_at.get(customer_id, one.ordered_at))
    _tell_places(said, customers)
    return found


def _claim(ways: Sequence[_Said]) -> Claim:
    """Return what is claimed of somebody, of whom is spoken in these ways; where they are as it was said last."""
    first, last = ways[0], max(ways, key=_last_said)
    return Claim(external=first.external_id, email=last.email, trusted=True, at=first.first_at, country=last.country, told_at=last.last_at)


def _last_said(one: _Said) -> tuple[datetime, int]:
    return one.last_at, one.first_thing


def _tell_places(said: Sequence[_Said], customers: dict[tuple[str, str], int]) -> None:
    """Tell of each customer what was said last, of each field, where it differs from what is known."""
    with connection.cursor() as cursor:
        cursor.execute(_PLACES, [array_of(list(customers.values())), require_store_id()])
        known = {pk: {"country": country, "email": email} for pk, country, email in cursor.fetchall()}
    last: dict[tuple[int, str], tuple[str, datetime]] = {}
    for one in sorted(said, key=_last_said):
        for name, value in (("country", one.country), ("email", one.email)):
            if value:
                last[customers[one.who], name] = value, one.last_at
    apply_traits(
        [
            Told(customer_id, {name: value}, told_at=at, trusted=True)
            for (customer_id, name), (value, at) in last.items()
            if known[customer_id][name] != value
        ]
    )
