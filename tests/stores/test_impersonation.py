"""S16: our staff looks into a store with a reason, for 30 minutes, in plain sight, and without exports, keys, team or sending."""

from datetime import timedelta

import pytest
from django.utils import timezone

from retention.dashboard.access import WITHHELD, allows
from retention.notices.models import Notice
from retention.stores import impersonation
from retention.stores.models import AuditEntry
from tests.cast import lumen, other_store
from tests.factories import make_user, signed_in, work_for

pytestmark = pytest.mark.django_db

REASON = "Orders of last night are missing, ticket 4711"


def begin(client, store, reason: str = REASON):
    return client.post("/staff/impersonate/", {"store": store.pk, "reason": reason})


@pytest.fixture
def staff():
    return signed_in(make_user("ines.ops@example.test", is_staff=True))


def test_visit_is_seen_by_the_store_and_stands_in_its_log(staff):
    cast = lumen()
    assert staff.get("/s/lumen/settings/security/").status_code == 404
    assert begin(staff, cast.store).status_code == 302
    page = staff.get("/s/lumen/settings/security/").content.decode()
    assert "You look at this store as Ines Ops of our staff" in page
    notice = Notice.objects.get(kind="staff_visit")
    assert (notice.to, REASON in notice.text) == (cast.nora.email, True)
    assert staff.post("/staff/impersonate/end/").status_code == 302
    assert staff.get("/s/lumen/settings/security/").status_code == 404
    with work_for(cast.store):
        entries = AuditEntry.objects.filter(actor_kind="staff").order_by("number").values_list("action", "details")
        assert list(entries) == [("staff.visit_began", {"reason": REASON}), ("staff.visit_ended", {})]


def test_visit_ends_after_thirty_minutes(staff):
    cast = lumen()
    begin(staff, cast.store)
    session = staff.session
    assert session["impersonation"]["until"] - timezone.now().timestamp() <= 30 * 60
    session["impersonation"] = session["impersonation"] | {"until": (timezone.now() - timedelta(seconds=1)).timestamp()}
    session.save()
    assert staff.get("/s/lumen/settings/security/").status_code == 404


def test_visit_opens_one_store_only(staff):
    cast, (_kite, _olga) = lumen(), other_store()
    begin(staff, cast.store)
    assert staff.get("/s/kite/settings/security/").status_code == 404


@pytest.mark.parametrize("path", ["keys/", "keys/new/", "team/", "store/", "audit/"])
def test_keys_team_settings_and_log_stay_shut(staff, path):
    begin(staff, lumen().store)
    assert staff.get(f"/s/lumen/settings/{path}").status_code == 403


def test_role_of_a_visit_exports_nothing_and_sends_nothing():
    shut = {
        "customers.export",
        "customers.erase",
        "keys.edit",
        "team.edit",
        "senders.edit",
        "store.edit",
        "security.edit",
        "store.close",
        "messages.send",
    }
    may = {name for name in shut if allows(impersonation.ROLE, capability=name)}
    assert may <= WITHHELD


@pytest.mark.parametrize("reason", ["", "because", "          "])
def test_visit_needs_a_reason(staff, reason):
    cast = lumen()
    assert begin(staff, cast.store, reason).status_code == 400
    assert staff.get("/s/lumen/settings/security/").status_code == 404
    assert Notice.objects.count() == 0


def test_merchants_cannot_begin_one():
    cast, (kite, _olga) = lumen(), other_store()
    client = signed_in(cast.nora)
    assert begin(client, kite).status_code == 403
    assert client.get("/s/kite/settings/security/").status_code == 404


def test_visit_ends_with_the_job(staff):
    cast = lumen()
    begin(staff, cast.store)
    user = type(cast.nora).objects.get(email="ines.ops@example.test")
    user.is_staff = False
    user.save()
    assert staff.get("/s/lumen/settings/security/").status_code == 404


@pytest.mark.parametrize("store", ["x", "0", "999999", "-1", "9" * 40])
def test_invented_store_is_refused(staff, store):
    assert staff.post("/staff/impersonate/", {"store": store, "reason": REASON}).status_code in (400, 404)
