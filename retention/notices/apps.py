"""Start-up of the notices room."""

from django.apps import AppConfig


class NoticesConfig(AppConfig):
    """The notices room."""

    name = "retention.notices"
