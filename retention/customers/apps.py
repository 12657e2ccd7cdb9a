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
        from retention.stores.audit_words import add_words

        announcing.add_types()
        register(models.Identity)
        register(models.CustomerEvent)
        register(models.Consent, move=move_consents)
        register(models.ConsentRecord, kept_because="What was said stays as proof, without who said it and from where.")
        register(models.AttributeValue, move=move_attribute_values)
        register(models.CustomerCounter, move=move_counters)
        register(models.CustomerMerge, column="survivor_id")
        register(models.Pending, move=move_pending)
        add_words(
            {
                "customer.edited": _("Changed a customer by hand"),
                "customer.joined": _("Joined two customers by hand"),
            },
            groups={"customer": _("Customers")},
        )
        menu.register(
            menu.MenuItem("", _("What is arriving"), "activity", "customers:arriving", "arriving.view", order=20),
            menu.MenuItem("people", _("Customers"), "users", "customers:list", "customers.view", order=10, with_pages_below=True),
            menu.MenuItem("people", _("Imports"), "upload", "customers:imports", "customers.import", order=60),
            menu.MenuItem("people", _("Files"), "download", "customers:exports", "customers.export", order=70),
        )
        home_parts.counter_sources.add("customers", customers_counter)
        home_parts.counter_sources.add("arrived", arrived_counter)
        home_parts.step_sources.add("first_event", (20, first_event_step))
        tell_as("Product Viewed", teller=telling.tell_product)
        tell_as("Product Added", "Product Removed", teller=telling.tell_product, about="orders")
        tell_as(
            "Cart Viewed",
            "Checkout Started",
            "Checkout Step Viewed",
            "Checkout Step Completed",
            "Payment Info Entered",
            teller=telling.tell_checkout,
            about="orders",
        )
        tell_as(MERGED, teller=telling.tell_merge)
        tell_as(SAVED, teller=telling.tell_saved)
        self._bring_in_and_take_out()

    def _bring_in_and_take_out(self) -> None:
        """Add the customers' files, in and out, and what must be forgotten again after a restore."""
        from retention.customers.exporting import CUSTOMERS, EVENTS, tables
        from retention.customers.forgetting_again import forget_again
        from retention.customers.importing.kinds import kinds
        from retention.customers.importing.meeting import IMPORTED
        from retention.customers.importing.people import PEOPLE
        from retention.customers.panels import tell_as
        from retention.customers.telling import tell_imported
        from retention.stores.audit_words import add_words
        from retention.stores.restoring import after_restore

        kinds.add("customers", PEOPLE)
        after_restore.add("erasures", forget_again)
        tables.add("customers", CUSTOMERS)
        tables.add("events", EVENTS)
        add_words(
            {
                "import.put_in": _("Put a file in"),
                "import.began": _("Began to bring a file in"),
                "import.called_off": _("Called an import off"),
                "export.made": _("Downloaded a file"),
                "export.asked": _("Asked for a large file"),
                "export.fetched": _("Downloaded a large file"),
                "customer.exported": _("Downloaded everything about a person"),
                "customer.erased": _("Erased a person"),
            },
            groups={"import": _("Imports"), "export": _("Files"), "customer": _("Customers")},
        )
        tell_as(IMPORTED, teller=tell_imported)
