"""Buying: the basket, the checkout in three steps, the confirmation. The order is reported by the server, never by the page."""

import re
import secrets

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from retention.demo.shop import reporting
from retention.demo.shop.forms import DECLINED_CARD, WORKING_CARD, ContactForm, DeliveryForm, PaymentForm
from retention.demo.shop.goods import GOODS
from retention.demo.shop.pages import draw, shop_page
from retention.demo.shop.telling import Call, basket_of, step_of, track
from retention.demo.shop.visit import MOST_PIECES, SHIPPING_MINOR, Visit, lines_of, shipping_of
from retention.kit.clock import now

_NAME_OF_BROWSER = re.compile(r"[\w-]{8,64}")


@shop_page
@require_GET
def basket(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Show the basket."""
    tells = [track("Cart Viewed", **basket_of(visit))] if visit.basket else []
    return draw(request, "basket.html", visit, tells=tells, quantities=range(MOST_PIECES + 1))


@shop_page
@require_POST
def put(request: HttpRequest, visit: Visit, sku: str) -> HttpResponse:
    """Put pieces into the basket (`add`) or say how many there shall be (`quantity`), and show the basket."""
    if sku not in GOODS:
        raise Http404
    wanted = _pieces(request.POST.get("quantity", "1"))
    changed = visit.put(sku, wanted + (visit.basket.get(sku, 0) if "add" in request.POST else 0))
    if changed:
        visit.say("Product Added" if changed > 0 else "Product Removed", sku, abs(changed))
    return redirect("demo_shop:basket")


def _pieces(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 3 else 1


@shop_page
@require_GET
def restore(request: HttpRequest, visit: Visit, token: str) -> HttpResponse:
    """Bring back the basket of a link in a mail."""
    if not visit.restore(token):
        raise Http404
    return redirect("demo_shop:basket")


@shop_page
@require_http_methods(["GET", "POST"])
def contact(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Ask who orders."""
    if not visit.basket:
        return redirect("demo_shop:basket")
    form = ContactForm(request.POST if request.method == "POST" else None, initial=visit.contact)
    if form.is_bound and form.is_valid():
        visit.contact = {key: str(value) for key, value in form.cleaned_data.items() if value}
        browser = request.POST.get("anonymous_id", "")
        visit.anonymous_id = browser if _NAME_OF_BROWSER.fullmatch(browser) else ""
        visit.say("identify")
        visit.say("Checkout Step Completed", 1)
        reporting.report_contact(visit, now=now())
        return redirect("demo_shop:delivery")
    tells = [] if form.is_bound else [*_started(visit), step_of("Checkout Step Viewed", visit.cart_id, 1)]
    return draw(request, "contact.html", visit, tells=tells, form=form, step=1, status=422 if form.is_bound else 200)


@shop_page
@require_http_methods(["GET", "POST"])
def delivery(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Ask where to, and show what shipping costs for the first time."""
    if not visit.basket or not visit.contact:
        return redirect("demo_shop:contact")
    form = DeliveryForm(request.POST if request.method == "POST" else None, initial=visit.delivery)
    if form.is_bound and form.is_valid():
        visit.delivery = {key: str(value) for key, value in form.cleaned_data.items()}
        visit.say("Checkout Step Completed", 2)
        return redirect("demo_shop:payment")
    ways = [
        ("standard", _("Standard, 2 to 3 days"), shipping_of("standard", goods_minor=visit.goods_minor)),
        ("express", _("Express, tomorrow"), SHIPPING_MINOR["express"]),
    ]
    chosen = (form.data if form.is_bound else form.initial).get("way") or "standard"
    tells = [] if form.is_bound else [step_of("Checkout Step Viewed", visit.cart_id, 2)]
    status = 422 if form.is_bound else 200
    return draw(request, "delivery.html", visit, tells=tells, form=form, step=2, ways=ways, chosen=chosen, status=status)


@shop_page
@require_http_methods(["GET", "POST"])
def payment(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Ask for the card; a declined one leaves everything as it is."""
    if not visit.basket or not visit.delivery or not visit.contact:
        return redirect("demo_shop:delivery")
    form = PaymentForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        _place_order(visit)
        return redirect("demo_shop:order")
    shown = {"form": form, "step": 3, "cards": {"working": _unbroken(WORKING_CARD), "declined": _unbroken(DECLINED_CARD)}}
    shown["on_submit"] = [step_of("Payment Info Entered", visit.cart_id, 3, payment_method="card")]
    tells = [] if form.is_bound else [step_of("Checkout Step Viewed", visit.cart_id, 3)]
    return draw(request, "payment.html", visit, tells=tells, status=422 if form.is_bound else 200, **shown)


@shop_page
@require_GET
def order(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Confirm the last order, and report it once more when the first report was not answered."""
    if not visit.order:
        return redirect("demo_shop:shelf")
    if not visit.order["reported"]:
        visit.order["reported"] = reporting.report_order(visit, now=now())
    return draw(request, "order.html", visit, order=visit.order, lines=lines_of(visit.order["basket"]))


def _place_order(visit: Visit) -> None:
    visit.order = {
        "number": f"LC-{secrets.token_hex(3).upper()}",
        "cart_id": visit.cart_id,
        "basket": visit.basket,
        "delivery": visit.delivery,
        "shipping_minor": visit.shipping_minor or 0,
        "total_minor": visit.total_minor,
        "reported": False,
    }
    visit.order["reported"] = reporting.report_order(visit, now=now())
    visit.close()


def _started(visit: Visit) -> list[Call]:
    """Tell once per basket that the checkout began."""
    if visit.checkout:
        return []
    visit.checkout = True
    return [track("Checkout Started", **basket_of(visit))]


def _unbroken(card: str) -> str:
    """Return a card's number with spaces at which no line ends."""
    return card.replace(" ", "\N{NO-BREAK SPACE}")
