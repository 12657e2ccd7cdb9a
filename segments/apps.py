"""Start-up of the segments floor."""

from django.apps import AppConfig


class SegmentsConfig(AppConfig):
    """The segments floor."""

    name = "segments"

    def ready(self) -> None:
        """Name the tables that hold a customer's rows, and what merchants' systems can be told."""
        from retention.customers.personal_data import register
        from segments import announcing
        from segments.merging import move_memberships
        from segments.models import SegmentMember

        register(SegmentMember, move=move_memberships)
        announcing.add_types()
