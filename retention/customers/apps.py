"""Start-up of the customers room."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CustomersConfig(AppConfig):
    """The customers room."""

    name = "retention.customers"

    def ready(self) -> None:
        """Name the tables that hold a customer's rows, the pages, and what the home page shows of them."""
        from retention.customers import announcing, models, telling
        from retention.customers.home import arrived_counter, customers_counter, first_event_step
        from retention.customers.merging import MERGED, move_attribute_values, move_consents, move_counters, move_pending
        from retention.customers.panels import tell_as
        from retention.customers.personal_data import register
        from retention.customers.saving import SAVED
        from retention.dashboard import home_parts, menu

        announcing.add_types()
        register(models.Identity)
        register(models.CustomerEvent)
        register(models.Consent, move=move_consents)
        register(models.ConsentRecord, kept_because="What was said stays as proof, without who said it and from where.")
        register(models.AttributeValue, move=move_attribute_values)
        register(models.CustomerCounter, move=move_counters)
        register(models.CustomerMerge, column="survivor_id")
        register(models.Pending, move=move_pending)
        menu.register(
            menu.MenuItem("", _("What is arriving"), "activity", "customers:arriving", "arriving.view", order=20),
            menu.MenuItem("people", _("Customers"), "users", "customers:list", "customers.view", order=10),
        )
        home_parts.counter_sources.add("customers", customers_counter)
        home_parts.counter_sources.add("arrived", arrived_counter)
        home_parts.step_sources.add("first_event", (20, first_event_step))
        tell_as("Product Viewed", "Product Added", "Product Removed", teller=telling.tell_product)
        tell_as(
            "Cart Viewed",
            "Checkout Started",
            "Checkout Step Viewed",
            "Checkout Step Completed",
            "Payment Info Entered",
            teller=telling.tell_checkout,
        )
        tell_as(MERGED, teller=telling.tell_merge)
        tell_as(SAVED, teller=telling.tell_saved)
