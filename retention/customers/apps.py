"""Start-up of the customers room."""

from django.apps import AppConfig


class CustomersConfig(AppConfig):
    """The customers room."""

    name = "retention.customers"

    def ready(self) -> None:
        """Name the tables that hold a customer's rows."""
        from retention.customers import models
        from retention.customers.merging import move_consents, move_pending
        from retention.customers.personal_data import register

        register(models.Identity)
        register(models.CustomerEvent)
        register(models.Consent, move=move_consents)
        register(models.Pending, move=move_pending)
