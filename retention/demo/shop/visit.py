"""What the shop remembers about one visitor, in a signed cookie of its own: the dashboard's session has nothing to do with a shop.

Kept small on purpose: article numbers and counts, never prices, which are looked up when they are needed.
"""

import secrets
from dataclasses import asdict, dataclass, field
from typing import Any

from django.core import signing
from django.http import HttpRequest, HttpResponse

from retention.demo.shop.goods import GOODS, Good

COOKIE, PATH = "lumen_visit", "/demo/shop/"
DAYS = 30
MOST_PIECES = 9
FREE_FROM_MINOR = 5000
SHIPPING_MINOR = {"standard": 490, "express": 990}
_SALT = "retention.demo.shop.visit"
_SALT_RESTORE = "retention.demo.shop.restore"


@dataclass(frozen=True)
class Line:
    """One product in a basket."""

    good: Good
    quantity: int

    @property
    def total_minor(self) -> int:
        """Return the line's price in cents."""
        return self.good.product.price_minor * self.quantity


def _cart_id() -> str:
    return secrets.token_hex(8)


@dataclass
class Visit:
    """One visitor. said: what the next page tells the snippet; order: the last one, as far as the confirmation shows it."""

    basket: dict[str, int] = field(default_factory=dict)
    wishes: list[str] = field(default_factory=list)
    cart_id: str = field(default_factory=_cart_id)
    anonymous_id: str = ""
    checkout: bool = False
    contact: dict[str, str] = field(default_factory=dict)
    delivery: dict[str, str] = field(default_factory=dict)
    said: list[list[Any]] = field(default_factory=list)
    order: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, request: HttpRequest) -> "Visit":
        """Return the visit of the request's cookie; an unreadable one begins anew."""
        try:
            visit = cls(**signing.loads(request.COOKIES.get(COOKIE, ""), salt=_SALT))
        except (signing.BadSignature, TypeError):
            return cls()
        visit.basket = {sku: quantity for sku, quantity in visit.basket.items() if sku in GOODS}
        visit.wishes = [sku for sku in visit.wishes if sku in GOODS]
        return visit

    def keep(self, answer: HttpResponse, *, secure: bool) -> None:
        """Put the visit into the answer's cookie."""
        value = signing.dumps(asdict(self), salt=_SALT, compress=True)
        answer.set_cookie(COOKIE, value, max_age=DAYS * 86400, path=PATH, secure=secure, httponly=True, samesite="Lax")

    def put(self, sku: str, quantity: int) -> int:
        """Set how many pieces of a product are in the basket, none to nine; return by how many that changed."""
        before = self.basket.pop(sku, 0)
        now = min(max(quantity, 0), MOST_PIECES)
        if now:
            self.basket[sku] = now
        return now - before

    def say(self, name: str, *values: Any) -> None:
        """Note in short what the next page tells the snippet, and about which basket."""
        self.said.append([name, self.cart_id, *values])

    def lines(self) -> list[Line]:
        """Return the basket's lines in the order they were put in."""
        return lines_of(self.basket)

    @property
    def pieces(self) -> int:
        """Return how many pieces are in the basket."""
        return sum(self.basket.values())

    @property
    def goods_minor(self) -> int:
        """Return what the basket costs without shipping."""
        return sum(line.total_minor for line in self.lines())

    @property
    def shipping_minor(self) -> int | None:
        """Return what the chosen way of shipping costs, or None before it is chosen."""
        way = self.delivery.get("way")
        return shipping_of(way, goods_minor=self.goods_minor) if way else None

    @property
    def total_minor(self) -> int:
        """Return what is to be paid as far as it is known."""
        return self.goods_minor + (self.shipping_minor or 0)

    def close(self) -> None:
        """Begin a new basket after an order; who the visitor is stays known."""
        self.basket, self.cart_id, self.checkout, self.delivery = {}, _cart_id(), False, {}

    def restore_token(self) -> str:
        """Return what stands in a link that brings this basket back on any device."""
        return signing.dumps(self.basket, salt=_SALT_RESTORE, compress=True)

    def restore(self, token: str) -> bool:
        """Take the basket of such a link; return False when nobody here made it."""
        try:
            basket = signing.loads(token, salt=_SALT_RESTORE)
        except signing.BadSignature:
            return False
        self.basket = {sku: quantity for sku, quantity in basket.items() if sku in GOODS}
        return True


def lines_of(basket: dict[str, int]) -> list[Line]:
    """Return the lines of a basket."""
    return [Line(GOODS[sku], quantity) for sku, quantity in basket.items()]


def shipping_of(way: str, *, goods_minor: int) -> int:
    """Return what a way of shipping costs: the plain one is free from 50 euros."""
    return 0 if way == "standard" and goods_minor >= FREE_FROM_MINOR else SHIPPING_MINOR[way]
