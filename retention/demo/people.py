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
    """One invented customer with the orders they placed, oldest first."""

    first_name: str
    last_name: str
    email: str
    city: str
    country: str
    interest: str
    allows_mail: bool
    purchases: tuple[Purchase, ...]


def people(*, count: int, now: datetime, seed: int = 11) -> list[Person]:
    """Return the same invented customers for the same seed, with orders in the 90 days before `now`."""
    dice = random.Random(seed)  # noqa: S311 - an invented shop, not a secret
    return [_person(number, dice=dice, now=now) for number in range(count)]


def _person(number: int, *, dice: random.Random, now: datetime) -> Person:
    first, last = dice.choice(FIRST), dice.choice(LAST)
    city, country = dice.choice(PLACES)
    rhythm = dice.choice((14, 21, 30, 45, 90))
    moment, purchases = now - timedelta(days=dice.uniform(1, 90)), []
    while moment < now - timedelta(hours=30):
        purchases.append(Purchase(product=dice.choice(PRODUCTS), quantity=dice.choice((1, 1, 1, 2)), at=moment))
        moment += timedelta(days=rhythm * dice.uniform(0.6, 1.6))
    return Person(
        first_name=first,
        last_name=last,
        email=f"{first}.{last}.{number}@example.test".lower(),
        city=city,
        country=country,
        interest=dice.choice(INTERESTS),
        allows_mail=dice.random() < 0.7,
        purchases=tuple(purchases),
    )
