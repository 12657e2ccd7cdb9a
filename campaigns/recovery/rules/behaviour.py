"""What somebody did in the shop, as visits: stored events become moments, moments become visits. Pure.

A visit is what one browser session holds; silence of half an hour ends it too, and what a server reports without a session belongs to the
visit that is going on. A new name of an event that means something: one line in `ACTS`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from campaigns.journeys.triggers import ASKED_FOR, says_gone
from segments.rules.visits import SILENCE

LIST, SEARCH, OPEN, ADD, REMOVE, CART, CHECKOUT, STEP, PAY = "list", "search", "open", "add", "remove", "cart", "checkout", "step", "pay"
PAGE, REFUSED, ASK, ANSWER, WANT, ORDER, OTHER = "page", "refused", "ask", "answer", "want", "order", "other"
ACTS: dict[str, str] = {
    "Product List Viewed": LIST,
    "Product List Filtered": LIST,
    "Promotion Viewed": LIST,
    "Products Searched": SEARCH,
    "Product Clicked": OPEN,
    "Product Viewed": OPEN,
    "Product Added": ADD,
    "Product Removed": REMOVE,
    "Cart Viewed": CART,
    "Checkout Started": CHECKOUT,
    "Checkout Step Viewed": STEP,
    "Checkout Step Completed": STEP,
    "Payment Info Entered": PAY,
    "Payment Failed": REFUSED,
    "Payment Declined": REFUSED,
    "Question Asked": ASK,
    "Chat Started": ASK,
    "Question Answered": ANSWER,
    "Chat Answered": ANSWER,
    ASKED_FOR: WANT,
    "Order Completed": ORDER,
}
STEPS = ("visit", "product", "basket", "checkout", "shipping", "payment", "order")
"""How far a visit can come."""
PRICE_SITES = (
    "idealo.", "geizhals.", "billiger.de", "guenstiger.de", "check24.", "pricerunner.", "pricespy.", "prisjakt.", "kelkoo.",
    "shopping.google.", "shopzilla.", "skroutz.", "ceneo.pl", "heureka.", "arukereso.hu", "kakaku.com", "camelcamelcamel.com",
    "pricegrabber.com", "bizrate.com",
)  # fmt: skip
_HELP = ("faq", "help", "question", "shipping", "delivery", "return", "contact", "review", "size-guide", "sizeguide", "warranty", "versand")
_TILL = ("checkout", "basket", "cart", "kasse", "payment")  # a page of the till that asks where to deliver answers nobody's question
DEVICES = ("phone", "tablet", "computer")
_MOST_TEXT = 200


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing somebody did.

    product: the shop's id; price: of one piece, in the currency's main unit; hits: what a search found, None when not told; shipping: a
    shipping cost was on the page; gone: the product could not be had; step: how far a checkout came, 0 when not told; helping: a page
    that answers questions; by_price: a list was sorted or filtered by price.
    """

    at: datetime
    act: str
    name: str
    session: str = ""
    product: str = ""
    price: float = 0.0
    quantity: int = 1
    hits: int | None = None
    step: int = 0
    shipping: bool = False
    gone: bool = False
    helping: bool = False
    by_price: bool = False
    referrer: str = ""
    source: str = ""
    device: str = ""


def read_moment(kind: str, name: str, properties: Mapping[str, object], context: Mapping[str, object], *, at: datetime) -> Moment:
    """Read one stored event. What it does not say stays empty; nothing in it can make this fail.

    A list of what was found may be given as its length.
    """
    act = PAGE if kind in {"page", "screen"} else ACTS.get(name, OTHER)
    campaign = _object(context.get("campaign"))
    page = _object(context.get("page"))
    stated = page.get("path") or properties.get("path") or properties.get("url")
    path = stated.lower() if isinstance(stated, str) else ""
    step = _whole(properties.get("step"))
    return Moment(
        at=at,
        act=act,
        name=name,
        session=_session(context, properties),
        product=_text(properties.get("product_id") or properties.get("productId") or properties.get("sku")),
        price=_amount(properties.get("price")),
        quantity=max(1, _whole(properties.get("quantity"))),
        hits=_hits(properties) if act == SEARCH else None,
        step=step,
        shipping=act in {CART, CHECKOUT, STEP} and (_told(properties, "shipping") or _told(properties, "shipping_method") or step >= 2),
        gone=act == WANT or (act == OPEN and says_gone(properties)),
        helping=act == PAGE and any(word in path for word in _HELP) and not any(word in path for word in _TILL),
        by_price=act == LIST and "price" in str(properties.get("sorts") or properties.get("sort") or "")[:_MOST_TEXT].lower(),
        referrer=_host(_object(context.get("referrer")).get("url") or page.get("referrer")),
        source=_text(campaign.get("source") or properties.get("utm_source")),
        device=_device(context),
    )


@dataclass(frozen=True)
class Visit:
    """One visit: its moments in the order they happened."""

    moments: tuple[Moment, ...]

    @property
    def began_at(self) -> datetime:
        """Return when it began."""
        return self.moments[0].at

    @property
    def left_at(self) -> datetime:
        """Return the moment of the last thing done."""
        return self.moments[-1].at

    @property
    def bought(self) -> bool:
        """Say whether an order was placed in it."""
        return self.has(ORDER)

    def has(self, *acts: str) -> bool:
        """Say whether one of these acts is part of it."""
        return any(moment.act in acts for moment in self.moments)

    def count(self, *acts: str) -> int:
        """Return how many of its moments are such acts."""
        return sum(moment.act in acts for moment in self.moments)

    def first(self, *acts: str) -> Moment | None:
        """Return the first moment with one of these acts."""
        return next((moment for moment in self.moments if moment.act in acts), None)

    def last(self, *acts: str) -> Moment | None:
        """Return the last moment with one of these acts."""
        return next((moment for moment in reversed(self.moments) if moment.act in acts), None)

    @property
    def reached(self) -> int:
        """Return how far it came, as a place in `STEPS`."""
        if self.bought:
            return len(STEPS) - 1
        if self.has(PAY, REFUSED):
            return STEPS.index("payment")
        if any(moment.shipping for moment in self.moments):
            return STEPS.index("shipping")
        if self.has(CHECKOUT, STEP):
            return STEPS.index("checkout")
        if self.has(ADD, CART):
            return STEPS.index("basket")
        return STEPS.index("product") if self.has(OPEN) else 0

    def opened(self) -> dict[str, int]:
        """Return the products looked at with how often, most often first; one that was clicked and then shown counts once."""
        counts: dict[str, int] = {}
        before: Moment | None = None
        for moment in self.moments:
            clicked = before is not None and before.name == "Product Clicked" and before.product == moment.product
            if moment.act == OPEN and moment.product and not clicked:
                counts[moment.product] = counts.get(moment.product, 0) + 1
            before = moment
        return dict(sorted(counts.items(), key=lambda item: -item[1]))

    def dwell(self) -> dict[str, float]:
        """Return the seconds spent on each product: until the next thing done, at most ten minutes a look."""
        seconds: dict[str, float] = {}
        for moment, following in zip(self.moments, self.moments[1:], strict=False):
            if moment.act == OPEN and moment.product:
                spent = min((following.at - moment.at).total_seconds(), 600.0)
                seconds[moment.product] = seconds.get(moment.product, 0.0) + spent
        return seconds

    def basket(self) -> dict[str, tuple[int, float]]:
        """Return what the visit left in the basket as far as it was put there in it: pieces and price of a piece by product."""
        kept: dict[str, tuple[int, float]] = {}
        for moment in self.moments:
            pieces, price = kept.get(moment.product, (0, moment.price))
            if moment.act == ADD:
                kept[moment.product] = (pieces + moment.quantity, moment.price or price)
            elif moment.act == REMOVE:
                kept[moment.product] = (pieces - moment.quantity, price)
            elif moment.act == ORDER:
                kept = {}
        return {product: (pieces, price) for product, (pieces, price) in kept.items() if pieces > 0}

    def origin(self) -> str:
        """Return where it came from: the campaign's source, else the host that led here, else nothing."""
        return next((m.source for m in self.moments if m.source), "") or next((m.referrer for m in self.moments if m.referrer), "")

    def device(self) -> str:
        """Return on what it happened: phone, tablet, computer, or nothing when not told."""
        return next((moment.device for moment in self.moments if moment.device), "")


@dataclass
class _Open:
    """A visit that is being put together."""

    session: str
    moments: list[Moment] = field(default_factory=list)


def visits_of(moments: Iterable[Moment]) -> list[Visit]:
    """Return the visits these moments make, by the moment they ended. moments: of one person, in any order."""
    visits: list[_Open] = []
    for moment in sorted(moments, key=lambda one: one.at):
        going = [one for one in visits if moment.at - one.moments[-1].at < SILENCE]
        mine = [one for one in going if not moment.session or not one.session or one.session == moment.session]
        visit = next((one for one in reversed(mine) if one.session == moment.session), mine[-1] if mine else None)
        if visit is None:
            visit = _Open(moment.session)
            visits.append(visit)
        visit.session = visit.session or moment.session
        visit.moments.append(moment)
    return sorted((Visit(tuple(one.moments)) for one in visits), key=lambda one: (one.left_at, one.began_at))


def still_moving(moments: Sequence[Moment], *, now: datetime) -> bool:
    """Say whether somebody did something in the last half hour: then nobody writes to them."""
    return any(now - moment.at < SILENCE for moment in moments)


def _object(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _text(value: object) -> str:
    return str(value)[:_MOST_TEXT] if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _told(properties: Mapping[str, object], name: str) -> bool:
    return properties.get(name) not in (None, "")


def _amount(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return 0.0
    try:
        amount = float(value)
    except ValueError:
        return 0.0
    return amount if 0 <= amount < 1e13 else 0.0


def _whole(value: object) -> int:
    return int(_amount(value)) if _amount(value) < 1e6 else 0


def _hits(properties: Mapping[str, object]) -> int | None:
    for name in ("results", "results_count", "number_of_results", "hits"):
        value = properties.get(name)
        if isinstance(value, list):
            return len(value)
        if _told(properties, name):
            return _whole(value)
    products = properties.get("products")
    if isinstance(products, int) and not isinstance(products, bool):
        return _whole(products)
    return len(products) if isinstance(products, list) else None


def _session(context: Mapping[str, object], properties: Mapping[str, object]) -> str:
    session = _object(context.get("session")).get("id") or context.get("sessionId") or properties.get("session_id")
    return _text(session)


def _host(address: object) -> str:
    if not isinstance(address, str) or "://" not in address:
        return ""
    try:
        return (urlsplit(address[:2000]).hostname or "").removeprefix("www.")[:_MOST_TEXT]
    except ValueError:
        return ""


def _device(context: Mapping[str, object]) -> str:
    kind = _object(context.get("device")).get("type")
    agent = context.get("userAgent")
    text = f"{kind if isinstance(kind, str) else ''} {agent if isinstance(agent, str) else ''}".lower()
    if "ipad" in text or "tablet" in text:
        return "tablet"
    if any(word in text for word in ("iphone", "android", "mobile", "ios")):
        return "phone"
    return "computer" if text.strip() else ""
