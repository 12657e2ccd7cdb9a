"""Start-up of the catalog room."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CatalogConfig(AppConfig):
    """The catalog room."""

    name = "retention.catalog"

    def ready(self) -> None:
        """Name the pages."""
        from retention.dashboard import menu

        menu.register(menu.MenuItem("sales", _("Catalogue"), "tag", "catalog:products", "catalog.view", order=40))
