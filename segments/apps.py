"""Start-up of the segments floor."""

from django.apps import AppConfig


class SegmentsConfig(AppConfig):
    """The segments floor."""

    name = "segments"
