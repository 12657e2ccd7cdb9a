"""Looking around: shelves and search, one product, wishes."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.views.decorators.http import require_GET, require_POST

from retention.demo.shop.goods import GOODS, SHELVES, Good, beside, found_by, on_shelf
from retention.demo.shop.pages import draw, shop_page
from retention.demo.shop.telling import product_of, track
from retention.demo.shop.visit import MOST_PIECES, Visit

LONGEST_SEARCH = 80


@shop_page
@require_GET
def shelf(request: HttpRequest, visit: Visit, shelf: str = "") -> HttpResponse:
    """Show a shelf, everything, or what a search found."""
    if shelf and shelf not in SHELVES:
        raise Http404
    query = request.GET.get("q", "").strip()[:LONGEST_SEARCH]
    goods = found_by(query) if query else on_shelf(shelf)
    shown = track("Products Searched", query=query, results=len(goods)) if query else _list_viewed(goods, shelf=shelf)
    return draw(request, "shelf.html", visit, tells=[shown], goods=goods, query=query, shelf=shelf, shelf_name=SHELVES.get(shelf, ""))


def _list_viewed(goods: list[Good], *, shelf: str) -> list[object]:
    products = [{"product_id": good.sku, "name": good.product.name, "position": place} for place, good in enumerate(goods, start=1)]
    return track("Product List Viewed", list_id=shelf or "all", category=SHELVES.get(shelf, ""), products=products)


@shop_page
@require_GET
def worker(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Serve the file that lets this shop's pages take push messages; a browser takes it from the shop's own address only."""
    return HttpResponse(f'importScripts("{static("js/boomerang-worker.js")}");\n', content_type="text/javascript")


@shop_page
@require_GET
def product(request: HttpRequest, visit: Visit, sku: str) -> HttpResponse:
    """Show one product."""
    good = _good(sku)
    return draw(
        request,
        "product.html",
        visit,
        tells=[track("Product Viewed", **product_of(good))],
        good=good,
        others=beside(good),
        quantities=range(1, MOST_PIECES + 1),
        wished=sku in visit.wishes,
    )


@shop_page
@require_GET
def wishes(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Show what the visitor wishes for."""
    return draw(request, "wishes.html", visit, goods=[GOODS[sku] for sku in visit.wishes])


@shop_page
@require_POST
def wish(request: HttpRequest, visit: Visit, sku: str) -> HttpResponse:
    """Note a wish, or take it back, and return to where the visitor was."""
    good = _good(sku)
    if sku in visit.wishes:
        visit.wishes.remove(sku)
        visit.say("Product Removed from Wishlist", sku, 1)
    else:
        visit.wishes.append(sku)
        visit.say("Product Added to Wishlist", sku, 1)
    return redirect("demo_shop:wishes") if "from_wishes" in request.POST else redirect("demo_shop:product", good.sku)


def _good(sku: str) -> Good:
    if sku not in GOODS:
        raise Http404
    return GOODS[sku]
