"""What a template may see: plain dicts of one person, their basket, the event that started it and the shop. Never a model.

Built for a slice of messages at once, in a handful of queries. Every known name is always there, empty when nothing is known.
What people and browsers told us is text and nothing else: no mail program finds a link in it, except to the shop's own pages.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from campaigns.models import Enrollment, LinkHost, Message, versions_among
from campaigns.personalization.brands import brand_words
from campaigns.personalization.links import basket_url, survey_url, unsubscribe_urls
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
    people = [message.customer for message in messages]
    languages = {person.language for person in people}
    shops = {language: shop | {"words": words_for(language, store=store, own=own_words)} for language in languages}
    shelves = shelves_for(
        people,
        sources=texts,
        now=max(message.planned_at for message in messages),
    )
    store_id, found = store.pk, dict[int, dict[str, Any]]()
    baskets, way_out = _Baskets(store, site), unsubscribe_urls(store_id=store_id, site=site)
    ways_out = [way_out(person, one.id, one.channel, one.planned_at) for person, one in zip(people, messages, strict=True)]
    for message, person, leaving in zip(messages, people, ways_out, strict=True):
        planned_at, event = message.planned_at, events.get(message.enrollment_id or 0) if events else None
        found[message.id] = {
            "profile": _calm_profile(person, own=own),
            "cart": baskets.of(message, lines),
            "event": _calm(event, own=own) if event else {},
            "shop": shops[person.language],
            "coupon": NO_COUPON,
            "fallback": "",
            **shelves.of(person.id),
            "preferences_url": preferences_url(person, store_id=store_id, planned_at=planned_at, site=site) if leads else "",
            "survey_url": survey_url(message.id, store_id=store_id, planned_at=planned_at, site=site) if asks else "",
            "unsubscribe_url": leaving,
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
    return [text for version in versions_among(messages).values() for text in version.texts()]


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


def _calm_profile(person: Customer, *, own: frozenset[str]) -> dict[str, Any]:
    """Return `profile` with no link in what they told, but for their address, which is known to be one."""
    told = profile_context(person)
    words = f"{person.first_name} {person.last_name} {person.language} {person.city} {person.country}"
    if "." not in words and "://" not in words and not person.interests and not person.attributes:
        return told  # as for most: nothing else in it is in words
    told["email"] = ""
    calm: dict[str, Any] = _calm(told, own=own)
    calm["email"] = person.email
    return calm


class _Baskets:
    """The baskets of a slice's messages. site: what the address of our page that brings one back begins with."""

    def __init__(self, store: Store, site: str) -> None:
        self._store, self._site, self._own = store, site, hosts_of(web_address=store.web_address)
        self._usual = f"{store.web_address.rstrip('/')}/cart" if store.web_address else ""

    def of(self, message: Message, lines: Mapping[int, list[dict[str, Any]]]) -> dict[str, Any]:
        """Return what a template sees as `cart`. lines: by basket."""
        cart = message.cart
        if cart is None:
            return _NO_CART
        return {
            "lines": lines.get(cart.id, []),
            "lines_count": cart.lines_count,
            "total_minor": cart.total_minor,
            "currency": cart.currency,
            "url": self._way_back(message, cart) if cart.restore_url else self._usual,
        }

    def _way_back(self, message: Message, cart: Cart) -> str:
        """Return the address of our page that brings it back where the shop can do that on its own host, else of the shop's basket."""
        if may_link(cart.restore_url, hosts=self._own):
            return basket_url(cart.id, store_id=self._store.pk, planned_at=message.planned_at, site=self._site)
        return self._usual


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
    linked: dict[str, bool] = {}
    rows = _LINES.rows([require_store_id(), sorted(cart_ids)]) if cart_ids else []
    for cart_id, product_id, variant_id, name, quantity, price_minor, url, image_url in rows:
        shown = found.get(cart_id)
        if shown is None:
            shown = found[cart_id] = []
        if len(shown) < MOST_LINES:
            may = linked.get(url)
            if may is None:
                may = linked[url] = may_link(url, hosts=own)
            shown.append(
                {
                    "product_id": product_id,
                    "variant_id": variant_id,
                    "name": without_links(name, hosts=own) if "." in name or "://" in name else name,
                    "quantity": quantity,
                    "price_minor": price_minor,
                    "total_minor": min(price_minor * quantity, LARGEST_AMOUNT),
                    "url": url if may else "",
                    "image_url": image_url,
                }
            )
    return found


def _events(enrollment_ids: list[int]) -> dict[int, dict[str, Any]]:
    """Return the properties of the events that started these runs."""
    if not enrollment_ids:
        return {}
    runs = dict(Enrollment.objects.filter(pk__in=set(enrollment_ids), trigger_event_id__isnull=False).values_list("pk", "trigger_event_id"))
    properties = dict(CustomerEvent.objects.filter(pk__in=set(runs.values())).values_list("pk", "properties"))
    return {run: properties.get(event, {}) for run, event in runs.items()}
