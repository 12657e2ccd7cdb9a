"""The scene itself: a row of every table in both stores, so that the crawl has something to find."""

import pytest

from retention.tenancy.context import store_context
from tests.isolation.filling import store_owned
from tests.isolation.scene import Scene, fingerprint


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
