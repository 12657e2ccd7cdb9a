"""Ended sessions and old invitations go away; live ones stay."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from retention.stores import inviting
from retention.stores.models import Invitation, SignIn
from retention.stores.tasks import tidy
from tests.cast import lumen
from tests.factories import signed_in, work_for

pytestmark = pytest.mark.django_db


def test_tidies_what_has_ended():
    cast = lumen()
    old, live = signed_in(cast.nora), signed_in(cast.tom)
    [client.get("/account/") for client in (old, live)]
    long_ago = timezone.now() - timedelta(days=31, hours=2)
    SignIn.objects.filter(user=cast.nora).update(seen_at=long_ago)
    Session.objects.filter(session_key=old.session.session_key).update(expire_date=long_ago)
    with work_for(cast.store):
        inviting.invite(cast.store, email="a@example.test", role="analyst", invited_by=cast.nora, now=long_ago)
        inviting.invite(cast.store, email="b@example.test", role="analyst", invited_by=cast.nora, now=timezone.now())
    tidy()
    assert list(SignIn.objects.values_list("user", flat=True)) == [cast.tom.pk]
    assert live.get("/account/").status_code == 200
    with work_for(cast.store):
        assert list(Invitation.objects.values_list("email", flat=True)) == ["b@example.test"]
