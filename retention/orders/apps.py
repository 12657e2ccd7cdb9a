"""Start-up of the orders room."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """The orders room."""

    name = "retention.orders"
