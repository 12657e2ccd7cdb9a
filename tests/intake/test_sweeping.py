"""Keys of message ids older than ninety days leave in batches, in every store, and the others stay."""

from datetime import timedelta

import pytest

from retention.customers.models import EventKey
from retention.intake.sweeping import sweep_event_keys
from retention.kit.clock import now
from tests.factories import make_store, work_for


@pytest.mark.django_db
def test_old_keys_of_every_store_leave_in_batches_and_younger_ones_stay():
    moment, stores = now(), [make_store(), make_store()]
    for store in stores:
        with work_for(store):
            for number, days in enumerate((89, 90, 91, 92, 400, 401)):
                EventKey.objects.create(key=bytes([number] * 16), seen_on=(moment - timedelta(days=days)).date())
    assert sweep_event_keys(now=moment, batch=3, batches=2) == 6
    assert sweep_event_keys(now=moment, batch=3) == 2
    assert sweep_event_keys(now=moment, batch=3) == 0
    for store in stores:
        with work_for(store):
            assert sorted(bytes(key)[0] for key in EventKey.objects.values_list("key", flat=True)) == [0, 1]
