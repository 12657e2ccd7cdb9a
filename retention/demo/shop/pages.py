"""What every page of the shop has in common: it is there in the demo only, reads and keeps the visit, and speaks to the snippet."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from retention.dashboard.access import public
from retention.demo import store as demo_store
from retention.demo.newsletter import letter
from retention.demo.shop.goods import SHELVES
from retention.demo.shop.telling import Call, calls_for
from retention.demo.shop.visit import Visit
from retention.kit.clock import now
from retention.stores.models import Store

View = Callable[..., HttpResponse]
_WITH_LETTER = {"shelf.html", "product.html"}  # where people look around; nothing stands in the way of a basket


def shop_page(view: View) -> View:
    """Open a view to everybody in the demo, and to nobody elsewhere; it gets the visit, which is kept afterwards."""

    @public
    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not settings.DEMO:
            raise Http404
        visit = Visit.of(request)
        made = view(request, visit, *args, **kwargs)
        visit.keep(made, secure=request.is_secure())
        made.headers["Cache-Control"] = "no-store"
        return made

    return answer


def draw(request: HttpRequest, template: str, visit: Visit, *, tells: Sequence[Call] = (), status: int = 200, **words: Any) -> HttpResponse:
    """Draw a page: what the last button did is told first, then what the page shows."""
    store = Store.objects.filter(slug=demo_store.SLUG).first()
    if store is None:
        raise Http404("The demo's store is not there yet.")
    calls = [*calls_for(visit), *tells]
    key = demo_store.public_key(store, now=now())
    shown = {"visit": visit, "calls": calls, "key": key, "shelves": list(SHELVES.items())}
    if template in _WITH_LETTER:
        shown["letter"] = str(letter(store, now=now()).public_id)
    return render(request, f"demo/shop/{template}", {**words, **shown}, status=status)
