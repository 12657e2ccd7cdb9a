"""Start-up of the signup room."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SignupConfig(AppConfig):
    """The signup room."""

    name = "retention.signup"

    def ready(self) -> None:
        """Name the tables that hold a customer's rows, the pages, the words for events and deeds, and the panel on a customer's page."""
        from retention.customers.erasing import forgetters
        from retention.customers.panels import Panel, panels, tell_as
        from retention.customers.personal_data import register
        from retention.dashboard import menu
        from retention.signup import models, telling
        from retention.signup.forgetting import forget_unconfirmed
        from retention.signup.joining import SIGNED_UP
        from retention.signup.merging import move_preferences
        from retention.signup.preferring import CHANGED
        from retention.stores.audit_words import add_words

        forgetters.add("signups", forget_unconfirmed)
        register(models.Signup)
        register(models.Preference, move=move_preferences)
        menu.register(menu.MenuItem("people", _("Forms"), "forms", "signup:list", "messages.view", order=40))
        panels.add("preferences", Panel(_("What they want to hear"), "signup/_preferences_panel.html", telling.preferences_panel, order=30))
        tell_as(SIGNED_UP, teller=telling.tell_signed_up)
        tell_as(CHANGED, teller=telling.tell_changed)
        add_words(
            {
                "form.made": _("Made a sign-up form"),
                "form.changed": _("Changed a sign-up form"),
                "form.live": _("Set a sign-up form live"),
                "form.paused": _("Paused a sign-up form"),
                "form.archived": _("Put a sign-up form away"),
                "topic.made": _("Made a topic"),
                "topic.archived": _("Put a topic away"),
            },
            groups={"form": _("Forms"), "topic": _("Topics")},
        )
