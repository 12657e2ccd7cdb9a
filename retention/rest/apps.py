"""Start-up of the rest room."""

from django.apps import AppConfig


class RestConfig(AppConfig):
    """The API's manners."""

    name = "retention.rest"

    def ready(self) -> None:
        """Let the description of the API know our keys."""
        from retention.rest import schema  # noqa: F401 - it registers itself by being imported
