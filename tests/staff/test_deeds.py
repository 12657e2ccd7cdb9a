"""What staff may do: each deed asks for a reason, does one thing, and stands in the staff's log and the store's."""

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from retention.kit.clock import now
from retention.notices.models import Notice
from retention.stores.models import ApiKey, AuditEntry, PlatformState, User
from retention.tenancy.context import store_context
from retention.tenancy.unscoped import unscoped
from tests.cast import Lumen
from tests.factories import make_user, signed_in

pytestmark = pytest.mark.django_db
REASON = "Ticket 4711: the shop asked for it"


def _deed(table: str, pk: int, name: str) -> str:
    return reverse(f"admin:stores_{table}_change", args=[pk]).replace("/change/", f"/{name}/")


def _key(shop: Lumen) -> ApiKey:
    with store_context(shop.store.pk):
        key: ApiKey = ApiKey.objects.get()
        return key


def _last_entry(shop: Lumen) -> AuditEntry:
    with store_context(shop.store.pk):
        entry: AuditEntry = AuditEntry.objects.order_by("-number")[0]
        return entry


@pytest.mark.parametrize("reason", ["", "short", "         \n   "])
def test_nothing_happens_without_a_reason(staff: Client, shop: Lumen, reason: str) -> None:
    answer = staff.post(_deed("apikey", _key(shop).pk, "revoke"), {"reason": reason})
    assert answer.status_code == 200
    assert _key(shop).revoked_at is None
    assert _last_entry(shop).action == "store.created"
    assert LogEntry.objects.count() == 0


def test_asking_changes_nothing(staff: Client, shop: Lumen) -> None:
    assert staff.get(_deed("apikey", _key(shop).pk, "revoke")).status_code == 200
    assert _key(shop).revoked_at is None


def test_a_revoked_key_is_written_down_twice(staff: Client, shop: Lumen, operator: User) -> None:
    key = _key(shop)
    assert staff.post(_deed("apikey", key.pk, "revoke"), {"reason": REASON}).status_code == 302
    assert _key(shop).revoked_at is not None
    entry, line = _last_entry(shop), LogEntry.objects.get()
    assert (entry.action, entry.actor_kind, entry.actor_id, entry.target) == ("key.revoked", "staff", operator.pk, f"apikey:{key.pk}")
    assert entry.details == {"reason": REASON}
    assert entry.digest == entry.chained()
    assert (line.user_id, line.change_message) == (operator.pk, f"key.revoked: {REASON}")


def test_a_visit_opens_the_store_and_tells_its_owners(staff: Client, shop: Lumen) -> None:
    before = Notice.objects.count()
    answer = staff.post(_deed("store", shop.store.pk, "visit"), {"reason": REASON})
    assert answer.headers["Location"] == "/s/lumen/"
    page = staff.get("/s/lumen/")
    assert page.status_code == 200
    assert "of our staff" in page.content.decode()
    assert _last_entry(shop).action == "staff.visit_began"
    assert Notice.objects.count() == before + 1
    assert staff.get("/s/lumen/settings/keys/").status_code == 403


def test_without_a_visit_staff_see_no_store(staff: Client, shop: Lumen) -> None:
    assert staff.get("/s/lumen/").status_code == 404


def test_a_shut_account_is_signed_out_and_opened_again(staff: Client, shop: Lumen) -> None:
    browser = signed_in(shop.nora)
    assert browser.get("/s/lumen/").status_code == 200
    staff.post(_deed("user", shop.nora.pk, "account"), {"reason": REASON})
    assert User.objects.get(pk=shop.nora.pk).is_active is False
    assert browser.get("/s/lumen/").status_code == 302
    assert _last_entry(shop).target == f"user:{shop.nora.pk}"
    staff.post(_deed("user", shop.nora.pk, "account"), {"reason": REASON})
    assert User.objects.get(pk=shop.nora.pk).is_active is True


def test_lost_second_factors_are_taken_away(staff: Client, shop: Lumen) -> None:
    signed_in(shop.nora)
    staff.post(_deed("user", shop.nora.pk, "factors"), {"reason": REASON})
    assert Authenticator.objects.filter(user=shop.nora).count() == 0
    assert _last_entry(shop).action == "staff.second_factors_removed"


def test_sessions_end_everywhere(staff: Client, shop: Lumen) -> None:
    staff.post(_deed("user", shop.nora.pk, "sessions"), {"reason": REASON})
    assert User.objects.get(pk=shop.nora.pk).sessions_valid_from is not None


def test_only_a_superuser_names_staff_and_never_themselves(shop: Lumen, operator: User, staff: Client) -> None:
    plain = make_user("plain@example.test", is_staff=True)
    helper = signed_in(plain)
    assert helper.post(_deed("user", shop.tom.pk, "staff"), {"reason": REASON}).status_code == 403
    assert staff.post(_deed("user", operator.pk, "staff"), {"reason": REASON}).status_code == 403
    assert User.objects.get(pk=shop.tom.pk).is_staff is False
    assert LogEntry.objects.count() == 0
    assert staff.post(_deed("user", shop.tom.pk, "staff"), {"reason": REASON}).status_code == 302
    assert User.objects.get(pk=shop.tom.pk).is_staff is True


@pytest.mark.parametrize("name", ["factors", "account"])
def test_staff_weaken_no_colleague_and_not_themselves(shop: Lumen, operator: User, staff: Client, name: str) -> None:
    plain = make_user("plain@example.test", is_staff=True)
    helper = signed_in(plain)
    assert helper.post(_deed("user", operator.pk, name), {"reason": REASON}).status_code == 403
    assert helper.post(_deed("user", plain.pk, name), {"reason": REASON}).status_code == 403
    assert staff.post(_deed("user", operator.pk, name), {"reason": REASON}).status_code == 403
    assert Authenticator.objects.filter(user__in=[operator, plain]).count() == 2
    assert User.objects.filter(pk__in=[operator.pk, plain.pk], is_active=True).count() == 2
    assert LogEntry.objects.count() == 0
    assert staff.post(_deed("user", plain.pk, name), {"reason": REASON}).status_code == 302


def test_sending_is_resumed_from_the_front_page(staff: Client, operator: User) -> None:
    with unscoped(reason="test"):
        PlatformState.stop_sending(reason="restored", now=now())
    address = reverse("admin:resume_sending")
    assert staff.get(address).status_code == 405
    assert PlatformState.sending_allowed() is False
    assert staff.post(address).status_code == 302
    assert PlatformState.sending_allowed() is True
    assert LogEntry.objects.get().user_id == operator.pk


def test_deeds_need_a_form_of_ours(operator: User, shop: Lumen) -> None:
    browser = signed_in(operator, enforce_csrf_checks=True)
    assert browser.post(_deed("apikey", _key(shop).pk, "revoke"), {"reason": REASON}).status_code == 403
    assert _key(shop).revoked_at is None
