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
        from campaigns.models.campaign import names_of_campaigns
        from campaigns.models.journey import names_of_journeys
        from campaigns.sending.opening import OPENED
        from campaigns.sending.receipts import BOUNCED, CLICKED, COMPLAINED, DELIVERED
        from campaigns.sending.replying import RECEIVED
        from campaigns.sending.visiting import CLOSED
        from retention.customers.panels import tell_as
        from retention.customers.personal_data import register
        from retention.dashboard import home_parts, menu
        from retention.stores.audit_words import add_words
        from retention.stores.views.settings_tabs import add_tab
        from segments.senders import senders

        outcomes = [*DELIVERED.values(), *BOUNCED.values(), *CLICKED.values(), COMPLAINED, OPENED, CLOSED, "Unsubscribed"]
        tell_as(*outcomes, teller=telling.tell_message, about="messages")
        tell_as(RECEIVED, teller=telling.tell_reply, about="messages")
        register(models.Enrollment)
        register(models.Message)
        register(models.Click)
        register(models.Attribution)
        register(models.PushSubscription)
        register(models.Opening)
        register(models.OnsiteMessage)
        menu.register(menu.MenuItem("messages", _("Campaigns"), "send", "campaigns:campaigns", "messages.view", order=30))
        menu.register(menu.MenuItem("messages", _("Journeys"), "route", "campaigns:journeys", "messages.view", order=20))
        add_tab("campaigns:connections", _("Channels"), "connections.view", order=34)
        menu.register(menu.MenuItem("messages", _("Content"), "template", "campaigns:templates", "messages.view", order=40))
        add_words(
            {
                "connection.saved": _("Saved a provider for messages"),
                "connection.stopped": _("Stopped using a provider for messages"),
                "journey.launched": _("Switched a journey on"),
                "journey.paused": _("Paused a journey"),
                "journey.resumed": _("Let a journey go on"),
                "campaign.made": _("Wrote a campaign"),
                "campaign.changed": _("Changed a campaign"),
                "campaign.started": _("Started a campaign"),
                "campaign.paused": _("Paused a campaign"),
                "campaign.resumed": _("Let a campaign go on"),
                "campaign.cancelled": _("Called a campaign off"),
                "campaign.archived": _("Put a campaign away"),
                "template.made": _("Made a mail"),
                "template.saved": _("Saved a mail as its next version"),
            },
            groups={"journey": _("Journeys"), "campaign": _("Campaigns"), "connection": _("Channels"), "template": _("Content")},
        )
        senders.add("journeys", names_of_journeys)
        senders.add("campaigns", names_of_campaigns)
        home_parts.counter_sources.add("messages_sent", messages_counter)
        home_parts.counter_sources.add("baskets_back", came_back_counter)
