"""S5 and S6: a session ends after 12 idle hours, after seven days, and everywhere at once; its id changes; its cookie is shut."""

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from retention.stores import sessions
from retention.stores.models import SignIn
from tests.factories import STRONG_PASSWORD, make_user, signed_in

pytestmark = pytest.mark.django_db

PAGE = "/account/"
NOW = timezone.now()
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("began", "seen", "valid_from", "ended"),
    [
        (NOW - HOUR, NOW, None, False),
        (NOW - 6 * DAY, NOW - 11 * HOUR, None, False),
        (NOW - DAY, NOW - 12 * HOUR, None, True),
        (NOW - 7 * DAY, NOW, None, True),
        (NOW - HOUR, NOW, NOW - 2 * HOUR, False),
        (NOW - 2 * HOUR, NOW, NOW - HOUR, True),
    ],
)
def test_when_a_session_has_ended(began, seen, valid_from, ended):
    assert sessions.has_ended(began=began, seen=seen, valid_from=valid_from, now=NOW) is ended


@pytest.mark.parametrize(("name", "back"), [("seen_at", 12 * HOUR), ("began_at", 7 * DAY)])
def test_old_session_leads_to_sign_in(name, back):
    client = signed_in(make_user())
    assert client.get(PAGE).status_code == 200
    session = client.session
    session[name] = (timezone.now() - back).timestamp()
    session.save()
    assert client.get(PAGE).url == f"/accounts/login/?next={PAGE}"
    assert SignIn.objects.count() == 0


def test_visits_keep_a_session_alive():
    client = signed_in(make_user())
    client.get(PAGE)
    session = client.session
    session["seen_at"] = (timezone.now() - 11 * HOUR).timestamp()
    session.save()
    client.get(PAGE)
    assert timezone.now().timestamp() - client.session["seen_at"] < 60


def test_sign_out_everywhere_ends_the_other_browsers_at_once():
    user = make_user()
    here, there = signed_in(user), signed_in(user)
    assert there.get(PAGE).status_code == here.get(PAGE).status_code == 200
    assert here.post("/account/sign-ins/end/").status_code == 302
    assert there.get(PAGE).status_code == 302
    assert here.get(PAGE).status_code == 200


def test_one_browser_can_be_ended_and_nobody_elses():
    user, other = make_user(), make_user()
    here, there, stranger = signed_in(user), signed_in(user), signed_in(other)
    [client.get(PAGE) for client in (here, there, stranger)]
    number = SignIn.objects.get(session_key=there.session.session_key).pk
    foreign = SignIn.objects.get(user=other).pk
    assert here.post(f"/account/sign-ins/{number}/end/").status_code == 302
    assert there.get(PAGE).status_code == 302
    assert here.post(f"/account/sign-ins/{foreign}/end/").status_code == 404
    assert stranger.get(PAGE).status_code == 200


def test_user_wide_end_holds_for_every_session():
    user = make_user()
    client = signed_in(user)
    client.get(PAGE)
    sessions.end_all(user)
    assert client.get(PAGE).status_code == 302


def test_session_id_changes_at_sign_in_and_the_old_one_opens_nothing():
    user = make_user(password=STRONG_PASSWORD)
    client = Client()
    client.get("/accounts/login/")
    session = client.session
    session["x"] = 1
    session.save()
    before = session.session_key
    client.cookies["boomerang"] = before
    client.post("/accounts/login/", {"login": user.email, "password": STRONG_PASSWORD})
    assert client.session.session_key != before
    thief = Client()
    thief.cookies["boomerang"] = before
    assert thief.get(PAGE).status_code == 302


def test_writes_need_the_csrf_token():
    user = make_user()
    strict = signed_in(user, enforce_csrf_checks=True)
    assert strict.post("/account/theme/", {"theme": "dark"}).status_code == 403
    user.refresh_from_db()
    assert user.theme == "auto"


def test_cookies_are_shut_over_https():
    names = [f"{kind}_COOKIE_{part}" for kind in ("SESSION", "CSRF") for part in ("NAME", "SECURE", "HTTPONLY", "SAMESITE")]
    program = f"import json; from django.conf import settings; print(json.dumps({{name: getattr(settings, name) for name in {names!r}}}))"
    environment = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "retention.settings",
        "BOOMERANG_ENV": "production",
        "SECRET_KEY": "k" * 64,
        "SITE_URL": "https://boomerang.example.com",
        "REDIS_URL": "redis://localhost/0",
        "DATABASE_URL": "postgres://boomerang_app:x@localhost/b",
        "DATABASE_OWNER_URL": "postgres://boomerang_owner:x@localhost/b",
        "DATABASE_INGEST_URL": "postgres://boomerang_ingest:x@localhost/b",
        "MERCHANT_KEYS": "a:" + "m" * 40,
    }
    root = Path(__file__).resolve().parents[2]
    answer = subprocess.run([sys.executable, "-c", program], cwd=root, env=environment, capture_output=True, text=True, check=True)
    assert json.loads(answer.stdout) == {
        "SESSION_COOKIE_NAME": "__Host-boomerang",
        "SESSION_COOKIE_SECURE": True,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "CSRF_COOKIE_NAME": "__Host-csrf",
        "CSRF_COOKIE_SECURE": True,
        "CSRF_COOKIE_HTTPONLY": True,
        "CSRF_COOKIE_SAMESITE": "Lax",
    }


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Windows"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1",
            "Safari on iPhone",
        ),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Linux"),
        ("curl/8", "A browser"),
    ],
)
def test_browser_is_named_in_words(agent, words):
    assert SignIn(agent=agent).browser == words
