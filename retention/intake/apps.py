"""Start-up of the intake room."""

from django.apps import AppConfig


class IntakeConfig(AppConfig):
    """The intake room."""

    name = "retention.intake"
