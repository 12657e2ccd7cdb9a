"""The scene itself: a row of every table in both stores, so that the crawl has something to find."""

import pytest
from django.db import transaction

from retention.customers.models import Customer, SavedView
from retention.tenancy.context import store_context
from tests.isolation.filling import store_owned
from tests.isolation.scene import Scene, fingerprint, rows_written


@pytest.mark.django_db
def test_every_table_has_a_row_in_both_stores(scene: Scene) -> None:
    for side in (scene.victim, scene.attacker):
        with store_context(side.store.pk):
            assert [model._meta.label for model in store_owned() if not model._default_manager.exists()] == []


@pytest.mark.django_db
def test_a_changed_row_changes_the_fingerprint(scene: Scene) -> None:
    before = fingerprint(scene.victim.store)
    with store_context(scene.victim.store.pk):
        scene.victim.rows["customers.Customer"].save()
        assert fingerprint(scene.victim.store) == before
        scene.victim.rows["customers.Customer"].first_name = "changed"  # type: ignore[attr-defined]
        scene.victim.rows["customers.Customer"].save()
    assert {label for label, digest in fingerprint(scene.victim.store).items() if digest != before[label]} == {"customers.Customer"}


@pytest.mark.django_db
@pytest.mark.parametrize("taken_back", [False, True])
def test_every_row_written_is_counted_and_reading_counts_nothing(scene: Scene, taken_back: bool) -> None:
    with store_context(scene.victim.store.pk):
        before, customer = rows_written(), scene.victim.rows["customers.Customer"]
        customer.refresh_from_db()
        assert rows_written() == before
        with transaction.atomic():
            customer.save()
            Customer.objects.create(first_name="new")
            SavedView.objects.all().delete()
            transaction.set_rollback(taken_back)
        assert rows_written() == before + 3
