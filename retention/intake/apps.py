"""Start-up of the intake room."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from retention.intake import incoming


class IntakeConfig(AppConfig):
    """The intake room."""

    name = "retention.intake"
    db_statements = staticmethod(incoming.db_statements)

    def ready(self) -> None:
        """Add the connected shops to the home page, and what they tell and did to the words of timeline and audit log."""
        from retention.customers.erasing import forgetters
        from retention.customers.panels import tell_as
        from retention.dashboard import home_parts
        from retention.intake.shops.people import ASKED
        from retention.intake.shops.subjects import empty_bodies_naming
        from retention.intake.shops.telling import shops_in_need, tell_parcel, tell_request
        from retention.stores.audit_words import add_words
        from retention.stores.views.settings_tabs import add_tab

        forgetters.add("shop_deliveries", empty_bodies_naming)
        add_tab("intake:shops", _("Connections"), "connections.view", order=33)
        home_parts.needs_you_sources.add("shops", shops_in_need)
        tell_as("Shipment Updated", teller=tell_parcel)
        tell_as(ASKED, teller=tell_request)
        add_words(
            {
                "shop.connected": _("Connected a shop"),
                "shop.secret_changed": _("Changed a shop's secret"),
                "shop.disconnected": _("Disconnected a shop"),
                "shop.delivery_replayed": _("Let a shop's delivery have its turn again"),
            },
            groups={"shop": _("Connected shops")},
        )
