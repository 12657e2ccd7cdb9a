"""Start-up of the campaigns floor."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CampaignsConfig(AppConfig):
    """The campaigns floor."""

    name = "campaigns"

    def ready(self) -> None:
        """Add this floor to the registers of the floors below."""
        from campaigns import models, telling
        from campaigns.measurement.counters import came_back_counter, messages_counter
        from campaigns.models.journey import names_of_journeys
        from retention.customers.panels import tell_as
        from retention.customers.personal_data import register
        from retention.dashboard import home_parts, menu
        from retention.stores.audit_words import add_words
        from segments.senders import senders

        tell_as("Email Delivered", "Email Bounced", "Email Link Clicked", "Unsubscribed", teller=telling.tell_message, about="messages")
        register(models.Enrollment)
        register(models.Message)
        register(models.Click)
        register(models.Attribution)
        menu.register(menu.MenuItem("messages", _("Journeys"), "route", "campaigns:journeys", "messages.view", order=20))
        menu.register(menu.MenuItem("messages", _("Content"), "template", "campaigns:templates", "messages.view", order=40))
        add_words(
            {
                "journey.launched": _("Switched a journey on"),
                "journey.paused": _("Paused a journey"),
                "journey.resumed": _("Let a journey go on"),
                "template.made": _("Made a mail"),
                "template.saved": _("Saved a mail as its next version"),
            },
            groups={"journey": _("Journeys"), "template": _("Content")},
        )
        senders.add("journeys", names_of_journeys)
        home_parts.counter_sources.add("messages_sent", messages_counter)
        home_parts.counter_sources.add("baskets_back", came_back_counter)
