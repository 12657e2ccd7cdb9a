"""Start-up of the staff room, and the admin with our own site."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.utils.translation import gettext_lazy as _


class StaffConfig(AppConfig):
    """The pages of operations staff; has no tables."""

    name = "retention.staff"

    def ready(self) -> None:
        """Say in the stores' audit logs what staff did."""
        from retention.stores.audit_words import add_words

        add_words(
            {
                "staff.sessions_ended": _("Our staff signed a colleague out everywhere"),
                "staff.account_changed": _("Our staff shut or opened a colleague's account"),
                "staff.second_factors_removed": _("Our staff took a colleague's second factors away"),
                "staff.staff_changed": _("Our staff made a colleague staff, or no longer"),
            }
        )


class StaffAdminConfig(AdminConfig):
    """Django's admin, with the site that staff sign in to."""

    default_site = "retention.staff.site.StaffSite"
