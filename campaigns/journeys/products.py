"""News of products told to the people it interests: who looked at one, put it into the basket or wished for it gets an event of ours.

Only news that a live journey waits for is told, and only to people near enough for one of them; the rest is let go. That something is back
of which nothing was left is told to those who wait for it in the recovery plan too, and, while a cell about such things is live, to those
who saw it sold out or asked for it and were not looked at yet, however long they stay. A piece of news is told a page of people at a time
and leaves when all have heard it, each step in one transaction.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from campaigns.journeys.triggers import ASKED_FOR, FOR_STOCK, PRODUCT_NEWS, SOLD_OUT, TELLS_OF_STOCK, WAS_SOLD_OUT, Product, says_gone
from campaigns.journeys.versions import live_journeys
from campaigns.models import Enrollment, Journey, RecoveryCell
from retention.catalog.models import ProductNews
from retention.customers.events import NewEvent, record_many
from retention.kit.stored_json import read_json
from retention.tenancy.context import require_store_id

PAGE = 2000
TOO_OLD = timedelta(days=1)
JUST_NOW = timedelta(hours=2)
VIEWS = 20
"""So many of somebody's last views of a product are asked whether it was sold out."""
_PRODUCT = "coalesce(properties ->> 'product_id', properties ->> 'productId', properties ->> 'id', properties ->> 'sku')"
# Of a view only what it says of stock, and no more of it than is understood: a browser's word may be long.
_SAID = """
    coalesce((
        SELECT jsonb_object_agg(said.key, CASE jsonb_typeof(said.value)
            WHEN 'string' THEN to_jsonb(left(said.value #>> '{}', 100))
            WHEN 'number' THEN CASE WHEN length(said.value::text) <= 40 THEN said.value ELSE 'null' END
            WHEN 'boolean' THEN said.value
            ELSE 'null' END)
        FROM jsonb_each(properties) AS said WHERE said.key = ANY(%(told)s)
    ), '{}')
"""
# What somebody did with a product, when last: by their events, and by the basket they have now; or that they wait for it, or asked for it a
# moment ago. What their last views of a moment ago said comes along, and the views of those the plan has not looked at yet. Who bought it
# meanwhile is left out.
_NEAR = f"""
    WITH did AS (
        SELECT customer_id, occurred_at AS at, CASE WHEN occurred_at > %(just)s THEN {_SAID} END AS said, CASE name
            WHEN 'Product Added to Wishlist' THEN 'wished' WHEN 'Product Added' THEN 'basket' WHEN '{ASKED_FOR}' THEN 'asked'
            ELSE 'viewed' END AS kind
        FROM customers_customerevent
        WHERE store_id = %(store)s AND kind = 'track' AND customer_id > %(after)s AND refusal = ''
            AND name IN ('Product Viewed', 'Product Clicked', 'Product Added', 'Product Added to Wishlist', '{ASKED_FOR}')
            AND occurred_at > %(since)s AND occurred_at <= %(now)s AND (name <> '{ASKED_FOR}' OR occurred_at > %(just)s)
            AND {_PRODUCT} = %(product)s
        UNION ALL
        SELECT cart.customer_id, cart.last_activity_at, NULL, 'basket'
        FROM orders_cart AS cart JOIN orders_cartline AS line ON line.store_id = cart.store_id AND line.cart_id = cart.id
        WHERE cart.store_id = %(store)s AND cart.state = 'open' AND cart.customer_id > %(after)s AND cart.last_activity_at > %(since)s
            AND line.product_id = %(product)s
        UNION ALL
        SELECT customer_id, trigger_at, NULL, 'waited'
        FROM campaigns_enrollment
        WHERE %(back)s AND store_id = %(store)s AND state = 'running' AND step = '{FOR_STOCK}' AND about = %(product)s
            AND customer_id > %(after)s
        UNION ALL
        SELECT about.customer_id, seen.at, seen.said, seen.kind
        FROM campaigns_recoverywatch AS about CROSS JOIN LATERAL (
            SELECT occurred_at AS at, {_SAID} AS said, CASE name WHEN '{ASKED_FOR}' THEN 'asked' ELSE 'about' END AS kind
            FROM customers_customerevent
            WHERE store_id = %(store)s AND customer_id = about.customer_id AND kind = 'track' AND refusal = ''
                AND name IN ('Product Viewed', 'Product Clicked', '{ASKED_FOR}') AND occurred_at > %(today)s
                AND received_at > %(today)s AND occurred_at <= %(now)s AND {_PRODUCT} = %(product)s
            ORDER BY occurred_at DESC LIMIT {VIEWS}
        ) AS seen
        WHERE %(watched)s AND about.store_id = %(store)s AND about.customer_id > %(after)s
    )
    SELECT customer_id, max(at) FILTER (WHERE kind = 'viewed'), max(at) FILTER (WHERE kind = 'basket'),
        max(at) FILTER (WHERE kind = 'wished'), bool_or(kind IN ('waited', 'asked')),
        to_jsonb((array_agg(said ORDER BY at DESC) FILTER (
            WHERE kind = 'about' OR kind = 'viewed' AND at > %(just)s))[:{VIEWS}])
    FROM did WHERE NOT EXISTS (
        SELECT 1 FROM orders_order AS placed JOIN orders_orderline AS line ON line.store_id = placed.store_id AND line.order_id = placed.id
        WHERE placed.store_id = %(store)s AND placed.customer_id = did.customer_id AND placed.placed_at >= did.at
            AND line.product_id = %(product)s
    )
    GROUP BY customer_id ORDER BY customer_id LIMIT %(limit)s
"""  # noqa: S608 - a name of ours
BACK = "back_in_stock"


def take_product_news(*, now: datetime) -> int:
    """Tell one page of people of the oldest piece of news; return how many pieces were worked on."""
    with transaction.atomic():
        waited = _waited(now=now) if ProductNews.objects.exists() else {}
        news: ProductNews | None = (
            ProductNews.objects.select_related("product").order_by("id").select_for_update(skip_locked=True, of=("self",)).first()
        )
        if news is None:
            return 0
        wanted = waited.get(news.kind, ())
        rows = _near(news, wanted, now=now) if news.kind in waited else []
        told = [event for row in rows if (event := _event(news, row, wanted, now=now)) is not None]
        if told:
            record_many(told, now=now)
        if len(rows) < PAGE:
            news.delete()
        else:
            ProductNews.objects.filter(pk=news.pk).update(after_id=rows[-1][0])
    return 1


def _waited(*, now: datetime) -> Mapping[str, Sequence[Product]]:
    """Return what live journeys wait for, by the kind of news; news nobody waits for, or too old to tell, leaves in one go.

    Where the recovery plan waits for what is sold out, or may come to, its kind of news is there, with or without journeys.
    """
    found: dict[str, list[Product]] = defaultdict(list)
    if _may_come_to_wait() or Enrollment.objects.running().filter(step=FOR_STOCK).exists():
        found[BACK] = []
    for journey in live_journeys():
        product = journey.definition.trigger.product
        if product is not None:
            found[product.what].append(product)
    ProductNews.objects.filter(~Q(kind__in=list(found)) | Q(at__lte=now - TOO_OLD)).delete()
    return found


def _may_come_to_wait() -> bool:
    """Say whether a live cell of the recovery plan is about what is sold out."""
    live = RecoveryCell.objects.filter(state=RecoveryCell.State.LIVE, journey__state=Journey.State.LIVE)
    return bool(live.filter(stage__archived_at=None, stage__rule__kind=SOLD_OUT).exists())


def _near(news: ProductNews, wanted: Sequence[Product], *, now: datetime) -> list[Any]:
    """Return the next people who did something with the product lately: (customer, viewed, basket, wished, waits, views).

    The first three say when last, or None; then whether the recovery plan waits for it with them or is about to; and, where it may come to,
    what their views of a moment ago said, or of the visit that still goes on, as JSON.
    """
    whole = _is_whole(news)
    watched = whole and _may_come_to_wait()
    just_now = JUST_NOW if watched else timedelta(0)
    since = now - max([just_now, *(timedelta(days=one.within_days) for one in wanted)])
    values: dict[str, Any] = {
        "back": whole,
        "watched": watched,
        "just": now - just_now,
        "store": require_store_id(),
        "product": news.product.shop_id,
        "after": news.after_id,
        "since": since,
        "today": now - TOO_OLD,
        "now": now,
        "limit": PAGE,
        "told": list(TELLS_OF_STOCK),
    }
    with connection.cursor() as cursor:
        cursor.execute(_NEAR, values)
        return list(cursor.fetchall())


def _event(news: ProductNews, row: Sequence[Any], wanted: Sequence[Product], *, now: datetime) -> NewEvent | None:
    """Return the event for one person, or None when neither a journey nor the recovery plan waits for it of them."""
    customer_id, *moments, waits, views = row
    near = zip(("viewed_days", "basket_days", "wished_days"), moments, strict=True)
    properties: dict[str, Any] = {**_figures(news), **{name: (now - at).days for name, at in near if at is not None}}
    waits = waits or (views is not None and any(says_gone(one) for one in read_json(views)))
    if not waits and not any(one.accepts(properties) for one in wanted):
        return None
    return NewEvent(customer_id, PRODUCT_NEWS[news.kind], properties, now)


def _figures(news: ProductNews) -> Mapping[str, Any]:
    product = news.product
    about = {"product_id": product.shop_id, "name": product.name, "url": product.url, "image_url": product.image_url}
    if news.kind == "price_drop":
        percent = (news.before - news.after) * 100 // news.before if news.before else 0
        return {**about, "currency": news.currency, "before_minor": news.before, "price_minor": news.after, "percent": percent}
    more = {WAS_SOLD_OUT: _is_whole(news)} if news.kind == BACK else {}
    return {**about, "available": news.after, **more}


def _is_whole(news: ProductNews) -> bool:
    """Say whether nothing of the product was there before."""
    return news.kind == BACK and news.before <= 0
