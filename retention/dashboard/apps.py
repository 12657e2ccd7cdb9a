"""The dashboard app: shared page parts. It has no models and registers nothing itself."""

from django.apps import AppConfig


class DashboardConfig(AppConfig):
    """Make the template tags and the styleguide known to Django."""

    name = "retention.dashboard"
    label = "dashboard"
