"""Sign-ups nobody confirmed name people too: they go when the person is erased, and nobody else's do."""

from datetime import UTC, datetime, timedelta

import pytest

from retention.customers.erasing import erase
from retention.signup.confirming import digest_of
from retention.signup.models import Signup
from tests.factories import make_store, work_for
from tests.factories.customers import make_customer
from tests.factories.signup import make_form

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.mark.django_db
def test_erasing_a_person_takes_their_unconfirmed_sign_ups(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    store = make_store()
    form = make_form(store)
    zoe = make_customer(store, "zoe@example.test")
    with work_for(store):
        for address in ("Zoe@example.test", "bea@example.test"):
            given = {
                "address_digest": digest_of(address, ""),
                "text_version": "1",
                "consent_text": "Yes",
                "expires_at": NOW + timedelta(days=1),
            }
            Signup.objects.create(form=form, email=address, **given)
        erase(zoe, by=None, now=NOW)
        assert list(Signup.objects.values_list("email", flat=True)) == ["bea@example.test"]
