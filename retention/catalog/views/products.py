"""The catalogue: every product the shop reported or a visitor looked at, by name."""

from dataclasses import replace
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from retention.catalog.models import Category, Product
from retention.catalog.shelves import offers_of
from retention.dashboard.access import needs
from retention.dashboard.paging import Page, read_page

PAGE_SIZE, CHOICES = 25, 300
ORDER = ("name_key", "id")


@needs("catalog.view")
@require_GET
def products(request: Any) -> HttpResponse:
    """Show the products. q: beginning of a name, a SKU or the shop's id; state, category (its path), brand: exactly so."""
    asked = {
        name: value
        for name in ("q", "state", "category", "brand")
        if (value := request.GET.get(name, "").strip().replace("\x00", "")[:300])
    }
    rows = _chosen(asked)
    page: Page[Any] = read_page(rows.select_related("category"), order=ORDER, cursor=request.GET.get("cursor", ""), size=PAGE_SIZE)
    offers = offers_of(page.rows)
    context: dict[str, Any] = {
        "page": replace(page, rows=[{"product": product, "offer": offers[product.pk]} for product in page.rows]),
        "asked": asked,
        "search": asked.get("q", ""),
        "states": Product.State.choices,
    }
    if request.headers.get("HX-Request") == "true" and request.headers.get("HX-Target") == "products":
        return render(request, "catalog/_products.html", context | _choices())
    return render(request, "catalog/products.html", context | _choices() | {"for_sale": _count("active"), "seen": _count("seen")})


def _chosen(asked: dict[str, str]) -> Any:
    rows: Any = Product.objects.all()
    if "q" in asked:
        rows = rows.found_by(asked["q"])
    if asked.get("state") in Product.State.values:
        rows = rows.filter(state=asked["state"])
    if "category" in asked:
        rows = rows.filter(category__path=asked["category"])
    if "brand" in asked:
        rows = rows.filter(brand=asked["brand"])
    return rows


def _choices() -> dict[str, Any]:
    """Return what one can choose from, the first CHOICES of each."""
    brands = Product.objects.exclude(brand="").order_by("brand").values_list("brand", flat=True).distinct()[:CHOICES]
    categories = Category.objects.order_by("path").values_list("path", flat=True)[:CHOICES]
    return {"brands": list(brands), "categories": list(categories), "label": _("Catalogue")}


def _count(state: str) -> int:
    return int(Product.objects.filter(state=state).count())
