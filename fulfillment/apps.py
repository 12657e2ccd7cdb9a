"""Start-up of the fulfillment floor."""

from django.apps import AppConfig


class FulfillmentConfig(AppConfig):
    """The fulfillment floor."""

    name = "fulfillment"
