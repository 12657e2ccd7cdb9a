"""What the catalogue says of products that somebody else names: which shelf they stand on, whose they are, who supplies them."""

from collections.abc import Iterable
from typing import NamedTuple

from retention.catalog.models import Product


class Described(NamedTuple):
    """A product in the shop's own words; what the shop left open is empty. category: the full path ("Home / Kitchen")."""

    category: str = ""
    brand: str = ""
    vendor: str = ""


def descriptions(shop_ids: Iterable[str]) -> dict[str, Described]:
    """Return what the shop told of these products of the active store, by its ids. What only visitors said of a product is left out."""
    told = Product.objects.filter(shop_id__in=list(shop_ids)).exclude(state=Product.State.SEEN)
    rows = told.values_list("shop_id", "category__path", "brand", "vendor")
    return {shop_id: Described(category or "", brand, vendor) for shop_id, category, brand, vendor in rows}
