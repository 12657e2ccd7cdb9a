"""The makers of test data give what they promise."""

import pytest

from retention.stores.models import Membership
from tests.cast import lumen, other_store
from tests.factories import make_key, signed_in, work_for

pytestmark = pytest.mark.django_db


def test_cast_has_one_person_in_every_role():
    cast = lumen()
    with work_for(cast.store):
        assert sorted(Membership.objects.values_list("role", flat=True)) == ["analyst", "manager", "marketer", "owner", "support"]
    assert cast.person("marketer") == cast.mia


def test_key_is_kept_in_its_store_only():
    store, _owner = other_store()
    key, text = make_key(store, "public")
    assert text.startswith("pk_")
    assert key.store_id == store.pk


def test_signed_in_browser_knows_its_person():
    cast = lumen()
    client = signed_in(cast.nora)
    assert client.session["_auth_user_id"] == str(cast.nora.pk)
