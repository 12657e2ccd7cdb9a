"""One product: its variants with their prices over time and their stock, and the panels of upper rooms."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from retention.catalog.models import Product
from retention.catalog.panels import product_panels
from retention.catalog.shelves import offers_of, variants_of
from retention.dashboard.access import needs
from retention.kit import clock


@needs("catalog.view")
@require_GET
def product(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show one product."""
    found = get_object_or_404(Product.objects.select_related("category"), public_id=public_id)
    context: dict[str, Any] = {
        "product": found,
        "offer": offers_of([found])[found.pk],
        "lines": variants_of(found),
        "panels": _panels(request, found),
    }
    return render(request, "catalog/product.html", context)


def _panels(request: HttpRequest, found: Product) -> list[dict[str, Any]]:
    now = clock.now()
    shown = ((panel, panel.context(request, found, now)) for panel in sorted(product_panels, key=lambda panel: panel.order))
    return [{"title": panel.title, "template": panel.template, **given} for panel, given in shown if given is not None]
