"""The best SQL we can write by hand for each template of the library, and for "bought once, not lately" from the events themselves.

Whoever writes these knows the store: they ask no table that is not needed, take rows from where there are fewest, and count them there.
`values_at` gives the moments, the days of birthdays and the numbers of events they name.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from segments.rules.terms import At

_PEOPLE = "SELECT count(*) FROM customers_customer AS customer WHERE customer.store_id = %(store)s AND "
_MAY = "SELECT count(*) FROM customers_consent AS consent WHERE consent.store_id = %(store)s AND consent.channel = 'email' AND "
_BASKETS = """
    SELECT count(*) FROM orders_cart AS cart
    WHERE cart.store_id = %(store)s AND cart.state = 'open' AND cart.lines_count > 0 AND cart.customer_id IS NOT NULL AND
"""
BY_HAND: Mapping[str, str] = {
    "champions": _PEOPLE + "orders_count >= 4 AND last_order_at > %(now)s - interval '90 days'",
    "loyal": _PEOPLE + "orders_count >= 3 AND last_order_at > %(now)s - interval '180 days'",
    "new_buyers": _PEOPLE + "orders_count = 1 AND first_order_at > %(now)s - interval '30 days'",
    "second_order_due": _PEOPLE
    + "orders_count = 1 AND last_order_at <= %(now)s - interval '30 days' AND last_order_at > %(now)s - interval '60 days'",
    "at_risk": _PEOPLE
    + "orders_count >= 2 AND last_order_at <= %(now)s - interval '90 days' AND last_order_at > %(now)s - interval '180 days'",
    "about_to_lose": _PEOPLE
    + "orders_count >= 1 AND last_order_at <= %(now)s - interval '180 days' AND last_order_at > %(now)s - interval '365 days'",
    "lost": _PEOPLE + "orders_count >= 1 AND last_order_at <= %(now)s - interval '365 days'",
    "never_bought": """
        SELECT count(*) FROM customers_consent AS consent
        JOIN customers_customer AS customer ON customer.store_id = consent.store_id AND customer.id = consent.customer_id
        WHERE consent.store_id = %(store)s AND consent.channel = 'email' AND consent.status = 'granted' AND customer.store_id = %(store)s
            AND customer.orders_count = 0
    """,
    "big_spenders": _PEOPLE + "orders_count >= 2 AND spent_minor >= 10000 * orders_count",
    "top_spent": _PEOPLE + "spent_minor > 50000",
    "birthday_week": _PEOPLE + "birth_md = ANY(%(week)s)",
    "birthday_unknown": _PEOPLE + "orders_count >= 1 AND birth_md IS NULL",
    "looked_thrice": """
        SELECT count(*) FROM (
            SELECT customer_id FROM customers_customerevent
            WHERE store_id = %(store)s AND kind IN ('track', 'own') AND name = 'Product Viewed' AND refusal = '' AND customer_id IS NOT NULL
                AND occurred_at > %(now)s - interval '14 days'
            GROUP BY customer_id HAVING count(*) >= 3
        ) AS looked JOIN customers_customer AS customer ON customer.store_id = %(store)s AND customer.id = looked.customer_id
        WHERE customer.last_order_at IS NULL OR customer.last_order_at <= %(now)s - interval '14 days'
    """,
    "basket_left": _BASKETS + "cart.abandoned_at IS NOT NULL",
    "big_basket_left": _BASKETS + "cart.abandoned_at IS NOT NULL AND cart.currency = 'EUR' AND cart.total_minor >= 10000",
    "checkout_left": _BASKETS + "cart.idle_at IS NOT NULL AND cart.stage IN ('checkout', 'payment')",
    "engaged": """
        SELECT count(*) FROM (
            SELECT id FROM customers_customer WHERE store_id = %(store)s
                AND (created_at > %(now)s - interval '30 days' OR last_order_at > %(now)s - interval '30 days')
            UNION
            SELECT customer_id FROM customers_customercounter
            WHERE store_id = %(store)s AND event_name_id = %(clicked)s AND last_at > %(now)s - interval '30 days'
        ) AS engaged
    """,
    "unengaged": """
        SELECT count(*) FROM customers_customer AS customer
        JOIN customers_consent AS consent ON consent.store_id = %(store)s AND consent.customer_id = customer.id
        WHERE customer.store_id = %(store)s AND consent.channel = 'email' AND consent.status = 'granted'
            AND customer.created_at <= %(now)s - interval '180 days'
            AND (customer.last_order_at IS NULL OR customer.last_order_at <= %(now)s - interval '180 days')
            AND NOT EXISTS (SELECT 1 FROM customers_customercounter AS counter WHERE counter.store_id = %(store)s
                AND counter.event_name_id = %(clicked)s AND counter.customer_id = customer.id
                AND counter.last_at > %(now)s - interval '180 days')
    """,
    "sms_only": """
        SELECT count(*) FROM customers_consent AS sms
        WHERE sms.store_id = %(store)s AND sms.channel = 'sms' AND sms.status = 'granted' AND NOT EXISTS (
            SELECT 1 FROM customers_consent AS consent WHERE consent.store_id = %(store)s AND consent.channel = 'email'
                AND consent.status = 'granted' AND consent.customer_id = sms.customer_id)
    """,
    "unconfirmed": _MAY + "consent.status = 'pending'",
    "coupon_hunters": """
        SELECT count(*) FROM customers_customercounter AS counter
        JOIN customers_customer AS customer ON customer.store_id = counter.store_id AND customer.id = counter.customer_id
        WHERE counter.store_id = %(store)s AND counter.event_name_id = %(coupon)s AND counter.count >= 2
            AND customer.store_id = %(store)s AND customer.orders_count >= 2
    """,
    "refunded": """
        SELECT count(*) FROM customers_customercounter AS counter WHERE counter.store_id = %(store)s
            AND counter.event_name_id = %(refunded)s AND counter.last_at > %(now)s - interval '60 days'
    """,
    "just_browsing": _PEOPLE
    + """last_seen_at > %(now)s - interval '7 days' AND orders_count = 0 AND NOT EXISTS (
            SELECT 1 FROM orders_cart AS cart WHERE cart.store_id = %(store)s AND cart.customer_id = customer.id AND cart.state = 'open'
                AND cart.lines_count > 0)
    """,
    "interests_known": _PEOPLE + "interests_key <> '[]'",
    "tenth": _PEOPLE + "('x' || left(md5('tenth' || public_id::text), 8))::bit(32)::bigint %% 10000 < 1000",
}  # fmt: skip
# "Ever bought, not in the last 90 days" from the events alone: what it costs where nobody keeps counters.
QUIET_RAW = """
    SELECT count(*) FROM customers_customer AS customer WHERE customer.store_id = %(store)s
        AND EXISTS (SELECT 1 FROM customers_customerevent AS event WHERE event.store_id = %(store)s AND event.customer_id = customer.id
            AND event.kind IN ('track', 'own') AND event.name = 'Order Completed' AND event.refusal = '')
        AND NOT EXISTS (SELECT 1 FROM customers_customerevent AS event WHERE event.store_id = %(store)s AND event.customer_id = customer.id
            AND event.kind IN ('track', 'own') AND event.name = 'Order Completed' AND event.refusal = ''
            AND event.occurred_at > %(now)s - interval '90 days')
"""


def values_at(at: At) -> dict[str, Any]:
    """Return what the statements name, at a moment in a store."""
    today = at.now.astimezone(at.terms.zone).date()
    names = {"clicked": "Email Link Clicked", "coupon": "Coupon Applied", "refunded": "Order Refunded"}
    numbers = {key: at.terms.event_names[name] for key, name in names.items()}
    return {"store": at.terms.store_id, "now": at.now, "week": _week(today), **numbers}


def _week(today: date) -> list[int]:
    days = [today + timedelta(days=place) for place in range(7)]
    found = {day.month * 100 + day.day for day in days}
    leap = any((day.month, day.day) == (2, 28) and (day + timedelta(days=1)).day == 1 for day in days)
    return sorted(found | ({229} if leap else set()))
