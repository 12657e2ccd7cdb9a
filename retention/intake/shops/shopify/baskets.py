"""Shopify's carts and checkouts. Both carry the cart's token, which ties them to the order that may follow."""

from retention.intake.shops.reading import amount, currency_of, filled, moment, needed, part, parts, text
from retention.intake.shops.results import Happened, Ignored, Message, Person, Result
from retention.intake.shops.shopify.orders import products_of
from retention.intake.shops.shopify.people import of_cart, person_in
from retention.kit.words import gettext_noop

FINISHED = gettext_noop("This checkout is finished; the order that came of it says the rest.")
DELETED = gettext_noop("A checkout that Shopify tidied away is no word of the shopper; the basket ends by itself.")


def read_cart(message: Message) -> list[Result]:
    """carts/create and carts/update: everything that lies in the basket. Shopify does not say whose it is."""
    body = message.body
    token = text(body, "token", longest=120) or needed(body, "id")
    lines = parts(body, "line_items")
    currency = currency_of(lines[0] if lines else {}, "price_set", "shop_money", "currency_code", usual=message.currency)
    said = filled(cart_id=token, currency=currency) | products_of(body, currency=currency)
    return [Happened("Cart Viewed", Person(anonymous=of_cart(token)), said, moment(body, "updated_at") or message.at)]


def read_checkout(message: Message) -> list[Result]:
    """checkouts/create and checkouts/update: how far a purchase came, and the link that leads back into it."""
    body = message.body
    if part(body, "completed_at"):
        return [Ignored(FINISHED)]
    checkout, cart = text(body, "token", longest=120) or needed(body, "id"), text(body, "cart_token", longest=120)
    person = person_in(body, anonymous=of_cart(cart or checkout))
    currency = currency_of(body, "currency", usual=message.currency)
    said = filled(
        cart_id=cart or checkout,
        checkout_id=checkout,
        restore_url=text(body, "abandoned_checkout_url", longest=2000),
        email=person.email,
        currency=currency,
        value=amount(body, "total_price", currency=currency),
        coupon=next((text(one, "code", longest=80) for one in parts(body, "discount_codes")), ""),
    ) | products_of(body, currency=currency)
    return [Happened("Checkout Started", person, said, moment(body, "updated_at") or message.at)]


def read_deleted_checkout(message: Message) -> list[Result]:
    """checkouts/delete."""
    return [Ignored(DELETED)]
