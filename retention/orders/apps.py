"""Start-up of the orders room."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrdersConfig(AppConfig):
    """The orders room."""

    name = "retention.orders"

    def ready(self) -> None:
        """Name the tables that hold a customer's rows, and what other pages show of baskets and orders."""
        from retention.catalog.panels import ProductPanel, product_panels
        from retention.customers.exporting import tables
        from retention.customers.importing.kinds import kinds
        from retention.customers.panels import Panel, panels, tell_as
        from retention.customers.personal_data import register
        from retention.dashboard import menu
        from retention.dashboard.home_parts import counter_sources
        from retention.orders import announcing, exporting, models, telling
        from retention.orders.carting import move_carts
        from retention.orders.idling import CART_IDLE
        from retention.orders.importing.reading import ORDERS
        from retention.orders.selling import sold_panel

        announcing.add_types()
        register(models.Order, kept_because="Orders are the shop's accounts; they stay without the person.")
        register(models.Refund, kept_because="Refunds are the shop's accounts; they stay without the person.")
        register(models.Return, kept_because="Returns belong to the shop's accounts; they stay without the person.")
        register(models.Cart, move=move_carts)
        panels.add("basket", Panel(_("In the basket"), "orders/_basket.html", telling.basket_panel, order=10))
        panels.add("value", Panel(_("Value over time"), "orders/_value.html", telling.value_panel, order=20))
        product_panels.add("sold", ProductPanel(_("Sold"), "orders/_sold.html", sold_panel, order=10))
        menu.register(
            menu.MenuItem("sales", _("Orders"), "package", "orders:orders", "orders.view", order=20),
            menu.MenuItem("sales", _("Baskets"), "shopping-cart", "orders:baskets", "orders.view", order=30),
        )
        counter_sources.add("orders", telling.orders_counter)
        counter_sources.add("baskets", telling.baskets_counter)
        tell_as("Order Completed", "Order Updated", "Order Cancelled", "Order Refunded", teller=telling.tell_order, about="orders")
        tell_as("Return Updated", teller=telling.tell_return, about="orders")
        tell_as(CART_IDLE, teller=telling.tell_idle, about="orders")
        kinds.add("orders", ORDERS)
        tables.add("orders", exporting.ORDERS)
