"""Start-up of the flashsales floor."""

from django.apps import AppConfig


class FlashsalesConfig(AppConfig):
    """The flashsales floor."""

    name = "flashsales"
