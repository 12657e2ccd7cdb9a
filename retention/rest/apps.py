"""Start-up of the rest room."""

from django.apps import AppConfig


class RestConfig(AppConfig):
    """The API's manners."""

    name = "retention.rest"
