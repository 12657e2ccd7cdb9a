"""What a worker keeps between its tasks: connections, as a web process keeps them between requests, and never what is only for pages.

Celery's own way for Django closes every connection before and after each task. Timed jobs ask a short question some times a second, so a
third of an idle worker's time went into connecting, and as much again into processes of PostgreSQL that begin and end.
"""

from typing import Any

from celery.fixups.django import DjangoFixup, DjangoWorkerFixup
from django.db import connections


class KeptConnections(DjangoWorkerFixup):  # type: ignore[misc]
    """Close a connection only where it broke or is as old as the settings allow; one that was idle is tried before it is used.

    Django's checks read every page, form and address, which no task needs; whoever migrates runs them before a worker starts.
    """

    def validate_models(self) -> None:
        """Read the models, without the checks."""
        self.django_setup()

    def close_database(self, **_: Any) -> None:
        """Let go of what cannot be used again."""
        for connection in connections.all(initialized_only=True):
            connection.close_if_unusable_or_obsolete()

    def close_cache(self) -> None:
        """Keep the cache's connections: they are pooled, and those that broke are replaced."""


class Fixup(DjangoFixup):  # type: ignore[misc]
    """Let a Celery application work with Django, as said above."""

    _kept: KeptConnections | None = None

    @property
    def worker_fixup(self) -> KeptConnections:
        """Return what a worker of the application does; made when it is first asked for, since that reads the settings."""
        if self._kept is None:
            self._kept = KeptConnections(self.app)
        return self._kept


def fixup(app: Any) -> Fixup:
    """Install it, as Celery asks for."""
    made = Fixup(app)
    made.install()
    return made
