"""Start-up of the stores room: its place in the menu, its parts of the home page, and its ear for sign-ins."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StoresConfig(AppConfig):
    """Stores, memberships, keys and the audit log."""

    name = "retention.stores"
    verbose_name = _("Stores")

    def ready(self) -> None:
        """Add the room's menu line and home parts, and listen to sign-ins."""
        from retention.dashboard import home_parts, menu
        from retention.stores import auditing
        from retention.stores import home_parts as own

        menu.register(menu.MenuItem("foot", _("Settings"), "settings", "settings:entrance", "home.view", order=10, with_pages_below=True))
        home_parts.step_sources.add("store", (10, own.store_step))
        home_parts.needs_you_sources.add("keys_in_the_open", own.keys_in_the_open)
        home_parts.needs_you_sources.add("second_factor", own.second_factor_due)
        auditing.listen()
