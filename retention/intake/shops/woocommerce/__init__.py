"""What WooCommerce can tell (REST resources of version 3): one line a topic. A new topic: its line here, its normaliser, its test.

Source: WooCommerce's webhook class and REST documentation. Labels are those of WooCommerce > Settings > Advanced > Webhooks.
"""

from retention.intake.shops.results import Ignored, Kind, Message, Result, Topic
from retention.intake.shops.woocommerce import orders, people, products
from retention.intake.shops.woocommerce.sample import sample_order
from retention.kit.words import gettext_noop


def _read_refund(message: Message) -> list[Result]:
    return [Ignored(orders.REFUND)]


_TOPICS = (
    Topic("order.created", gettext_noop("Order created"), orders.read_order, wanted=True),
    Topic("order.updated", gettext_noop("Order updated"), orders.read_order, wanted=True),
    Topic("order.restored", gettext_noop("Order restored"), orders.read_order),
    Topic("order.deleted", gettext_noop("Order deleted"), orders.read_deleted_order),
    Topic("refund.created", gettext_noop("Refund created"), _read_refund),
    Topic("customer.created", gettext_noop("Customer created"), people.read_customer, wanted=True),
    Topic("customer.updated", gettext_noop("Customer updated"), people.read_customer, wanted=True),
    Topic("customer.deleted", gettext_noop("Customer deleted"), people.read_deleted_customer),
    Topic("product.created", gettext_noop("Product created"), products.read_product, wanted=True),
    Topic("product.updated", gettext_noop("Product updated"), products.read_product, wanted=True),
    Topic("product.restored", gettext_noop("Product restored"), products.read_product),
    Topic(
        "product.deleted", gettext_noop("Product deleted"), products.read_deleted_product, wanted=True, own=frozenset({"id"}), alone=True
    ),
    *(Topic(f"coupon.{what}", gettext_noop("Coupon"), products.read_coupon) for what in ("created", "updated", "deleted", "restored")),
)

WOOCOMMERCE = Kind(
    key="woocommerce",
    label=gettext_noop("WooCommerce"),
    topics={topic.name: topic for topic in _TOPICS},
    headers={
        "signature": "X-WC-Webhook-Signature",
        "topic": "X-WC-Webhook-Topic",
        "delivery": "X-WC-Webhook-Delivery-ID",
        "domain": "X-WC-Webhook-Source",
    },
    sample_topic="order.created",
    sample=sample_order,
)
