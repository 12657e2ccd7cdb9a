"""Start-up of the inbox room."""

from django.apps import AppConfig


class InboxConfig(AppConfig):
    """The inbox room."""

    name = "retention.inbox"
