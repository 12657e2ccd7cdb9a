"""Start-up of the customers room."""

from django.apps import AppConfig


class CustomersConfig(AppConfig):
    """The customers room."""

    name = "retention.customers"
