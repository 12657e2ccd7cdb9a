"""Start-up of the webhooks room: its settings tab, its part of the home page, its words in the audit log."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WebhooksConfig(AppConfig):
    """Outgoing webhooks."""

    name = "retention.webhooks"
    verbose_name = _("Webhooks")

    def ready(self) -> None:
        """Add the tab, the home part and the words."""
        from retention.dashboard import home_parts
        from retention.stores.audit_words import add_words
        from retention.stores.views.settings_tabs import add_tab
        from retention.webhooks.home_parts import paused_endpoints

        add_tab("webhooks:list", _("Webhooks"), "webhooks.view", order=35)
        home_parts.needs_you_sources.add("webhooks", paused_endpoints)
        add_words(
            {
                "webhook.made": _("Made a webhook"),
                "webhook.changed": _("Changed a webhook"),
                "webhook.secret_rotated": _("Rotated the secret of a webhook"),
                "webhook.paused": _("Paused a webhook"),
                "webhook.resumed": _("Resumed a webhook"),
                "webhook.replayed": _("Sent events to a webhook again"),
                "webhook.removed": _("Removed a webhook"),
            },
            groups={"webhook": _("Webhooks")},
        )
