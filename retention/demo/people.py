"""Invented people and products, drawn from a seed so that every machine has the same shop."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

FIRST = (  # noqa: SIM905 - a list of forty quoted names reads worse
    "Ana Bo Cem Dana Elif Finn Greta Hana Ivo Jana Kai Lena Mika Nils Olga Pia Quentin Rosa Sami Tara Uma Vera Wim Xenia Yuki Zoe "
    "Amir Birgit Carla Dora Emil Freya Gino Hugo Ines Jonas Kira Leo Maya Noah"
).split()
LAST = (  # noqa: SIM905
    "Albers Brandt Costa Demir Eriksen Fischer Garcia Hoffmann Ito Jansen Keller Lindqvist Moreau Novak Okafor Peters Quinn Rossi Sato "
    "Tanaka Ulrich Vogel Weber Yilmaz Ziegler"
).split()
PLACES = (
    ("Berlin", "DE"),
    ("Hamburg", "DE"),
    ("München", "DE"),
    ("Wien", "AT"),
    ("Zürich", "CH"),
    ("Paris", "FR"),
    ("Madrid", "ES"),
    ("Malmö", "SE"),
)
WOMEN = (  # noqa: SIM905
    "Ana Dana Elif Greta Hana Jana Lena Mika Olga Pia Rosa Tara Uma Vera Xenia Yuki Zoe Birgit Carla Dora Freya Ines Kira Maya"
).split()
CHANNELS = ("web", "web", "web", "phone", "shop")
LARGE = 4
"""How many times as much as others somebody takes who buys for an office; one in fifteen does."""
INTERESTS = ("espresso", "filter", "cold brew", "grinders", "decaf", "gifts")


@dataclass(frozen=True)
class Product:
    """One thing the shop sells. price_minor: euro cents."""

    sku: str
    name: str
    price_minor: int


PRODUCTS = (
    Product("espresso-blend-1kg", "Espresso blend, 1 kg", 2690),
    Product("filter-ethiopia-250", "Filter roast Ethiopia, 250 g", 1190),
    Product("decaf-250", "Decaf, 250 g", 1090),
    Product("hand-grinder", "Hand grinder", 8900),
    Product("dripper", "Porcelain dripper", 2400),
    Product("paper-filters", "Paper filters, 100 pieces", 690),
    Product("cold-brew-jug", "Cold brew jug", 3400),
    Product("gift-box", "Tasting box", 4200),
    Product("filter-colombia-250", "Filter roast Colombia, 250 g", 1150),
    Product("gooseneck-kettle", "Gooseneck kettle", 7900),
    Product("milk-pitcher", "Milk pitcher", 2290),
    Product("enamel-mug", "Enamel mug", 1490),
)


@dataclass(frozen=True)
class Purchase:
    """One order of a demo person: what, how many, when."""

    product: Product
    quantity: int
    at: datetime

    @property
    def total_minor(self) -> int:
        """Return the order's total in cents."""
        return self.product.price_minor * self.quantity


@dataclass(frozen=True)
class Person:
    """One invented customer with the orders they placed, oldest first.

    gender: as stated, mostly. channel: by which they usually order, web, phone or shop. basket: what they left in one, nothing for most.
    """

    first_name: str
    last_name: str
    email: str
    city: str
    country: str
    gender: str
    interests: tuple[str, ...]
    channel: str
    basket: Purchase | None
    allows_mail: bool
    purchases: tuple[Purchase, ...]


def people(*, count: int, now: datetime, seed: int = 11) -> list[Person]:
    """Return the same invented customers for the same seed, with orders in the 90 days before `now`."""
    dice = random.Random(seed)  # noqa: S311 - an invented shop, not a secret
    more = random.Random(seed + 1)  # noqa: S311 - beside the first, so that who they are and what they ordered stays as it was
    return [_person(number, dice=dice, more=more, now=now) for number in range(count)]


def name_of(number: int) -> tuple[str, str]:
    """Return the first and the last name of a person of the story; the first three first names are the story's own."""
    return FIRST[3 + number * 7 % (len(FIRST) - 3)], LAST[number * 3 % len(LAST)]


def _person(number: int, *, dice: random.Random, more: random.Random, now: datetime) -> Person:
    first, last = dice.choice(FIRST), dice.choice(LAST)
    city, country = dice.choice(PLACES)
    rhythm, times = dice.choice((14, 21, 30, 45, 90)), LARGE if number % 15 == 7 else 1
    moment, purchases = now - timedelta(days=dice.uniform(1, 90)), []
    while moment < now - timedelta(hours=30):
        purchases.append(Purchase(product=dice.choice(PRODUCTS), quantity=dice.choice((1, 1, 1, 2)) * times, at=moment))
        moment += timedelta(days=rhythm * dice.uniform(0.6, 1.6))
    return Person(
        first_name=first,
        last_name=last,
        email=f"{first}.{last}.{number}@example.test".lower(),
        city=city,
        country=country,
        gender=_gender(first, dice=more),
        interests=tuple(dict.fromkeys((dice.choice(INTERESTS), *more.sample(INTERESTS, k=more.choice((0, 0, 1, 2)))))),
        channel=more.choice(CHANNELS),
        allows_mail=dice.random() < 0.7,
        purchases=tuple(purchases),
        basket=_basket(dice=more, now=now, times=times) if number % 12 == 5 else None,
    )


def _gender(first: str, *, dice: random.Random) -> str:
    """Return what somebody of this name stated: nothing for one in seven."""
    stated = "woman" if first in WOMEN else "man"
    return dice.choice((stated, stated, stated, stated, stated, stated, ""))


def _basket(*, dice: random.Random, now: datetime, times: int) -> Purchase:
    """Return what somebody left in a basket one to nine days ago."""
    return Purchase(dice.choice(PRODUCTS), dice.choice((1, 1, 2, 3)) * times, now - timedelta(days=dice.uniform(1, 9)))
