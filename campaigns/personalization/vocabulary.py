"""Every name a template may use, said once: in plain words and with an example. The picker, the check and the example person read it.

`[]` stands for "each of them". A new name: a line here, and its value in `context.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from campaigns.personalization.context import shop_context
from campaigns.personalization.phrases import PHRASES
from campaigns.personalization.shelves import shelves_for
from retention.customers.models import Attribute, Customer
from retention.kit.words import Phrase, gettext_noop
from retention.stores.models import Store

OPEN = ("event", "profile.attributes", "products")
"""What stands below these differs from shop to shop and from event to event."""


@dataclass(frozen=True)
class Word:
    """One name: its path, what it is in plain words, and what it might hold."""

    path: str
    label: Phrase
    example: Any


def _word(path: str, label: str, example: Any) -> Word:
    return Word(path, Phrase(label), example)


def _shelf(name: str, label: str) -> tuple[Word, ...]:
    """Return the words of a list of products."""
    return (
        _word(name, label, []),
        _word(f"{name}[].product_id", gettext_noop("the shop's number of the product"), "advent-roast"),
        _word(f"{name}[].name", gettext_noop("name of the product"), "Advent Roast 250 g"),
        _word(f"{name}[].url", gettext_noop("page of the product"), "https://shop.example.test/advent-roast"),
        _word(f"{name}[].image_url", gettext_noop("picture of the product"), ""),
        _word(f"{name}[].price_minor", gettext_noop("price, for the money filter"), 1390),
        _word(f"{name}[].compare_at_minor", gettext_noop("price before, for the money filter"), 1590),
        _word(f"{name}[].currency", gettext_noop("currency of the price"), "EUR"),
        _word(f"{name}[].brand", gettext_noop("brand of the product"), ""),
    )


WORDS: tuple[Word, ...] = (
    _word("profile.first_name", gettext_noop("first name"), "Luca"),
    _word("profile.last_name", gettext_noop("last name"), "Moretti"),
    _word("profile.name", gettext_noop("full name"), "Luca Moretti"),
    _word("profile.email", gettext_noop("e-mail address"), "luca.moretti@example.test"),
    _word("profile.language", gettext_noop("language"), "en"),
    _word("profile.city", gettext_noop("city"), "Berlin"),
    _word("profile.country", gettext_noop("country, two letters"), "DE"),
    _word("profile.birthday", gettext_noop("birthday"), "05-14"),
    _word("profile.interests", gettext_noop("interests, a list"), ["Espresso", "Filter"]),
    _word("cart.lines", gettext_noop("what is in their basket, to repeat a block for each"), []),
    _word("cart.lines[].product_id", gettext_noop("the shop's number of the product"), "advent-roast"),
    _word("cart.lines[].variant_id", gettext_noop("the shop's number of its size or colour"), ""),
    _word("cart.lines[].name", gettext_noop("product in the basket"), "Advent Roast 250 g"),
    _word("cart.lines[].quantity", gettext_noop("pieces in the basket"), 2),
    _word("cart.lines[].price_minor", gettext_noop("price of one piece, for the money filter"), 1390),
    _word("cart.lines[].total_minor", gettext_noop("price of all pieces, for the money filter"), 2780),
    _word("cart.lines[].url", gettext_noop("page of the product"), "https://shop.example.test/advent-roast"),
    _word("cart.lines[].image_url", gettext_noop("picture of the product"), ""),
    _word("cart.lines_count", gettext_noop("how many products are in the basket"), 1),
    _word("cart.total_minor", gettext_noop("what the basket comes to, for the money filter"), 2780),
    _word("cart.currency", gettext_noop("currency of the basket"), "EUR"),
    _word("cart.url", gettext_noop("address of their basket"), "https://shop.example.test/cart"),
    _word("coupon.code", gettext_noop("their own coupon code"), "LUCA-7KX4PD"),
    _word("coupon.expires", gettext_noop("last day the code counts, for the date filter"), "2026-12-31"),
    _word("fallback", gettext_noop("the other words, where something shown is no longer so; empty otherwise"), ""),
    _word("event", gettext_noop("what the shop told with the event that started the message"), {}),
    *_shelf("viewed", gettext_noop("what they looked at, to repeat a block for each")),
    *_shelf("recommended", gettext_noop("what fits them, to repeat a block for each")),
    *_shelf("companions", gettext_noop("what goes with what they bought, to repeat a block for each")),
    *_shelf("newest", gettext_noop("what is new in the shop, what they like first, to repeat a block for each")),
    _word("products", gettext_noop("products you name yourself: products['number in the shop']"), {}),
    _word("shop.name", gettext_noop("name of the shop"), ""),
    _word("shop.web_address", gettext_noop("web address of the shop"), ""),
    _word("shop.postal_address", gettext_noop("postal address of the shop"), ""),
    _word("shop.color", gettext_noop("brand colour"), ""),
    _word("shop.color_on", gettext_noop("colour of letters on the brand colour"), ""),
    _word("shop.back_color", gettext_noop("colour around the mail"), ""),
    _word("shop.font", gettext_noop("letters of your mails"), ""),
    _word("shop.logo_url", gettext_noop("logo"), ""),
    _word("shop.zone", gettext_noop("time zone of the shop"), ""),
    _word("shop.currency", gettext_noop("currency of the shop"), ""),
    _word("shop.locale", gettext_noop("language of the shop"), ""),
    *(_word(f"shop.words.{key}", phrase.label.text, "") for key, phrase in PHRASES.items()),
    _word("preferences_url", gettext_noop("page to choose topics and how often"), "https://shop.example.test/preferences"),
    _word("survey_url", gettext_noop("page with one question: how did it go?"), "https://shop.example.test/survey"),
    _word("unsubscribe_url", gettext_noop("page to say no"), "https://shop.example.test/unsubscribe"),
)


def words_of_store() -> list[Word]:
    """Return all names of the active store: ours, and its custom attributes."""
    own = Attribute.objects.order_by("key").values_list("key", "label")
    return [*WORDS, *(Word(f"profile.attributes.{key}", Phrase("%(label)s", {"label": label or key}), "") for key, label in own)]


def example_context(store: Store, *, now: datetime | None = None, language: str = "") -> dict[str, Any]:
    """Return what the example person's mail is made from: the examples above, the real shop, and with `now` its real products.

    language: what they speak, for the fixed words; else it is that of the shop.
    """
    context: dict[str, Any] = {"profile": {"attributes": {}}}
    for word in WORDS:
        if "[]" not in word.path:
            _put(context, word.path.split("."), word.example)
    context["cart"]["lines"] = [_example_of("cart.lines[].")]
    shown = shelves_for([Customer(pk=0)], sources=["{{ recommended }}"], now=now).of(0)["recommended"] if now else []
    shown = shown or [_example_of("viewed[].") | more for more in _MORE_EXAMPLES]
    products = {product["product_id"]: product for product in shown}
    return context | {
        "shop": shop_context(store, language=language),
        "viewed": shown,
        "recommended": shown[::-1],
        "newest": shown,
        "companions": shown,
        "products": products,
    }


_MORE_EXAMPLES: tuple[dict[str, Any], ...] = (
    {},
    {"product_id": "kettle", "name": "Gooseneck kettle", "price_minor": 5900, "compare_at_minor": 0},
    {"product_id": "filters", "name": "Filter papers, 100 pieces", "price_minor": 690, "compare_at_minor": 890},
)


def _example_of(prefix: str) -> dict[str, Any]:
    return {word.path.removeprefix(prefix): word.example for word in WORDS if word.path.startswith(prefix)}


def _put(into: dict[str, Any], path: Sequence[str], value: Any) -> None:
    for step in path[:-1]:
        into = into.setdefault(step, {})
    into[path[-1]] = value


def paths_of(words: Sequence[Word]) -> Mapping[str, bool]:
    """Return every path that stands for something, and whether anything may stand below it."""
    found: dict[str, bool] = {}
    for word in words:
        steps = word.path.replace("[]", ".[]").split(".")
        for end in range(1, len(steps) + 1):
            path = ".".join(steps[:end]).replace(".[]", "[]")
            found[path] = found.get(path, False) or path in OPEN
    return found
