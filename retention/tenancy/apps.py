"""Start-up of the tenancy room: makes sure psycopg2 is the only PostgreSQL driver."""

import importlib.util

from django.apps import AppConfig
from django.core.exceptions import ImproperlyConfigured


class TenancyConfig(AppConfig):
    """Tenancy: no models of its own, only the net under everybody else's."""

    name = "retention.tenancy"

    def ready(self) -> None:
        """Refuse psycopg 3: Django would silently prefer it, and the engine's prefix and COPY rely on psycopg2."""
        from retention.tenancy import checks  # noqa: F401 - registers them

        if importlib.util.find_spec("psycopg") is not None:
            raise ImproperlyConfigured("psycopg 3 is installed beside psycopg2. Remove it: the database engine is written for psycopg2.")
