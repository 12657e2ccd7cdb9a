"""Start-up of the orders room."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """The orders room."""

    name = "retention.orders"

    def ready(self) -> None:
        """Name the tables that hold a customer's rows."""
        from retention.customers.personal_data import register
        from retention.orders import models
        from retention.orders.carting import move_carts

        register(models.Order, kept_because="Orders are the shop's accounts; they stay without the person.")
        register(models.Cart, move=move_carts)
