"""Start-up of the inbox room."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InboxConfig(AppConfig):
    """The inbox room."""

    name = "retention.inbox"

    def ready(self) -> None:
        """Put the test inbox into the menu."""
        from retention.dashboard import menu

        menu.register(menu.MenuItem("messages", _("Test inbox"), "mail", "inbox:list", "inbox.view", order=90))
