"""Start-up of the orders room."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrdersConfig(AppConfig):
    """The orders room."""

    name = "retention.orders"

    def ready(self) -> None:
        """Name the tables that hold a customer's rows, and what other pages show of baskets and orders."""
        from retention.customers.exporting import tables
        from retention.customers.importing.kinds import kinds
        from retention.customers.panels import Fact, Panel, facts, panels, tell_as
        from retention.customers.personal_data import register
        from retention.dashboard.home_parts import counter_sources
        from retention.orders import announcing, exporting, models, telling
        from retention.orders.carting import move_carts
        from retention.orders.idling import CART_IDLE
        from retention.orders.importing.reading import ORDERS

        announcing.add_types()
        register(models.Order, kept_because="Orders are the shop's accounts; they stay without the person.")
        register(models.Refund, kept_because="Refunds are the shop's accounts; they stay without the person.")
        register(models.Return, kept_because="Returns belong to the shop's accounts; they stay without the person.")
        register(models.Cart, move=move_carts)
        facts.add("orders", Fact(_("Orders"), telling.order_counts, css="n", order=10))
        facts.add("spent", Fact(_("Spent"), telling.money_spent, css="n b", order=20))
        facts.add("last_order", Fact(_("Last order"), telling.last_orders, css="mut", order=30))
        panels.add("basket", Panel(_("In the basket"), "orders/_basket.html", telling.basket_panel, order=10))
        panels.add("value", Panel(_("Value over time"), "orders/_value.html", telling.value_panel, order=20))
        counter_sources.add("orders", telling.orders_counter)
        counter_sources.add("baskets", telling.baskets_counter)
        tell_as("Order Completed", teller=telling.tell_order)
        tell_as(CART_IDLE, teller=telling.tell_idle)
        kinds.add("orders", ORDERS)
        tables.add("orders", exporting.ORDERS)
