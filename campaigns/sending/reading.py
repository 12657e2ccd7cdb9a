"""Reserved messages with all that making them needs: one statement a slice, and no more of three wide rows than is used.

The rows are put into model instances by hand: Django's own way looks at every field of a model for every row, which costs more than
rendering. What is not read here is asked for when somebody wants it, as with `only`.
"""

import json
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, models
from django.db.models.base import ModelState

from campaigns.models import Brand, Message, TemplateVersion
from retention.customers.models import Customer
from retention.orders.models import Cart
from retention.tenancy.context import require_store_id
from retention.tenancy.prepared import Prepared
from retention.tenancy.statistics import said_to_be_few

_MOST_VERSIONS = 64
_versions: OrderedDict[int, TemplateVersion] = OrderedDict()
_Model = TypeVar("_Model", bound=models.Model)

_OF_MESSAGE = (
    "id", "public_id", "source_kind", "source_id", "step", "customer", "channel", "stream", "enrollment", "cart", "template_version",
    "attempts", "planned_at", "first_attempt_at", "provider_key",
)  # fmt: skip
_OF_CUSTOMER = (
    "id", "public_id", "email", "phone", "first_name", "last_name", "language", "city", "country", "birth_year", "birth_md", "interests",
    "attributes",
)  # fmt: skip
_NOTHING: dict[str, Callable[[], Any]] = {"[]": list, "{}": dict}  # most people's interests and attributes
_OF_CART = ("id", "currency", "total_minor", "lines_count", "last_activity_at", "restore_url")


def _columns(alias: str, model: type[models.Model], names: Sequence[str]) -> str:
    return ", ".join(f"{alias}.{model._meta.get_field(name).column}" for name in names)  # type: ignore[union-attr]


# OFFSET 0: each row is looked up by its key, also where most stores have two or three.
_READ = Prepared(
    "read_messages",
    f"""
    SELECT {_columns("m", Message, _OF_MESSAGE)}, {_columns("c", Customer, _OF_CUSTOMER)}, {_columns("cart", Cart, _OF_CART)}
    FROM unnest($2) AS wanted(id)
    CROSS JOIN LATERAL (
        SELECT due_at, {_columns("one", Message, _OF_MESSAGE)} FROM campaigns_message AS one WHERE store_id = $1 AND id = wanted.id OFFSET 0
    ) AS m
    CROSS JOIN LATERAL (
        SELECT {_columns("one", Customer, _OF_CUSTOMER)} FROM customers_customer AS one WHERE store_id = $1 AND id = m.customer_id OFFSET 0
    ) AS c
    LEFT JOIN LATERAL (
        SELECT {_columns("one", Cart, _OF_CART)} FROM orders_cart AS one WHERE store_id = $1 AND id = m.cart_id OFFSET 0
    ) AS cart ON true
    WHERE {said_to_be_few("wanted.id")}
    ORDER BY m.due_at, m.id
    """,  # noqa: S608 - names of columns, and the condition
    "bigint, bigint[]",
)

_SILENT = Prepared(
    "read_silent_campaigns",
    "SELECT id FROM campaigns_campaign WHERE store_id = $1 AND id = ANY($2) AND NOT measure_opens",
    "bigint, bigint[]",
)


def _maker(model: type[_Model], names: Sequence[str]) -> Callable[[int, Sequence[Any]], _Model]:
    """Return what makes an instance of its store and the values of these fields."""
    fields = [model._meta.get_field(name) for name in names]
    attributes = [field.attname for field in fields]  # type: ignore[union-attr]
    in_json = [place for place, field in enumerate(fields) if isinstance(field, models.JSONField)]

    def make(store_id: int, values: Sequence[Any]) -> _Model:
        made = model.__new__(model)
        known, state = made.__dict__, ModelState()
        known.update(zip(attributes, values, strict=True))
        for place in in_json:
            text = values[place]
            known[attributes[place]] = _NOTHING[text]() if text in _NOTHING else json.loads(text)
        state.db, state.adding, state.fields_cache = DEFAULT_DB_ALIAS, False, {}
        known["store_id"], known["_state"] = store_id, state
        return made

    return make


_message, _customer, _cart = _maker(Message, _OF_MESSAGE), _maker(Customer, _OF_CUSTOMER), _maker(Cart, _OF_CART)
_TO_CUSTOMER, _TO_CART = len(_OF_MESSAGE), len(_OF_MESSAGE) + len(_OF_CUSTOMER)


def read_messages(ids: Sequence[int]) -> list[Message]:
    """Return these messages with everything their contexts need, in the order they are due."""
    if not ids:
        return []
    store_id = require_store_id()
    rows = [_read(store_id, row) for row in _READ.rows([store_id, list(ids)])]
    versions = versions_of({row.template_version_id for row in rows})
    for row in rows:
        row._state.fields_cache["template_version"] = versions[row.template_version_id]
    _say_whether_opens_are_measured(rows)
    return rows


def _read(store_id: int, row: Sequence[Any]) -> Message:
    message = _message(store_id, row[:_TO_CUSTOMER])
    known = message._state.fields_cache
    known["customer"] = _customer(store_id, row[_TO_CUSTOMER:_TO_CART])
    known["cart"] = _cart(store_id, row[_TO_CART:]) if message.cart_id is not None else None
    return message


def _say_whether_opens_are_measured(rows: Sequence[Message]) -> None:
    """Let those mails carry no picture whose campaign says so, or for all that is no campaign the store."""
    mails = [row for row in rows if row.channel == "email"]
    campaigns = {row.source_id for row in mails if row.source_kind == "campaign"}
    silent = {pk for (pk,) in _SILENT.rows([require_store_id(), sorted(campaigns)])} if campaigns else set()
    others = any(row.source_kind != "campaign" for row in mails)
    measured = not others or not Brand.objects.filter(measure_opens=False).exists()
    for row in mails:
        row.measures_opens = row.source_id not in silent if row.source_kind == "campaign" else measured


def versions_of(ids: set[int]) -> dict[int, TemplateVersion]:
    """Return template versions by id. They never change, so the worker keeps those it used last."""
    missing = [pk for pk in ids if pk not in _versions]
    found = {pk: _versions[pk] for pk in ids if pk in _versions}
    for version in TemplateVersion.objects.filter(pk__in=missing) if missing else []:
        found[version.pk] = _versions[version.pk] = version
    while len(_versions) > _MOST_VERSIONS:
        _versions.popitem(last=False)
    return found
