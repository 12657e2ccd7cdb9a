"""Start-up of the campaigns floor."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CampaignsConfig(AppConfig):
    """The campaigns floor."""

    name = "campaigns"

    def ready(self) -> None:
        """Add this floor to the registers of the floors below."""
        from campaigns import models, telling
        from campaigns.home_parts import waiting_for_a_yes
        from campaigns.measurement.counters import came_back_counter, messages_counter
        from campaigns.models.campaign import names_of_campaigns
        from campaigns.models.journey import names_of_journeys
        from campaigns.sending.receipts import BOUNCED, CLICKED, COMPLAINED, DELIVERED
        from campaigns.sending.replying import RECEIVED
        from retention.customers.panels import tell_as
        from retention.customers.personal_data import register
        from retention.dashboard import home_parts, menu
        from retention.stores.views.settings_tabs import add_tab
        from segments.senders import senders

        outcomes = [*DELIVERED.values(), *BOUNCED.values(), *CLICKED.values(), COMPLAINED, "Unsubscribed"]
        tell_as(*outcomes, teller=telling.tell_message, about="messages")
        tell_as(RECEIVED, teller=telling.tell_reply, about="messages")
        register(models.Enrollment)
        register(models.Message)
        register(models.Click)
        register(models.Attribution)
        menu.register(menu.MenuItem("messages", _("Campaigns"), "send", "campaigns:campaigns", "messages.view", order=30))
        menu.register(menu.MenuItem("messages", _("Journeys"), "route", "campaigns:journeys", "messages.view", order=20))
        add_tab("campaigns:connections", _("Channels"), "connections.view", order=34)
        menu.register(menu.MenuItem("messages", _("Content"), "template", "campaigns:templates", "messages.view", order=40))
        self._add_words()
        senders.add("journeys", names_of_journeys)
        senders.add("campaigns", names_of_campaigns)
        home_parts.needs_you_sources.add("campaigns", waiting_for_a_yes)
        home_parts.counter_sources.add("messages_sent", messages_counter)
        home_parts.counter_sources.add("baskets_back", came_back_counter)

    def _add_words(self) -> None:
        """Say what the audit log calls this floor's deeds."""
        from retention.stores.audit_words import add_words

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
                "campaign.unarchived": _("Took a campaign back onto the list"),
                "campaign.asked": _("Asked for a yes to a campaign"),
                "campaign.returned": _("Gave a campaign back to who wrote it"),
                "campaign.tried": _("Sent a test of a campaign"),
                "template.tried": _("Sent a test of a mail"),
                "sender.made": _("Added a sender"),
                "domain.checked": _("Checked a sending domain"),
                "sender.removed": _("Removed a sender"),
                "template.made": _("Made a mail"),
                "template.saved": _("Saved a mail as its next version"),
            },
            groups={
                "journey": _("Journeys"),
                "campaign": _("Campaigns"),
                "connection": _("Channels"),
                "sender": _("Channels"),
                "domain": _("Channels"),
                "template": _("Content"),
            },
        )
