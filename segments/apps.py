"""Start-up of the segments floor."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SegmentsConfig(AppConfig):
    """The segments floor."""

    name = "segments"

    def ready(self) -> None:
        """Name the tables that hold a customer's rows, and what merchants' systems can be told."""
        from retention.customers.erasing import forgetters
        from retention.customers.panels import Panel, panels, tell_as
        from retention.customers.personal_data import register
        from retention.dashboard import menu
        from retention.stores.audit_words import add_words
        from segments import announcing, telling
        from segments.evaluating import ENTERED, LEFT
        from segments.forgetting import forget_in_rules
        from segments.merging import move_memberships
        from segments.models import SegmentMember

        register(SegmentMember, move=move_memberships)
        forgetters.add("segment_rules", forget_in_rules)
        announcing.add_types()
        panels.add("segments", Panel(_("Segments"), "segments/_panel.html", telling.segments_panel, order=40))
        tell_as(ENTERED, teller=telling.tell_entered)
        tell_as(LEFT, teller=telling.tell_left)
        menu.register(menu.MenuItem("people", _("Segments"), "filter", "segments:list", "segments.view", order=20, with_pages_below=True))
        add_words(
            {
                "segment.made": _("Made a segment"),
                "segment.changed": _("Changed a segment"),
                "segment.removed": _("Put a segment away"),
                "postcodes.put_in": _("Put postcodes into the table"),
                "postcodes.taken_out": _("Took postcodes out of the table"),
            },
            groups={"segment": _("Segments"), "postcodes": _("Postcodes")},
        )
