"""Start-up of the campaigns floor."""

from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    """The campaigns floor."""

    name = "campaigns"

    def ready(self) -> None:
        """Add this floor to the registers of the floors below."""
        from campaigns import models
        from retention.customers.personal_data import register

        register(models.Enrollment)
        register(models.Message)
        register(models.Click)
        register(models.Attribution)
