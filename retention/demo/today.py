"""The end of the story, told at this very moment: the shop has a day like any other, so that its pages have one to show."""

from typing import TYPE_CHECKING

from retention.customers.models import Customer, Identity
from retention.demo.people import PRODUCTS
from retention.demo.shopper import Shopper, line_of, post_all
from retention.demo.telling import must, until
from retention.orders.models import Order

if TYPE_CHECKING:
    from retention.demo.story import Scene

NEW, AGAIN, LOOKING = 6, 4, 5  # who order for the first time today, who order again, who only look
ORDERS = NEW + AGAIN


def shop_is_open(scene: "Scene") -> None:
    """Some order for the first time, some again, and some look; what it came to is read back."""
    number, agrees = scene.number, {"email": {"status": "granted", "method": "checkout", "source": "Lumen shop"}}
    fresh, met = [scene.somebody() for _one in range(NEW)], _buyers(scene)
    for place, one in enumerate([*fresh, *met]):
        product = PRODUCTS[(number + place) % len(PRODUCTS)]
        one.identify(**({"consent": agrees} if one in fresh else {}))
        one.track("Product Viewed", **line_of(product), currency="EUR", url=f"https://lumen.example.test/{product.sku}")
        if place < ORDERS:
            price, line = product.price_minor / 100, line_of(product)
            one.track("Order Completed", order_id=f"T-{number + place}", total=price, currency="EUR", products=[line])
    post_all([*fresh, *met])
    must(not fresh[0].failures, f"the tracking API takes the events ({fresh[0].failures[:1]})")
    today = Order.objects.filter(number__in=[f"T-{number + place}" for place in range(ORDERS)])
    until("today's orders are stored", lambda: today.count() == ORDERS)
    must(not today.filter(customer__email="").exists(), "who ordered again is known again")
    worth, people = sum(today.values_list("total_minor", flat=True)) / 100, Customer.objects.known().count()
    scene.context.say(f" Today: {ORDERS} orders for {worth:.2f} EUR, {NEW} of them by new people; the shop knows {people} customers now")


def _buyers(scene: "Scene") -> list[Shopper]:
    """Return some people of the shop's past who bought something, by the ids the shop knows them by; others in another run."""
    names = Identity.objects.filter(kind="external", value__startswith="lumen-", customer__orders_count__gt=0).select_related("customer")
    chosen = names.order_by("pk")[scene.number % 20 :: 9][: AGAIN + LOOKING]
    return [_met_before(scene, name.customer, shop_id=name.value) for name in chosen]


def _met_before(scene: "Scene", who: Customer, *, shop_id: str) -> Shopper:
    host = scene.context.base_url
    return Shopper(name=who.first_name, email=who.email, key=scene.key, host=host, last_name=who.last_name, shop_id=shop_id)
