"""The catalogue's word on products, for a whole slice of messages in one statement; and what is like them."""

from collections.abc import Iterable
from typing import Any

from django.db import connection

from campaigns.truth.deciding import Key, Offer
from retention.tenancy.context import require_store_id
from retention.tenancy.prepared import Prepared
from retention.tenancy.statistics import said_to_be_few

_OFFERS = Prepared(
    "truth_offers",
    f"""
    SELECT w.product_id, w.variant_id, p.state IN ('draft', 'archived', 'deleted') OR (kinds.known > 0 AND kinds.live = 0) AS gone,
        kinds.live > 0 AND kinds.buyable = 0 AS sold_out,
        CASE WHEN kinds.lowest = kinds.highest THEN kinds.lowest END AS price, coalesce(kinds.currency, ''), kinds.price_since
    FROM unnest($1, $2) WITH ORDINALITY AS w(product_id, variant_id, place)
    JOIN catalog_product AS p
        ON p.store_id = $3 AND p.shop_id = w.product_id AND {said_to_be_few("w.place")} AND p.state <> 'seen'
    CROSS JOIN LATERAL (
        SELECT count(*) AS known, count(*) FILTER (WHERE v.removed_at IS NULL) AS live,
            count(*) FILTER (WHERE v.removed_at IS NULL AND coalesce(s.total, 1) > 0) AS buyable,
            min(v.price_minor) FILTER (WHERE v.removed_at IS NULL) AS lowest,
            max(v.price_minor) FILTER (WHERE v.removed_at IS NULL) AS highest,
            min(v.currency) FILTER (WHERE v.removed_at IS NULL) AS currency,
            max(changed.at) AS price_since
        FROM catalog_variant AS v
        LEFT JOIN LATERAL (
            SELECT sum(available) AS total FROM catalog_stocklevel WHERE store_id = v.store_id AND variant_id = v.id
        ) AS s ON true
        LEFT JOIN LATERAL (
            SELECT max(changed_at) AS at FROM catalog_pricechange WHERE store_id = v.store_id AND variant_id = v.id
        ) AS changed ON true
        WHERE v.store_id = p.store_id AND v.product_id = p.id AND (w.variant_id = '' OR v.shop_id = w.variant_id)
    ) AS kinds
    """,  # noqa: S608 - the condition above
    "text[], text[], bigint",
)
SPOKEN_OF_SQL = f"""EXISTS (
            SELECT FROM unnest(%s) WITH ORDINALITY AS shown(shop_id, place)
            JOIN catalog_product AS spoken ON spoken.store_id = %s AND spoken.shop_id = shown.shop_id AND {said_to_be_few("shown.place")}
            WHERE spoken.state <> 'seen'
        )"""
"""Whether the shop speaks now of any of these products: for a statement that reads other things too."""
# A product in the same category that can be bought now in the same currency, the nearest in price first.
_SIMILAR = f"""
    SELECT w.product_id, w.variant_id, like_it.*
    FROM unnest(%(products)s::text[], %(variants)s::text[], %(prices)s::bigint[], %(currencies)s::text[])
        WITH ORDINALITY AS w(product_id, variant_id, price, currency, place)
    JOIN catalog_product AS p ON p.store_id = %(store)s AND p.shop_id = w.product_id AND {said_to_be_few("w.place")}
        AND p.category_id IS NOT NULL
    CROSS JOIN LATERAL (
        SELECT other.shop_id, v.shop_id, other.name, v.price_minor, other.url, coalesce(nullif(v.image_url, ''), other.image_url)
        FROM catalog_product AS other
        JOIN catalog_variant AS v ON v.store_id = other.store_id AND v.product_id = other.id AND v.removed_at IS NULL
            AND v.price_minor IS NOT NULL AND v.currency = w.currency
        WHERE other.store_id = p.store_id AND other.category_id = p.category_id AND other.id <> p.id AND other.state = 'active'
            AND coalesce((
                SELECT sum(available) FROM catalog_stocklevel WHERE store_id = v.store_id AND variant_id = v.id
            ), 1) > 0
        ORDER BY abs(v.price_minor - w.price), other.id, v.id LIMIT 1
    ) AS like_it
"""  # noqa: S608 - the condition above


def read_offers(keys: Iterable[Key]) -> dict[Key, Offer]:
    """Return what the shop says of these products now; those it never spoke of are left out."""
    wanted = sorted(set(keys))
    if not wanted:
        return {}
    rows = _OFFERS.rows([[product for product, _ in wanted], [variant for _, variant in wanted], require_store_id()])
    return {(product, variant): Offer(bool(gone), bool(sold_out), *rest) for product, variant, gone, sold_out, *rest in rows}


def read_similar(wanted: dict[Key, tuple[int, str]]) -> dict[Key, dict[str, Any]]:
    """Return something similar for each of these products where there is anything, as a line of a basket. wanted: price and currency."""
    if not wanted:
        return {}
    values = _split(list(wanted)) | {"prices": [one[0] for one in wanted.values()], "currencies": [one[1] for one in wanted.values()]}
    names = ("product_id", "variant_id", "name", "price_minor", "url", "image_url")
    return {(product, variant): dict(zip(names, row, strict=True)) for product, variant, *row in _rows(_SIMILAR, values)}


def _split(keys: list[Key]) -> dict[str, Any]:
    return {"products": [product for product, _ in keys], "variants": [variant for _, variant in keys]}


def _rows(statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values | {"store": require_store_id()})
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found
