"""What the shop says about its products: shelves, words and facts beside the names and prices of `demo/people.py`."""

from dataclasses import dataclass

from retention.demo.people import PRODUCTS, Product
from retention.kit.words import fold

CURRENCY = "EUR"
SHELVES = {"coffee": "Coffee", "equipment": "Equipment", "gifts": "Gifts"}


@dataclass(frozen=True)
class Good:
    """A product as the shop shows it. facts: label and value."""

    product: Product
    shelf: str
    words: str
    facts: tuple[tuple[str, str], ...]

    @property
    def sku(self) -> str:
        """Return the product's own name in addresses."""
        return self.product.sku

    @property
    def shelf_name(self) -> str:
        """Return the name of the shelf it stands on."""
        return SHELVES[self.shelf]

    @property
    def picture(self) -> str:
        """Return the path of its picture below the static files."""
        return f"img/demo/{self.sku}.svg"


_WORDS = {
    "espresso-blend-1kg": ("coffee", "Dark chocolate, roasted hazelnut, hardly any acid. The one the machines here run on.",
                           (("Roast", "dark"), ("Origin", "Brazil and India"), ("For", "espresso, moka pot"))),
    "filter-ethiopia-250": ("coffee", "Washed in Yirgacheffe. Jasmine and lemon at first, apricot once it cools.",
                            (("Roast", "light"), ("Origin", "Ethiopia"), ("For", "filter, AeroPress"))),
    "filter-colombia-250": ("coffee", "Red apple, brown sugar and a long finish, from eleven farms in Huila.",
                            (("Roast", "medium"), ("Origin", "Colombia"), ("For", "filter, French press"))),
    "decaf-250": ("coffee", "Decaffeinated with sugar cane. Tastes of caramel, lets you sleep.",
                  (("Roast", "medium"), ("Origin", "Colombia"), ("Caffeine", "under 0.1%"))),
    "hand-grinder": ("equipment", "Steel burrs, forty steps, a walnut handle. Grinds a cup's worth in half a minute.",
                     (("Burrs", "38 mm, steel"), ("Holds", "25 g"), ("Guarantee", "5 years"))),
    "dripper": ("equipment", "Porcelain that keeps the heat. For one to four cups, with any size 2 paper.",
                (("Material", "porcelain"), ("Size", "1 to 4 cups"), ("Care", "dishwasher"))),
    "paper-filters": ("equipment", "Unbleached, thick, and they leave no taste behind.",
                      (("Size", "2"), ("Pieces", "100"), ("Care", "compost"))),
    "gooseneck-kettle": ("equipment", "A thin, steady stream exactly where you want it. Works on gas and induction.",
                         (("Holds", "0.9 l"), ("Material", "steel, beech"), ("Guarantee", "3 years"))),
    "cold-brew-jug": ("equipment", "Coffee and cold water in the evening, a litre of cold brew in the morning.",
                      (("Holds", "1 l"), ("Material", "glass"), ("Care", "dishwasher"))),
    "milk-pitcher": ("equipment", "A sharp spout for hearts, and for swans after a month.",
                     (("Holds", "450 ml"), ("Material", "steel"), ("Care", "dishwasher"))),
    "gift-box": ("gifts", "Four coffees, 100 g each, and a card with your words. Packed on the day it leaves.",
                 (("Inside", "4 coffees"), ("Card", "written by hand"), ("Keeps", "3 months"))),
    "enamel-mug": ("gifts", "Takes falls, campfires and dishwashers. With the Lumen sun on both sides.",
                   (("Holds", "350 ml"), ("Material", "enamelled steel"), ("Care", "dishwasher"))),
}  # fmt: skip
GOODS: dict[str, Good] = {product.sku: Good(product, *_WORDS[product.sku]) for product in PRODUCTS}


def on_shelf(shelf: str) -> list[Good]:
    """Return what stands on a shelf; everything, shelf by shelf, when it has no name."""
    return sorted((good for good in GOODS.values() if shelf in {"", good.shelf}), key=lambda good: list(SHELVES).index(good.shelf))


def found_by(query: str) -> list[Good]:
    """Return the products that hold every word of a search."""
    words = fold(query).split()
    return [good for good in on_shelf("") if all(word in fold(f"{good.product.name} {good.words} {good.shelf_name}") for word in words)]


def beside(good: Good) -> list[Good]:
    """Return four other products to show beside one, from other shelves first."""
    others = [other for other in on_shelf("") if other is not good]
    return sorted(others, key=lambda other: other.shelf == good.shelf)[:4]
