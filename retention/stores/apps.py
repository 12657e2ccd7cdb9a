"""Start-up of the stores room."""

from django.apps import AppConfig


class StoresConfig(AppConfig):
    """Stores, memberships, keys and the audit log."""

    name = "retention.stores"
    verbose_name = "Stores"
