"""Start-up of the catalog room."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    """The catalog room."""

    name = "retention.catalog"
