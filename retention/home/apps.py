"""Start-up of the home page."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class HomeConfig(AppConfig):
    """The home page; has no tables."""

    name = "retention.home"

    def ready(self) -> None:
        """Put the page on top of the menu, and add the page about the website and the steps that no other room gives."""
        from retention.dashboard import home_parts, menu
        from retention.home import steps, waiting
        from retention.stores.views.settings_tabs import add_tab

        add_tab("home_website", _("Your website"), "keys.view", order=25)
        menu.register(menu.MenuItem("", _("Home"), "home", "home", "home.view", order=10, count=waiting.number))
        home_parts.step_sources.add("first_customer", (30, steps.first_customer_step))
        home_parts.step_sources.add("footer", (40, steps.footer_step))
        home_parts.step_sources.add("campaign", (45, steps.campaign_step))
        home_parts.step_sources.add("reminder", (50, steps.reminder_step))
