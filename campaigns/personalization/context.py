"""What a template may see: plain dicts of one person, their basket, the event that started it and the shop. Never a model.

Built for a slice of messages at once, in a handful of queries. Every known name is always there, empty when nothing is known.
What people and browsers told us is text and nothing else: no mail program finds a link in it, except to the shop's own pages.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from campaigns.models import Enrollment, LinkHost, Message
from campaigns.personalization.brands import brand_words
from campaigns.personalization.links import basket_url, survey_url, unsubscribe_url
from campaigns.personalization.phrases import own_phrases, words_for
from campaigns.personalization.shelves import shelves_for
from campaigns.personalization.tracking import hosts_of, may_link, without_links
from retention.customers.models import Customer, CustomerEvent
from retention.kit.money import LARGEST_AMOUNT
from retention.orders.models import Cart
from retention.signup.links import preferences_url
from retention.stores.models import Store
from retention.tenancy.context import require_store_id
from retention.tenancy.prepared import Prepared
from retention.tenancy.statistics import said_to_be_few

MOST_LINES = 50
NO_COUPON = {"code": "", "expires": ""}
"""What stands there until a code is kept for the message (`sending/truths.py`)."""

_LINES = Prepared(
    "context_lines",
    f"""
    SELECT cart_id, product_id, variant_id, name, quantity, price_minor, url, image_url
    FROM unnest($2) AS wanted(cart) JOIN orders_cartline ON store_id = $1 AND cart_id = cart AND {said_to_be_few("cart")}
    ORDER BY cart_id, id
    """,  # noqa: S608 - the condition above
    "bigint, bigint[]",
)

_NO_CART: dict[str, Any] = {"lines": [], "lines_count": 0, "total_minor": 0, "currency": "", "url": ""}


def contexts(messages: Sequence[Message], *, store: Store, sources: Iterable[str] | None = None) -> dict[int, dict[str, Any]]:
    """Return the context of each message by its id. messages: with customer and cart joined. sources: the texts of their templates.

    Without sources those of their versions are read, to know which products they name.
    """
    if not messages:
        return {}
    own = hosts_of(web_address=store.web_address)
    texts = _sources(messages) if sources is None else list(sources)
    asks, leads = (any(name in text for text in texts) for name in ("survey_url", "preferences_url"))
    lines = _lines({message.cart_id for message in messages if message.cart_id}, own=own)
    events = _events([message.enrollment_id for message in messages if message.enrollment_id])
    site, own_words = LinkHost.site_in_use(), own_phrases()
    shop = _shop_without_words(store)
    languages = {message.customer.language for message in messages}
    shops = {language: shop | {"words": words_for(language, store=store, own=own_words)} for language in languages}
    shelves = shelves_for(
        (message.customer for message in messages),
        sources=texts,
        now=max(message.planned_at for message in messages),
    )
    store_id, found = store.pk, dict[int, dict[str, Any]]()
    for message in messages:
        person, planned_at = message.customer, message.planned_at
        found[message.id] = {
            "profile": _calm(profile_context(person) | {"email": ""}, own=own) | {"email": person.email},
            "cart": _cart(message, lines.get(message.cart_id or 0, []), store=store, site=site),
            "event": _calm(events.get(message.enrollment_id or 0, {}), own=own),
            "shop": shops[person.language],
            "coupon": NO_COUPON,
            "fallback": "",
            **shelves.of(message.customer_id),
            "preferences_url": preferences_url(person, store_id=store_id, planned_at=planned_at, site=site) if leads else "",
            "survey_url": survey_url(message.id, store_id=store_id, planned_at=planned_at, site=site) if asks else "",
            "unsubscribe_url": unsubscribe_url(person, message.id, message.channel, store_id=store_id, planned_at=planned_at, site=site),
        }
    return found


def shop_context(store: Store, *, language: str = "") -> dict[str, Any]:
    """Return what a template sees as `shop`. language: of its fixed words, else that of the shop."""
    return _shop_without_words(store) | {"words": words_for(language, store=store, own=own_phrases())}


def _shop_without_words(store: Store) -> dict[str, Any]:
    return {
        "name": store.name,
        "web_address": store.web_address,
        "postal_address": store.postal_address,
        "color": store.brand_color,
        "logo_url": store.logo_url,
        "currency": store.currency,
        "locale": store.locale,
        **brand_words(store),
    }


def _sources(messages: Sequence[Message]) -> list[str]:
    """Return the texts of the versions that messages are made from, each once, in every language."""
    versions = {message.template_version_id: message.template_version for message in messages if message.template_version_id}
    return [text for version in versions.values() for text in version.texts()]


def profile_context(customer: Customer) -> dict[str, Any]:
    """Return what a template sees as `profile`."""
    return {
        "first_name": customer.first_name,
        "last_name": customer.last_name,
        "name": customer.name,
        "email": customer.email,
        "language": customer.language,
        "city": customer.city,
        "country": customer.country,
        "birthday": customer.birthday,
        "interests": list(customer.interests or []),
        "attributes": dict(customer.attributes or {}),
    }


def _cart(message: Message, lines: list[dict[str, Any]], *, store: Store, site: str) -> dict[str, Any]:
    cart = message.cart
    if cart is None:
        return _NO_CART
    return {
        "lines": lines,
        "lines_count": cart.lines_count,
        "total_minor": cart.total_minor,
        "currency": cart.currency,
        "url": _way_back(message, cart, store=store, site=site),
    }


def _way_back(message: Message, cart: Cart, *, store: Store, site: str) -> str:
    """Return the address of our page that brings the basket back where the shop can do that on its own host, else of the shop's basket."""
    if cart.restore_url and may_link(cart.restore_url, hosts=hosts_of(web_address=store.web_address)):
        return basket_url(cart.pk, store_id=store.pk, planned_at=message.planned_at, site=site)
    return f"{store.web_address.rstrip('/')}/cart" if store.web_address else ""


def _calm(value: Any, *, own: frozenset[str]) -> Any:
    """Return what was told with no link in any of its texts, except to the shop's own hosts."""
    if isinstance(value, str):
        return without_links(value, hosts=own) if "." in value or "://" in value else value
    if isinstance(value, list):
        return [_calm(one, own=own) for one in value] if value else value
    if isinstance(value, dict):  # most words hold no dot: they are not asked one by one
        return {
            name: one if type(one) is str and "." not in one and "://" not in one else _calm(one, own=own) for name, one in value.items()
        }
    return value


def _lines(cart_ids: set[int], *, own: frozenset[str]) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = {}
    rows = _LINES.rows([require_store_id(), sorted(cart_ids)]) if cart_ids else []
    for cart_id, product_id, variant_id, name, quantity, price_minor, url, image_url in rows:
        shown = found.setdefault(cart_id, [])
        if len(shown) < MOST_LINES:
            shown.append(
                {
                    "product_id": product_id,
                    "variant_id": variant_id,
                    "name": without_links(name, hosts=own) if "." in name or "://" in name else name,
                    "quantity": quantity,
                    "price_minor": price_minor,
                    "total_minor": min(price_minor * quantity, LARGEST_AMOUNT),
                    "url": url if may_link(url, hosts=own) else "",
                    "image_url": image_url,
                }
            )
    return found


def _events(enrollment_ids: list[int]) -> dict[int, dict[str, Any]]:
    """Return the properties of the events that started these runs."""
    runs = dict(Enrollment.objects.filter(pk__in=set(enrollment_ids), trigger_event_id__isnull=False).values_list("pk", "trigger_event_id"))
    properties = dict(CustomerEvent.objects.filter(pk__in=set(runs.values())).values_list("pk", "properties"))
    return {run: properties.get(event, {}) for run, event in runs.items()}
