"""The demo store Lumen Coffee: made once per data folder, found again at the next start."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import transaction

from campaigns.playbooks.switching import switch_on
from campaigns.recovery import planning
from retention.customers.attributes import write_attributes
from retention.customers.counting import count_events
from retention.customers.models import Consent, Customer, CustomerEvent, Identity
from retention.demo.newsletter import letter
from retention.demo.people import Person, Purchase, people
from retention.demo.shop.goods import GOODS
from retention.demo.shop.stocking import fill_shelves
from retention.kit.words import fold
from retention.orders.figures import refigure
from retention.orders.models import Cart, CartLine, Order, OrderLine
from retention.stores.keys import make_key
from retention.stores.models import ApiKey, AuditEntry, Membership, Store, User
from retention.tenancy.context import store_context, user_context
from segments.library import proven
from segments.membership import fill_due
from segments.saving import create

SLUG, ZONE = "lumen-coffee", "Europe/Berlin"
CUSTOMERS = 240
CHANNEL = "order_channel"  # an attribute of the customer: web, phone or shop
SEGMENTS = ("champions", "at_risk", "basket_left", "second_order_due")
TEAM = (
    ("nora.keller@example.test", "Nora Keller", "owner"),
    ("tom.brandt@example.test", "Tom Brandt", "manager"),
    ("ada.moreau@example.test", "Ada Moreau", "marketer"),
    ("ivo.novak@example.test", "Ivo Novak", "analyst"),
    ("mika.sato@example.test", "Mika Sato", "support"),
)
STAFF = ("ops@example.test", "Operations")


@dataclass(frozen=True)
class DemoStore:
    """The loaded store, the password of its people, and what was loaded."""

    store: Store
    password: str
    customers: int
    orders: int


def load(*, now: datetime) -> DemoStore:
    """Make the demo store and its people if they are not there yet, in one transaction, and return what there is."""
    password = _password(settings.VAR_DIR / "demo-password")
    store = Store.objects.filter(slug=SLUG).first()
    if store is None:
        with transaction.atomic():
            store = _make_store(now=now)
            _make_team(store, password=password, now=now)
            _make_past(store, now=now)
    with store_context(store.pk):
        switch_on("abandoned_cart", now=now)
        letter(store, now=now)
        fill_shelves(now=now)
        return DemoStore(store=store, password=password, customers=Customer.objects.count(), orders=Order.objects.count())


def take_plan(store: Store, *, now: datetime) -> None:
    """Switch the recovery plan on in the active store, in the place of the two basket mails, and thanks for a first order.

    They are live since an hour before: a story told twice on one day begins at the same moment of its week.
    """
    now -= timedelta(hours=1)
    with transaction.atomic():
        planning.begin(store, user_id=None, now=now)
        planning.switch_on(user_id=None, now=now)
        switch_on("abandoned_cart", now=now).pause(now=now)
        switch_on("first_order", now=now)


def public_key(store: Store, *, now: datetime) -> str:
    """Return the key that stands in the shop's pages; made when there is none."""
    with store_context(store.pk):
        key = ApiKey.objects.live().filter(kind=ApiKey.Kind.PUBLIC).order_by("pk").first()
        if key is None:
            key, _text = make_key(
                kind=ApiKey.Kind.PUBLIC, label="Demo shop's pages", scopes=[], origins=[], made_by=None, store_id=store.pk, now=now
            )
    return str(key.shown)


def key_file() -> Path:
    """Return where the shop's server keeps its secret key."""
    return settings.VAR_DIR / "demo-shop-key"


def fresh_key(store: Store, *, now: datetime) -> str:
    """Return the text of a new secret key for the shop's server, which keeps it; the one of the last run is revoked."""
    with store_context(store.pk):
        for old in ApiKey.objects.live().filter(label="Demo shop's server"):
            old.revoke(now=now)
        scopes = ["events:write", "customers:read"]
        key, text = ApiKey.prepare(kind="secret", label="Demo shop's server", scopes=scopes, created_by=None, now=now)
        key.save()
    _keep(key_file(), text)
    return text


def _password(path: Path) -> str:
    if not path.exists():
        _keep(path, "-".join(secrets.token_hex(2) for _part in range(4)))
    return path.read_text()


def _keep(path: Path, text: str) -> None:
    """Write a secret where only this user reads it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(text)


def _make_store(*, now: datetime) -> Store:
    return Store.objects.create(
        name="Lumen Coffee",
        slug=SLUG,
        country="DE",
        currency="EUR",
        zone=ZONE,
        locale="en",
        web_address="https://lumen.example.test",
        postal_address="Lumen Coffee, Beispielweg 7, 10115 Berlin, Germany",
        created_at=now - timedelta(days=92),
    )


def _make_team(store: Store, *, password: str, now: datetime) -> None:
    """Make the team and one member of the operations staff, all with verified addresses and the same password."""
    staff = _make_user(*STAFF, password=password)
    staff.is_staff = staff.is_superuser = True
    staff.save(update_fields=["is_staff", "is_superuser"])
    for email, name, role in TEAM:
        user = _make_user(email, name, password=password)
        with user_context(user.pk), store_context(store.pk):
            Membership.objects.create(store=store, user=user, role=role, created_at=now)
            AuditEntry.write("team.joined", store_id=store.pk, now=now, actor_id=user.pk, target=f"user:{user.pk}", details={"role": role})


def _make_user(email: str, name: str, *, password: str) -> User:
    user = User.objects.create_user(email, password, name=name)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


def _make_past(store: Store, *, now: datetime) -> None:
    """Write the invented customers and their orders, in bulk."""
    crowd = people(count=CUSTOMERS, now=now)
    with store_context(store.pk):
        customers = Customer.objects.bulk_create([_customer(person, now=now) for person in crowd])
        pairs = list(zip(customers, crowd, strict=True))
        names = [Identity(customer=customer, kind="external", value=f"lumen-{number}") for number, customer in enumerate(customers)]
        Identity.objects.bulk_create(names)
        Consent.objects.bulk_create([_consent(customer, person) for customer, person in pairs])
        write_attributes({customer.pk: {CHANNEL: person.channel} for customer, person in pairs})
        _make_orders(store, pairs, now=now)
        _make_baskets(store, pairs)
        _make_segments(now=now)


def _make_segments(*, now: datetime) -> None:
    """Take some segments of the library and find their people."""
    for key in SEGMENTS:
        if (one := proven(key)) is not None:
            create(name=one.name, note=one.advice, rule=one.rule, user_id=None, now=now)
    fill_due(now=now)


def _customer(person: Person, *, now: datetime) -> Customer:
    seen = [purchase.at for purchase in person.purchases] or [now - timedelta(days=3)]
    customer = Customer(
        email=person.email,
        email_key=fold(person.email),
        first_name=person.first_name,
        last_name=person.last_name,
        city=person.city,
        country=person.country,
        gender=person.gender,
        interests=list(person.interests),
        attributes={CHANNEL: person.channel},
        language="en",
        created_at=seen[0],
        last_seen_at=max(seen[-1], person.basket.at) if person.basket else seen[-1],
    )
    customer.fold_texts()
    return customer


def _consent(customer: Customer, person: Person) -> Consent:
    status = Consent.Status.GRANTED if person.allows_mail else Consent.Status.REFUSED
    return Consent(customer=customer, channel="email", status=status, method="checkout", changed_at=customer.created_at)


def _make_orders(store: Store, pairs: list[tuple[Customer, Person]], *, now: datetime) -> None:
    bought = [(customer, purchase) for customer, person in pairs for purchase in person.purchases]
    orders = Order.objects.bulk_create(
        [_order(store, customer, purchase, number=1000 + count) for count, (customer, purchase) in enumerate(bought)]
    )
    OrderLine.objects.bulk_create([_line(order, purchase) for order, (_, purchase) in zip(orders, bought, strict=True)])
    events = CustomerEvent.objects.bulk_create([_event(order, customer) for order, (customer, _) in zip(orders, bought, strict=True)])
    count_events(((event.customer_id, event.name, event.occurred_at) for event in events), now=now)
    refigure([customer.pk for customer, _ in bought], currency=store.currency)


def _make_baskets(store: Store, pairs: list[tuple[Customer, Person]]) -> None:
    """Write the baskets that were left long enough ago that nothing begins with them any more."""
    left = [(customer, person.basket) for customer, person in pairs if person.basket is not None]
    carts = Cart.objects.bulk_create([_cart(store, customer, basket) for customer, basket in left])
    CartLine.objects.bulk_create([_cart_line(cart, basket) for cart, (_, basket) in zip(carts, left, strict=True)])


def _cart(store: Store, customer: Customer, basket: Purchase) -> Cart:
    return Cart(
        customer=customer,
        currency=store.currency,
        total_minor=basket.total_minor,
        lines_count=1,
        started_at=basket.at,
        last_activity_at=basket.at,
        idle_at=basket.at + timedelta(hours=1),
        abandoned_at=basket.at + timedelta(hours=1),
    )


def _cart_line(cart: Cart, basket: Purchase) -> CartLine:
    product = basket.product
    return CartLine(cart=cart, product_id=product.sku, name=product.name, quantity=basket.quantity, price_minor=product.price_minor)


def _order(store: Store, customer: Customer, purchase: Purchase, *, number: int) -> Order:
    return Order(
        customer=customer,
        number=f"L-{number}",
        currency=store.currency,
        total_minor=purchase.total_minor,
        placed_at=purchase.at,
        received_at=purchase.at,
    )


def _line(order: Order, purchase: Purchase) -> OrderLine:
    product = purchase.product
    return OrderLine(
        order=order,
        position=1,
        product_id=product.sku,
        name=product.name,
        category=GOODS[product.sku].shelf_name,
        brand="Lumen",
        quantity=purchase.quantity,
        price_minor=product.price_minor,
        amount_minor=purchase.total_minor,
    )


def _event(order: Order, customer: Customer) -> CustomerEvent:
    return CustomerEvent(
        customer=customer,
        kind="track",
        name="Order Completed",
        occurred_at=order.placed_at,
        received_at=order.placed_at,
        projected_at=order.placed_at,
        trusted=True,
        properties={"order_id": order.number, "total": f"{order.total_minor / 100:.2f}", "currency": order.currency},
    )
