"""S4: staff always, owners after seven days, and deeds of weight ask for the second factor; each code works once."""

import time
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.test import Client
from django.utils import timezone

from retention.stores.home_parts import second_factor_due
from retention.stores.models import ApiKey, AuditEntry, Membership
from tests.cast import lumen
from tests.factories import STRONG_PASSWORD, make_store, make_user, member_of, signed_in, step_up, work_for

pytestmark = pytest.mark.django_db

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
KEYS = "/s/lumen/settings/keys/"


def code_now() -> str:
    return format_hotp_value(hotp_value(SECRET, int(time.time()) // 30))


def with_app(user) -> None:
    TOTP.activate(user, SECRET)


def test_secret_is_sealed_in_the_database():
    user = make_user()
    with_app(user)
    assert SECRET not in str(Authenticator.objects.get().data)


def test_sign_in_asks_for_the_code_and_each_works_once():
    user = make_user(password=STRONG_PASSWORD)
    with_app(user)
    code = code_now()
    first, second = Client(), Client()
    for client in (first, second):
        answer = client.post("/accounts/login/", {"login": user.email, "password": STRONG_PASSWORD})
        assert answer.url == "/accounts/2fa/authenticate/"
        assert client.get("/account/").status_code == 302, "the password alone opens nothing"
    assert first.post("/accounts/2fa/authenticate/", {"code": code}).status_code == 302
    assert first.get("/account/").status_code == 200
    assert "was used already" in second.post("/accounts/2fa/authenticate/", {"code": code}).content.decode()
    assert second.get("/account/").status_code == 302


def test_guessing_codes_is_limited():
    user = make_user(password=STRONG_PASSWORD)
    with_app(user)
    client = Client()
    client.post("/accounts/login/", {"login": user.email, "password": STRONG_PASSWORD})
    answers = [client.post("/accounts/2fa/authenticate/", {"code": f"{number:06}"}) for number in range(12)]
    assert client.get("/account/").status_code == 302
    assert answers[-1].status_code == 429 or "Too many tries" in answers[-1].content.decode()


def test_first_key_leads_to_adding_a_second_factor_and_back():
    cast = lumen()
    client = signed_in(cast.nora, stepped_up=False)
    assert client.get(f"{KEYS}new/").url == "/account/second-factor/"
    assert client.get("/account/second-factor/").status_code == 200
    step_up(client, cast.nora)
    assert client.get("/account/second-factor/").url == f"{KEYS}new/"
    assert client.get(f"{KEYS}new/").status_code == 200


def test_person_with_a_second_factor_is_asked_for_it():
    cast = lumen()
    with_app(cast.nora)
    client = signed_in(cast.nora, stepped_up=False)
    assert client.get(f"{KEYS}new/").url == "/accounts/2fa/reauthenticate/?next=%2Fs%2Flumen%2Fsettings%2Fkeys%2Fnew%2F"
    answer = client.post(f"/accounts/2fa/reauthenticate/?next={KEYS}new/", {"code": code_now(), "next": f"{KEYS}new/"})
    assert answer.url == f"{KEYS}new/"
    assert client.get(f"{KEYS}new/").status_code == 200


def test_sent_form_is_never_repeated_unseen():
    cast = lumen()
    client = signed_in(cast.nora, stepped_up=False)
    form = {"kind": "secret", "label": "Server", "scopes": ["events:write"]}
    answer = client.post(f"{KEYS}make/", form, headers={"Referer": f"http://testserver{KEYS}new/"})
    assert answer.url == "/account/second-factor/"
    step_up(client, cast.nora)
    assert client.get("/account/second-factor/").url == f"{KEYS}new/"
    with work_for(cast.store):
        assert ApiKey.objects.count() == 0


def test_use_counts_for_fifteen_minutes():
    cast = lumen()
    client = signed_in(cast.nora)
    session = client.session
    records = session["account_authentication_methods"]
    session["account_authentication_methods"] = [record | {"at": time.time() - 901} for record in records]
    session.save()
    assert client.get(f"{KEYS}new/").status_code == 302


def test_revoking_needs_none_because_it_must_be_quick():
    cast = lumen()
    with work_for(cast.store):
        key, _text = ApiKey.prepare(kind="secret", label="x", scopes=[], created_by=None, now=timezone.now())
        key.save()
    client = signed_in(cast.nora, stepped_up=False)
    client.post(f"{KEYS}{key.pk}/revoke/")
    with work_for(cast.store):
        assert ApiKey.objects.live().count() == 0


def test_demo_asks_for_none(settings):
    settings.MFA_ENFORCED = False
    cast = lumen()
    assert signed_in(cast.nora, stepped_up=False).get(f"{KEYS}new/").status_code == 200


@pytest.mark.parametrize(("role", "days", "status"), [("owner", 6, 200), ("owner", 7, 302), ("manager", 30, 200)])
def test_owner_has_seven_days(role, days, status):
    store = make_store(slug="lumen")
    user = member_of(store, role)
    with work_for(store):
        Membership.objects.update(created_at=timezone.now() - timedelta(days=days))
    client = signed_in(user, stepped_up=False)
    assert client.get("/s/lumen/settings/team/").status_code == status
    assert client.get("/s/lumen/settings/security/").status_code == 200, "where one is added stays open"
    step_up(client, user)
    assert client.get("/s/lumen/settings/team/").status_code == 200


def test_owner_is_reminded_before(rf):
    store = make_store()
    user = member_of(store)
    request = rf.get("/")
    request.user, request.store = user, store
    with work_for(store):
        request.membership = Membership.objects.get()
        [thing] = second_factor_due(request, timezone.now())
        step_up(signed_in(user), user)
        assert second_factor_due(request, timezone.now()) == []
    assert "cannot work here without one" in str(thing.consequence)


def test_staff_pages_open_to_nobody_without_one():
    staff = make_user(is_staff=True)
    client = signed_in(staff, stepped_up=False)
    assert client.post("/staff/impersonate/end/").url == "/account/second-factor/"
    with_app(staff)
    assert client.post("/staff/impersonate/end/").url.startswith("/accounts/2fa/reauthenticate/")


def test_recovery_codes_alone_do_not_count():
    cast = lumen()
    Authenticator.objects.create(user=cast.nora, type=Authenticator.Type.RECOVERY_CODES, data={})
    assert signed_in(cast.nora, stepped_up=False).get(f"{KEYS}new/").url == "/account/second-factor/"


def test_another_address_needs_the_password_again():
    """Whoever finds an open browser must not be able to move the account to an address of their own."""
    user = make_user(password=STRONG_PASSWORD)
    client = signed_in(user, stepped_up=False)
    answer = client.post("/accounts/email/", {"action_add": "", "email": "thief@example.test"})
    assert answer.url.startswith("/accounts/reauthenticate/")
    assert list(EmailAddress.objects.values_list("email", flat=True)) == [user.email]


@pytest.mark.django_db(transaction=True)
def test_adding_one_stands_in_the_log_and_changes_the_session_id():
    cast = lumen()
    client = signed_in(cast.nora)
    Authenticator.objects.filter(user=cast.nora).delete()
    client.get("/accounts/2fa/totp/activate/")
    before, secret = client.session.session_key, client.session["mfa.totp.secret"]
    code = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
    assert client.post("/accounts/2fa/totp/activate/", {"code": code}).status_code == 302
    assert client.session.session_key != before
    assert client.get(f"{KEYS}new/").status_code == 200, "what was just added is not asked for again"
    with work_for(cast.store):
        assert AuditEntry.objects.filter(action="account.second_factor_added").exists()
