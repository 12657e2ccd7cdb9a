"""Start-up of the campaigns floor."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

_DEEDS = {
    "connection.saved": _("Saved a provider for messages"),
    "connection.stopped": _("Stopped using a provider for messages"),
    "connection.shared": _("Changed the share or the warm-up of a provider"),
    "journey.made": _("Began a journey"),
    "journey.discarded": _("Threw the draft of a journey away"),
    "journey.shadow_begun": _("Let a journey run in shadow"),
    "journey.shadow_stopped": _("Stopped the shadow of a journey"),
    "journey.replayed": _("Replayed a journey over the last days"),
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
    "recovery.begun": _("Made the recovery plan"),
    "recovery.switched_on": _("Switched the recovery plan on"),
    "recovery.row_added": _("Added a row to the recovery plan"),
    "recovery.row_removed": _("Took a row out of the recovery plan"),
    "recovery.group": _("Said who is in a visitor group"),
    "recovery.saved": _("Saved a cell of the recovery plan"),
    "recovery.state": _("Changed the state of a cell of the recovery plan"),
    "template.tried": _("Sent a test of a mail"),
    "sender.made": _("Added a sender"),
    "domain.checked": _("Checked a sending domain"),
    "link_host.added": _("Added a host for links"),
    "link_host.checked": _("Checked a host for links"),
    "link_host.retired": _("Stopped using a host for links"),
    "sender.removed": _("Removed a sender"),
    "template.made": _("Made a mail"),
    "template.saved": _("Saved a mail as its next version"),
    "phrases.changed": _("Changed the fixed words of mails"),
    "coupons.made": _("Made a coupon pool"),
    "coupons.added": _("Added coupon codes"),
    "coupons.archived": _("Put a coupon pool away"),
    "coupons.unarchived": _("Brought a coupon pool back"),
    "measuring.holdout": _("Changed who gets no marketing at all"),
    "measuring.anew": _("Began a new comparison of the whole store"),
    "measuring.windows": _("Changed how long after a click orders are credited"),
    "sending.budget": _("Changed how many messages a person may get"),
    "sending.ranks": _("Changed what goes first to a person"),
    "rule.kept": _("Said what happens when something shown is no longer true"),
}
_GROUPS = {
    "coupons": _("Coupons"),
    "rule": _("What is still true"),
    "measuring": _("Measuring"),
    "sending": _("Sending rules"),
    "journey": _("Journeys"),
    "recovery": _("Recovery plan"),
    "campaign": _("Campaigns"),
    "connection": _("Channels"),
    "sender": _("Channels"),
    "domain": _("Channels"),
    "link_host": _("Channels"),
    "template": _("Content"),
    "phrases": _("Content"),
}


class CampaignsConfig(AppConfig):
    """The campaigns floor."""

    name = "campaigns"

    def ready(self) -> None:
        """Add this floor to the registers of the floors below."""
        from campaigns import home_parts as own
        from campaigns import models, telling
        from campaigns.broadcasts.running import look_again
        from campaigns.journeys.hearers import hearers
        from campaigns.journeys.merging import move_runs, move_turned_away
        from campaigns.journeys.surveying import ANSWERED
        from campaigns.measurement import assignment
        from campaigns.measurement.counters import came_back_counter, messages_counter
        from campaigns.models.campaign import names_of_campaigns
        from campaigns.models.journey import names_of_journeys
        from campaigns.recovery.merging import follow_merge, follow_watch
        from campaigns.recovery.noticing import hear
        from campaigns.sending.opening import OPENED
        from campaigns.sending.receipts import BOUNCED, CLICKED, COMPLAINED, DELIVERED
        from campaigns.sending.replying import RECEIVED
        from campaigns.sending.visiting import CLOSED
        from campaigns.views.why import why_panel
        from retention.customers.panels import Panel, panels, tell_as
        from retention.customers.personal_data import register
        from retention.dashboard import home_parts
        from retention.stores.audit_words import add_words
        from segments.senders import listeners, senders

        outcomes = [*DELIVERED.values(), *BOUNCED.values(), *CLICKED.values(), COMPLAINED, OPENED, CLOSED, "Unsubscribed"]
        tell_as(*outcomes, teller=telling.tell_message, about="messages")
        tell_as(RECEIVED, teller=telling.tell_reply, about="messages")
        tell_as(ANSWERED, teller=telling.tell_answer, about="messages")
        panels.add("messages", Panel(_("Messages, and why"), "campaigns/_why_panel.html", why_panel, order=25))
        register(models.Enrollment, move=move_runs)
        register(models.TurnedAway, move=move_turned_away)
        register(models.ShadowNote)
        register(models.Message)
        register(models.Click)
        register(models.Coupon)
        register(models.Decision)
        register(models.Attribution)
        register(models.Assignment, move=assignment.follow_merge)
        register(models.PushSubscription)
        register(models.Opening)
        register(models.OnsiteMessage)
        register(models.Departure, move=follow_merge)
        register(models.RecoveryWatch, move=follow_watch)
        hearers.add("recovery", hear)
        _add_pages()
        add_words(_DEEDS, groups=_GROUPS)
        senders.add("journeys", names_of_journeys)
        senders.add("campaigns", names_of_campaigns)
        listeners.add("campaigns", look_again)
        home_parts.needs_you_sources.add("campaigns", own.waiting_for_a_yes)
        home_parts.needs_you_sources.add("sending_stops", own.stops)
        home_parts.needs_you_sources.add("link_hosts", own.broken_hosts)
        home_parts.needs_you_sources.add("coupons_few", own.few_codes)
        home_parts.needs_you_sources.add("recovery", own.recovery)
        home_parts.counter_sources.add("messages_sent", messages_counter)
        home_parts.counter_sources.add("baskets_back", came_back_counter)


def _add_pages() -> None:
    """Put this floor's pages into the menu and its settings among the tabs."""
    from retention.dashboard.menu import MenuItem, register
    from retention.stores.views.settings_tabs import add_tab

    register(
        MenuItem("messages", _("Recovery plan"), "layout-grid", "campaigns:recovery", "messages.view", order=10),
        MenuItem("messages", _("Journeys"), "route", "campaigns:journeys", "messages.view", order=20),
        MenuItem("messages", _("Ready-made"), "sparkles", "campaigns:playbooks", "messages.view", order=25),
        MenuItem("messages", _("Campaigns"), "send", "campaigns:campaigns", "messages.view", order=30),
        MenuItem("messages", _("Content"), "template", "campaigns:templates", "messages.view", order=40),
        MenuItem("messages", _("Coupons"), "ticket", "campaigns:coupon_pools", "messages.view", order=50),
        MenuItem("messages", _("Calendar"), "clock", "campaigns:calendar", "messages.view", order=35),
        MenuItem("insight", _("How often"), "activity", "campaigns:frequency", "insight.view", order=45),
        MenuItem("insight", _("Experiments"), "flask", "campaigns:experiments", "insight.view", order=40, with_pages_below=True),
    )
    add_tab("campaigns:brand", _("Look of mails"), "store.edit", order=12)
    add_tab("campaigns:connections", _("Channels"), "connections.view", order=34)
    add_tab("campaigns:sending_rules", _("Sending rules"), "messages.view", order=35)
    add_tab("campaigns:measuring", _("Measuring"), "store.view", order=36)
