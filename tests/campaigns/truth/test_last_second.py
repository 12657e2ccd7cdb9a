"""What changes before a message leaves, and between its rendering and its leaving: stock, price, products, orders."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.coupons import drawing
from campaigns.models import Coupon, Message, SendRule, TemplateVersion
from campaigns.personalization.context import contexts
from campaigns.playbooks.switching import switch_on
from campaigns.sending import dispatch, gate
from campaigns.sending.reading import read_messages
from campaigns.sending.truths import look, look_again
from campaigns.truth import showing
from retention.catalog.models import Category, PriceChange, Product, StockLevel, Variant
from retention.orders.models import Cart, CartLine, Order
from tests.campaigns.coupons.pools import make_pool
from tests.campaigns.crowd import make_ready, make_version
from tests.campaigns.story import leave_cart, make_shopper, send, tick

pytestmark = pytest.mark.django_db
SHOWS_BASKET = """{% for line in cart.lines %}[{{ line.name }} {{ line.quantity }} {{ line.total_minor }}]{% endfor %}
={{ cart.total_minor }}
{{ fallback }} <a href="{{ unsubscribe_url }}">Unsubscribe</a>"""

SHOWS_SHELF = """{% for one in recommended %}[{{ one.name }} {{ one.price_minor }}]{% endfor %}
{%- if products['kettle'] %}{{ products['kettle'].name }}!{% endif %}{{ fallback }}
<a href="{{ unsubscribe_url }}">Unsubscribe</a>"""


def make_product(shop_id: str, *, price: int, now: datetime, stock: int | None = 5, category: Category | None = None) -> Variant:
    """Save a product with one kind, its stock, and its price since a month ago."""
    product = Product(shop_id=shop_id, name=shop_id.title(), state="active", category=category, url=f"https://lumen.example.test/{shop_id}")
    product.save()
    kind = Variant(product=product, shop_id=shop_id, currency="EUR", price_minor=price)
    kind.save()
    PriceChange(variant=kind, currency="EUR", price_minor=price, changed_at=now - timedelta(days=30)).save()
    if stock is not None:
        StockLevel(variant=kind, available=stock, reported_at=now).save()
    return kind


def set_price(kind: Variant, price: int, *, now: datetime) -> None:
    """Let the shop change a price."""
    Variant.objects.filter(pk=kind.pk).update(price_minor=price)
    PriceChange(variant=kind, currency="EUR", price_minor=price, changed_at=now).save()


@pytest.fixture
def basket(store: Any, now: Any) -> Message:
    """Let a shopper leave a basket with a grinder and two filters, and plan the mail that shows it."""
    switch_on("abandoned_cart", now=now - timedelta(days=1))
    cart = leave_cart(make_shopper(now=now), now=now)
    CartLine.objects.create(cart=cart, product_id="filters", variant_id="filters", name="Filters", quantity=2, price_minor=500)
    tick(now=now)
    message = Message.objects.get()
    Message.objects.update(template_version=make_version(html=SHOWS_BASKET))
    message.refresh_from_db()
    return message


def rule_of(message: Message, **answers: Any) -> None:
    SendRule(template=TemplateVersion.objects.get(pk=message.template_version_id).template, **answers).save()


def ended(message: Message) -> tuple[str, str]:
    message.refresh_from_db()
    return message.state, message.reason


def shown(sink: Any) -> str:
    return " ".join(str(sink.accepted[-1].get_body(("html",)).get_content()).partition("<a")[0].split())


def test_message_whose_products_are_as_they_were_goes_out_as_it_is(store: Any, sink: Any, now: Any, basket: Message) -> None:
    make_product("hand-grinder", price=4900, now=now)
    send(store, now=now)
    assert shown(sink) == "[Hand grinder 1 4900][Filters 2 1000] =4900"


def test_sold_out_product_is_left_out_and_the_total_follows(store: Any, sink: Any, now: Any, basket: Message) -> None:
    make_product("hand-grinder", price=4900, now=now, stock=0)
    send(store, now=now)
    assert shown(sink) == "[Filters 2 1000] =1000"


def test_sold_out_everywhere_holds_the_message_back(store: Any, sink: Any, now: Any, basket: Message) -> None:
    make_product("hand-grinder", price=4900, now=now, stock=0)
    make_product("filters", price=500, now=now, stock=-3)
    send(store, now=now)
    assert (ended(basket), sink.accepted) == (("suppressed", "sold_out"), [])


@pytest.mark.parametrize("state", ["archived", "deleted", "draft"])
def test_product_that_is_gone_blocks_where_the_merchant_wants_that(store: Any, sink: Any, now: Any, basket: Message, state: str) -> None:
    make_product("hand-grinder", price=4900, now=now)
    Product.objects.update(state=state)
    rule_of(basket, sold_out="block")
    send(store, now=now)
    assert (ended(basket), sink.accepted) == (("suppressed", "product_gone"), [])


def test_kind_that_was_removed_counts_as_gone(store: Any, sink: Any, now: Any, basket: Message) -> None:
    make_product("filters", price=500, now=now)
    Variant.objects.update(removed_at=now)
    send(store, now=now)
    assert shown(sink) == "[Hand grinder 1 4900] =4900"


def test_similar_product_is_shown_instead(store: Any, sink: Any, now: Any, basket: Message) -> None:
    shelf = Category(path="Grinders")
    shelf.save()
    make_product("hand-grinder", price=4900, now=now, stock=0, category=shelf)
    make_product("far-dearer", price=19_900, now=now, category=shelf)
    make_product("nearly-it", price=5200, now=now, category=shelf)
    make_product("nearer-but-sold-out", price=4950, now=now, stock=0, category=shelf)
    rule_of(basket, sold_out="swap")
    send(store, now=now)
    assert shown(sink) == "[Nearly-It 1 5200][Filters 2 1000] =6200"


def test_other_words_stand_in_their_place(store: Any, sink: Any, now: Any, basket: Message) -> None:
    make_product("hand-grinder", price=4900, now=now, stock=0)
    rule_of(basket, sold_out="fallback", fallback="One of them is sold out.")
    send(store, now=now)
    assert shown(sink) == "[Filters 2 1000] =1000 One of them is sold out."


def test_price_that_changed_since_is_shown_as_it_is_now(store: Any, sink: Any, now: Any, basket: Message) -> None:
    set_price(make_product("hand-grinder", price=4900, now=now), 5400, now=now)
    send(store, now=now)
    assert shown(sink) == "[Hand grinder 1 5400][Filters 2 1000] =6400"


def test_price_that_rose_blocks_where_the_merchant_wants_that(store: Any, sink: Any, now: Any, basket: Message) -> None:
    set_price(make_product("hand-grinder", price=4900, now=now), 5400, now=now)
    rule_of(basket, dearer="block")
    send(store, now=now)
    assert (ended(basket), sink.accepted) == (("suppressed", "price_changed"), [])


def test_baskets_own_discount_is_no_lie(store: Any, sink: Any, now: Any, basket: Message) -> None:
    make_product("hand-grinder", price=6900, now=now)
    rule_of(basket, dearer="block")
    send(store, now=now)
    assert shown(sink) == "[Hand grinder 1 4900][Filters 2 1000] =4900"


@pytest.mark.parametrize("change", ["price", "stock", "product"])
def test_what_changes_between_rendering_and_leaving_is_rendered_anew(
    store: Any, sink: Any, now: Any, basket: Message, monkeypatch: Any, change: str
) -> None:
    kind = make_product("hand-grinder", price=4900, now=now)
    real = showing.changed

    def at_the_last_second(seen: Any) -> set[int]:
        if change == "price":
            set_price(kind, 5400, now=now)
        elif change == "stock":
            StockLevel.objects.update(available=0)
        else:
            Product.objects.update(state="deleted")
        return real(seen)

    monkeypatch.setattr(showing, "changed", at_the_last_second)
    send(store, now=now)
    assert (ended(basket), sink.accepted) == (("ready", "changed"), [])
    monkeypatch.undo()
    send(store, now=now)
    assert shown(sink) == {"price": "[Hand grinder 1 5400][Filters 2 1000] =6400"}.get(change, "[Filters 2 1000] =1000")
    assert ended(basket)[0] == "sent"


@pytest.fixture
def shelf(now: Any, basket: Message) -> dict[str, Variant]:
    """Let the mail show what fits, and a kettle its template names; the shop sells a kettle and a pot."""
    Message.objects.update(template_version=make_version(html=SHOWS_SHELF))
    return {name: make_product(name, price=1500, now=now) for name in ("kettle", "pot")}


def test_what_is_sold_out_since_the_shelves_were_filled_is_taken_off_and_a_price_is_that_of_now(
    store: Any, sink: Any, now: Any, shelf: dict[str, Variant], monkeypatch: Any
) -> None:
    real = dispatch.contexts

    def sold_meanwhile(messages: Any, *, store: Any) -> Any:
        found = real(messages, store=store)
        StockLevel.objects.filter(variant=shelf["kettle"]).update(available=0)
        set_price(shelf["pot"], 1900, now=now)
        return found

    monkeypatch.setattr(dispatch, "contexts", sold_meanwhile)
    send(store, now=now)
    assert shown(sink) == "[Pot 1900]"


def test_what_is_sold_out_between_rendering_and_leaving_is_no_longer_on_the_shelves(
    store: Any, sink: Any, now: Any, basket: Message, shelf: dict[str, Variant], monkeypatch: Any
) -> None:
    real = showing.changed

    def at_the_last_second(seen: Any) -> set[int]:
        StockLevel.objects.filter(variant=shelf["pot"]).update(available=0)
        return real(seen)

    monkeypatch.setattr(showing, "changed", at_the_last_second)
    send(store, now=now)
    assert (ended(basket), sink.accepted) == (("ready", "changed"), [])
    monkeypatch.undo()
    send(store, now=now)
    assert shown(sink) == "[Kettle 1500]Kettle!"


@pytest.mark.parametrize(
    ("rule", "state", "says"),
    [
        ({}, ("sent", ""), "[Pot 1500]"),
        ({"sold_out": "fallback", "fallback": "No kettle today."}, ("sent", ""), "[Pot 1500]No kettle today."),
        ({"sold_out": "block"}, ("suppressed", "sold_out"), ""),
    ],
)
def test_a_named_product_that_is_sold_out_follows_the_merchants_rule(
    store: Any, sink: Any, now: Any, basket: Message, shelf: dict[str, Variant], rule: dict[str, str], state: tuple[str, str], says: str
) -> None:
    StockLevel.objects.filter(variant=shelf["kettle"]).update(available=0)
    basket.refresh_from_db()
    rule_of(basket, **rule)
    send(store, now=now)
    assert ended(basket) == state
    assert (shown(sink) if sink.accepted else "") == says


def test_order_at_the_last_second_stops_the_reminder_even_of_an_unknown_basket(
    store: Any, sink: Any, now: Any, basket: Message, monkeypatch: Any
) -> None:
    real = gate._locked

    def order_first(*given: Any) -> list[int]:
        Order(customer_id=basket.customer_id, number="W-1", currency="EUR", total_minor=1, placed_at=now, received_at=now).save()
        return real(*given)

    monkeypatch.setattr(gate, "_locked", order_first)
    send(store, now=now)
    assert (ended(basket), sink.accepted) == (("suppressed", "ordered"), [])
    assert Cart.objects.get().state == "open"


@pytest.mark.parametrize(("product", "state"), [("hand-grinder", ("ready", "changed")), ("kettle", ("sent", ""))])
def test_product_the_shop_first_speaks_of_before_the_gate_reads_is_rendered_anew(
    store: Any, sink: Any, now: Any, basket: Message, monkeypatch: Any, product: str, state: tuple[str, str]
) -> None:
    real = gate._locked

    def speak_first(*given: Any) -> list[int]:
        make_product(product, price=5400, now=now)
        return real(*given)

    monkeypatch.setattr(gate, "_locked", speak_first)
    send(store, now=now)
    assert ended(basket) == state


@pytest.mark.parametrize(("known", "times"), [("hand-grinder", 2), ("kettle", 1)])
def test_gate_asks_about_products_only_where_the_shop_spoke_of_any(
    store: Any, sink: Any, now: Any, basket: Message, known: str, times: int
) -> None:
    make_product(known, price=4900, now=now)
    with CaptureQueriesContext(connection) as found:
        send(store, now=now)
    assert sum("EXECUTE truth_offers" in query["sql"] for query in found) == times
    assert ended(basket) == ("sent", "")


def test_order_before_the_basket_was_touched_stops_nothing(store: Any, sink: Any, now: Any, basket: Message) -> None:
    earlier = now - timedelta(hours=5)
    Order(customer_id=basket.customer_id, number="W-1", currency="EUR", total_minor=1, placed_at=earlier, received_at=now).save()
    send(store, now=now)
    assert ended(basket)[0] == "sent"


def test_coupon_that_ran_out_between_rendering_and_leaving_is_not_sent(
    store: Any, sink: Any, now: Any, basket: Message, monkeypatch: Any
) -> None:
    version = make_version(html='{{ coupon.code }} <a href="{{ unsubscribe_url }}">Unsubscribe</a>')
    Message.objects.update(template_version=version)
    SendRule(template=version.template, pool=make_pool("C-1", now=now, expires_at=now + timedelta(seconds=1))).save()
    real = drawing.changed
    monkeypatch.setattr(drawing, "changed", lambda kept, *, now: real(kept, now=now + timedelta(seconds=1)))
    send(store, now=now)
    assert (ended(basket), sink.accepted) == (("ready", "changed"), [])
    monkeypatch.undo()
    send(store, now=now + timedelta(seconds=1))
    assert ended(basket) == ("suppressed", "coupon_expired")
    assert Coupon.objects.given().count() == 0


def test_event_about_a_product_that_is_sold_out_again_says_nothing(store: Any, sink: Any, now: Any, basket: Message) -> None:
    from campaigns.models import Enrollment
    from retention.customers.models import CustomerEvent

    make_product("kettle", price=7900, now=now, stock=0)
    CustomerEvent.objects.filter(pk=Enrollment.objects.get().trigger_event_id).update(properties={"product_id": "kettle", "name": "Kettle"})
    html = '{{ event.name }} is back <a href="{{ unsubscribe_url }}">Unsubscribe</a>'
    Message.objects.update(template_version=make_version(html=html))
    send(store, now=now)
    assert (ended(basket), sink.accepted) == (("suppressed", "sold_out"), [])


def test_message_that_shows_nothing_of_the_kind_costs_no_statement(store: Any, now: Any, django_assert_num_queries: Any) -> None:
    messages = read_messages([one.pk for one in make_ready(3, now=now)])
    found = contexts(messages, store=store)
    with django_assert_num_queries(0):
        shown_ = look(messages, found, store=store, now=now)
        assert look_again({one.pk: False for one in messages}, shown_, now=now) == {}


def test_three_baskets_cost_as_many_statements_as_one(store: Any, now: Any) -> None:
    messages = make_ready(3, now=now, version=make_version(html=SHOWS_BASKET))
    for message in messages:
        Message.objects.filter(pk=message.pk).update(cart=leave_cart(message.customer, now=now))

    def statements(ids: list[int]) -> int:
        with CaptureQueriesContext(connection) as found:
            read = read_messages(ids)
            assert all(one["cart"]["lines"] for one in contexts(read, store=store).values())
            look(read, contexts(read, store=store), store=store, now=now)
        return len(found)

    ids = [one.pk for one in messages]
    statements(ids)  # what is asked once for all
    assert statements(ids) == statements(ids[:1])
