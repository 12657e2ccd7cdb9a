"""Every table that names a customer is in the register of personal data, or an erased or merged person would stay in it."""

from django.apps import apps
from django.db import models

from retention.customers.personal_data import personal_tables


def _customer_columns() -> set[str]:
    found = set()
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.concrete_fields:
            if field.attname == "customer_id" or (
                isinstance(field, models.ForeignKey) and field.related_model._meta.label == "customers.Customer"
            ):
                found.add(model._meta.db_table)
    return found


def test_every_table_with_a_customer_is_registered() -> None:
    assert _customer_columns() - set(personal_tables.keys()) == set()


def test_what_is_kept_after_an_erasure_says_why() -> None:
    assert [key for key, table in personal_tables.items() if not table.erase and not table.kept_because] == []
