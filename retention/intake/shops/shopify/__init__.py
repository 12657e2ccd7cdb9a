"""What Shopify can tell, API version 2026-04: one line a topic. A new topic: its line here, its normaliser, its fixture's line in the test.

Source: Shopify's topic examples; commerce guide 5. Labels are those of Shopify's own settings, where merchants tick them.
"""

from retention.intake.shops.results import Kind, Topic
from retention.intake.shops.shopify import baskets, ending, orders, parcels, people, products
from retention.intake.shops.shopify.sample import sample_order
from retention.kit.words import gettext_noop

_ID = frozenset({"id"})
_ASKING = frozenset({"shop_domain", "customer"})
_TOPICS = (
    Topic("orders/create", gettext_noop("Order creation"), orders.read_new_order, wanted=True),
    Topic("orders/updated", gettext_noop("Order update"), orders.read_order, wanted=True),
    Topic("orders/paid", gettext_noop("Order payment"), orders.read_order),
    Topic("orders/fulfilled", gettext_noop("Order fulfillment"), orders.read_order),
    Topic("orders/partially_fulfilled", gettext_noop("Order partial fulfillment"), orders.read_order),
    Topic("orders/cancelled", gettext_noop("Order cancellation"), orders.read_cancelled, wanted=True),
    Topic("orders/edited", gettext_noop("Order edit"), ending.because(ending.EDITED)),
    Topic("orders/delete", gettext_noop("Order deletion"), ending.because(ending.DELETED_ORDER)),
    Topic("refunds/create", gettext_noop("Refund create"), orders.read_refund, wanted=True),
    Topic("carts/create", gettext_noop("Cart creation"), baskets.read_cart),
    Topic("carts/update", gettext_noop("Cart update"), baskets.read_cart),
    Topic("checkouts/create", gettext_noop("Checkout creation"), baskets.read_checkout, wanted=True),
    Topic("checkouts/update", gettext_noop("Checkout update"), baskets.read_checkout, wanted=True),
    Topic("checkouts/delete", gettext_noop("Checkout deletion"), baskets.read_deleted_checkout),
    Topic("customers/create", gettext_noop("Customer creation"), people.read_customer, wanted=True),
    Topic("customers/update", gettext_noop("Customer update"), people.read_customer, wanted=True),
    Topic("customers/merge", gettext_noop("Customers merged"), people.read_merge, wanted=True),
    Topic("customers/enable", gettext_noop("Customer account enable"), ending.because(ending.ACCOUNT)),
    Topic("customers/disable", gettext_noop("Customer account disable"), ending.because(ending.ACCOUNT)),
    Topic("customers/delete", gettext_noop("Customer deletion"), ending.because(ending.ACCOUNT)),
    Topic(
        "customers_email_marketing_consent/update",
        gettext_noop("Customer email marketing consent update"),
        people.read_email_consent,
        wanted=True,
    ),
    Topic("customers_marketing_consent/update", gettext_noop("Customer marketing consent update"), people.read_sms_consent, wanted=True),
    Topic("customers/data_request", gettext_noop("Customer data request"), people.read_data_request, own=_ASKING | {"data_request"}),
    Topic("customers/redact", gettext_noop("Customer data erasure"), people.read_redact, own=_ASKING | {"orders_to_redact"}),
    Topic("products/create", gettext_noop("Product creation"), products.read_product, wanted=True),
    Topic("products/update", gettext_noop("Product update"), products.read_product, wanted=True),
    Topic("products/delete", gettext_noop("Product deletion"), products.read_deleted_product, wanted=True, own=_ID, alone=True),
    Topic("variants/in_stock", gettext_noop("Product variant back in stock"), products.read_stock),
    Topic("variants/out_of_stock", gettext_noop("Product variant out of stock"), products.read_stock),
    Topic("inventory_items/update", gettext_noop("Inventory item update"), products.read_inventory_item),
    Topic("inventory_levels/update", gettext_noop("Inventory level update"), products.read_inventory_level),
    Topic("fulfillments/create", gettext_noop("Fulfillment creation"), parcels.read_parcel, wanted=True),
    Topic("fulfillments/update", gettext_noop("Fulfillment update"), parcels.read_parcel, wanted=True),
    Topic("fulfillment_events/create", gettext_noop("Fulfillment event"), parcels.read_parcel_news),
    *(
        Topic(f"fulfillment_orders/{what}", gettext_noop("Fulfillment order"), ending.because(ending.WAREHOUSE))
        for what in (
            "cancellation_request_submitted",
            "fulfillment_request_accepted",
            "fulfillment_request_rejected",
            "fulfillment_request_submitted",
            "hold_released",
            "moved",
            "order_routing_complete",
            "placed_on_hold",
            "split",
        )
    ),
    *(
        Topic(f"returns/{what}", gettext_noop("Return"), parcels.read_return)
        for what in ("request", "approve", "decline", "cancel", "close", "reopen", "update")
    ),
    Topic("discounts/create", gettext_noop("Discount creation"), ending.because(ending.COUPON)),
    Topic("app/uninstalled", gettext_noop("App uninstalled"), ending.read_uninstalled, own=frozenset({"myshopify_domain", "plan_name"})),
    Topic("shop/redact", gettext_noop("Shop data erasure"), ending.read_shop_redact, own=frozenset({"shop_id", "shop_domain"}), alone=True),
)

SHOPIFY = Kind(
    key="shopify",
    label=gettext_noop("Shopify"),
    topics={topic.name: topic for topic in _TOPICS},
    headers={
        "signature": "X-Shopify-Hmac-Sha256",
        "topic": "X-Shopify-Topic",
        "delivery": "X-Shopify-Webhook-Id",
        "event": "X-Shopify-Event-Id",
        "triggered": "X-Shopify-Triggered-At",
        "test": "X-Shopify-Test",
        "domain": "X-Shopify-Shop-Domain",
    },
    sample_topic="orders/create",
    sample=sample_order,
)
