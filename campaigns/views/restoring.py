"""A basket comes back by a link of a message: GET shows what is in it and changes nothing, POST leads to the shop, which puts it there."""

from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from campaigns.personalization.links import read_basket
from campaigns.personalization.tracking import hosts_of, may_link
from retention.dashboard.access import public
from retention.kit import clock
from retention.kit.languages import speaking
from retention.kit.secrets import BadLink
from retention.orders.models import Cart, CartLine
from retention.signup.pages import nowhere_page, shop_page
from retention.stores.models import Store
from retention.tenancy.context import store_context

MOST_LINES = 50


@public
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def restore_basket(request: HttpRequest, token: str) -> HttpResponse:
    """Show the basket, or send the browser to where the shop restores it; one that was ordered is told so."""
    try:
        link = read_basket(token, now=clock.now())
    except BadLink:
        return nowhere_page(request, "campaigns/link_gone.html", status=404)
    with store_context(link.store_id):
        store = Store.objects.get(pk=link.store_id)
        cart = Cart.objects.select_related("customer").filter(pk=int(link.subject)).first()
        lines = list(CartLine.objects.filter(cart=cart).order_by("id")[:MOST_LINES]) if cart is not None else []
    if cart is None:
        return nowhere_page(request, "campaigns/link_gone.html", status=404)
    ours = may_link(cart.restore_url, hosts=hosts_of(web_address=store.web_address))
    back = cart.restore_url if ours else store.web_address
    if request.method == "POST" and back and cart.state != Cart.State.BOUGHT:
        return HttpResponseRedirect(back, status=303)
    words = {"cart": cart, "lines": lines, "bought": cart.state in {Cart.State.BOUGHT, Cart.State.RECOVERED}, "back": back}
    with speaking(cart.customer.language, store.locale):
        return _leading_to(shop_page(request, "campaigns/basket.html", store=store, **words), back)


def _leading_to(answer: HttpResponse, back: str) -> HttpResponse:
    """Let the page's form lead to the shop: a browser asks the policy of the page also where the answer sends it."""
    parts = urlsplit(back)
    if parts.scheme in {"http", "https"} and parts.hostname:
        port = f":{parts.port}" if parts.port else ""
        opened = getattr(answer, "_csp_update", {})
        answer._csp_update = {**opened, "form-action": [f"{parts.scheme}://{parts.hostname}{port}"]}  # type: ignore[attr-defined]
    return answer
