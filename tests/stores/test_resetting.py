"""S7 for resets: the link works once and for an hour, is nowhere in the database, and never drops the second factor (S4)."""

from urllib.parse import urlsplit

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from retention.notices.models import Notice
from retention.stores.models import SignIn
from tests.factories import STRONG_PASSWORD, make_user, signed_in, step_up

pytestmark = pytest.mark.django_db

NEW = "a brand new long password"


def ask(email: str) -> str:
    """Ask for a link and return the page with the form it leads to."""
    Client().post("/accounts/password/reset/", {"email": email})
    text = Notice.objects.latest("pk").text
    return urlsplit(next(word for word in text.split() if "/password/reset/key/" in word)).path


def use(link: str, password: str = NEW):
    client = Client()
    page = client.get(link)
    return client.post(page.url, {"password1": password, "password2": password}) if page.status_code == 302 else page


def test_link_works_once():
    user = make_user(password=STRONG_PASSWORD)
    link = ask(user.email)
    assert use(link).status_code == 302
    user.refresh_from_db()
    assert user.check_password(NEW)
    assert "no longer works" in use(link, "yet another password").content.decode()
    user.refresh_from_db()
    assert user.check_password(NEW)


@pytest.mark.parametrize("address", ["known@example.test", "nobody@example.test"])
def test_links_lead_to_our_site_whatever_host_and_port_was_named(settings, address):
    settings.SITE_URL, settings.ALLOWED_HOSTS = "https://shop.example.test", ["shop.example.test", "other.example.test"]
    make_user("known@example.test")
    for host in ("shop.example.test:6666", "other.example.test"):
        Client().post("/accounts/password/reset/", {"email": address}, headers={"Host": host})
        notice = Notice.objects.latest("pk")
        assert "https://shop.example.test/accounts/" in notice.text
        assert ":6666" not in notice.text + notice.html
        assert "other.example.test" not in notice.text + notice.html


def test_link_is_good_for_an_hour(settings):
    user = make_user(password=STRONG_PASSWORD)
    link = ask(user.email)
    assert settings.PASSWORD_RESET_TIMEOUT == 3600
    settings.PASSWORD_RESET_TIMEOUT = -1
    assert "no longer works" in use(link).content.decode()


def test_new_password_signs_out_everywhere():
    user = make_user(password=STRONG_PASSWORD)
    other = signed_in(user)
    assert other.get("/account/").status_code == 200
    use(ask(user.email))
    assert other.get("/account/").status_code == 302


def test_second_factor_stays():
    user = make_user(password=STRONG_PASSWORD)
    step_up(signed_in(user), user)
    use(ask(user.email))
    assert Authenticator.objects.filter(user=user, type="totp").exists()
    answer = Client().post("/accounts/login/", {"login": user.email, "password": NEW})
    assert answer.url == "/accounts/2fa/authenticate/"
    assert not SignIn.objects.filter(user=user, seen_at__gt=user.sign_ins.latest("pk").seen_at).exists()


def test_weak_new_password_is_refused():
    user = make_user(password=STRONG_PASSWORD)
    assert use(ask(user.email), "short").status_code == 200
    user.refresh_from_db()
    assert user.check_password(STRONG_PASSWORD)
