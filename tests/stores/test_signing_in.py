"""S2 and S3: tries are counted, strangers cannot lock anybody out, and the answer never says whether an account exists."""

import re
import statistics
import threading
import time

import pytest
import redis
from django.contrib.auth.hashers import make_password
from django.db import connection
from django.test import Client, RequestFactory

from retention.notices.models import Notice
from retention.settings import PASSWORD_HASHERS
from retention.stores import signing_in
from retention.stores.models import User
from tests.factories import STRONG_PASSWORD, make_user

pytestmark = pytest.mark.django_db

NORA = "nora.keller@example.test"


def sign_in(client: Client, *, email: str = NORA, password: str = "wrong wrong wrong", ip: str = "203.0.113.7"):
    return client.post("/accounts/login/", {"login": email, "password": password}, REMOTE_ADDR=ip)


def words(answer) -> str:
    return answer.content.decode()


@pytest.fixture
def no_delay(settings):
    """Let tests try again at once: the growing delay has its own test."""
    server = redis.Redis.from_url(settings.REDIS_URL)

    def skip() -> None:
        for key in server.scan_iter("sign-in:*"):
            server.hdel(key, "next")

    return skip


def test_says_how_many_tries_are_left_and_then_pauses(no_delay):
    make_user(NORA, password=STRONG_PASSWORD)
    client, heard = Client(), []
    for _number in range(5):
        heard.append(words(sign_in(client)))
        no_delay()
    assert "Two tries are left before a 10-minute pause." in heard[2]
    assert "One try is left before a 10-minute pause." in heard[3]
    assert "Signing in here pauses for 10 minutes." in heard[4]
    right = sign_in(client, password=STRONG_PASSWORD)
    assert right.status_code == 200
    assert "Too many tries. Signing in here pauses for 10 minutes." in words(right)


def test_fifth_try_may_still_be_the_right_one(no_delay):
    make_user(NORA, password=STRONG_PASSWORD)
    client = Client()
    for _number in range(4):
        sign_in(client)
        no_delay()
    assert sign_in(client, password=STRONG_PASSWORD).status_code == 302


def test_delay_grows_between_tries(settings):
    server = redis.Redis.from_url(settings.REDIS_URL)
    request = RequestFactory().post("/", REMOTE_ADDR="203.0.113.7")
    waits = []
    for _number in range(4):
        signing_in.take_try(request, email=NORA)
        [key] = server.scan_iter("sign-in:*")
        waits.append(round((float(server.hget(key, "next") or 0) - float(server.hget(key, "last"))) / 1000))
        server.hdel(key, "next")
    assert waits[2:] == [2, 4]


def test_try_that_comes_too_soon_is_told_to_wait(settings):
    make_user(NORA, password=STRONG_PASSWORD)
    server, client = redis.Redis.from_url(settings.REDIS_URL), Client()
    sign_in(client)
    [key] = server.scan_iter("sign-in:*")
    server.hset(key, "next", int(time.time() * 1000) + 60_000)
    refused = words(sign_in(client, password=STRONG_PASSWORD))
    assert re.search(r"Wait \d+ seconds, then try again\.", refused)
    assert int(server.hget(key, "tries")) == 1, "waiting costs no try"


def test_stranger_cannot_lock_out_a_browser_that_signed_in_before(no_delay):
    make_user(NORA, password=STRONG_PASSWORD)
    own = Client()
    assert sign_in(own, password=STRONG_PASSWORD).status_code == 302
    own.post("/accounts/logout/")
    for number in range(8):
        sign_in(Client(), ip=f"198.51.100.{number}")
        no_delay()
    assert "Too many tries" in words(sign_in(Client(), password=STRONG_PASSWORD, ip="198.51.100.99"))
    assert sign_in(own, password=STRONG_PASSWORD).status_code == 302


def test_known_browsers_cookie_opens_nothing_for_another_account():
    make_user(NORA, password=STRONG_PASSWORD)
    client = Client()
    sign_in(client, password=STRONG_PASSWORD)
    request = RequestFactory().post("/", REMOTE_ADDR="203.0.113.7")
    request.COOKIES = {name: morsel.value for name, morsel in client.cookies.items()}
    assert signing_in.known_device(request, email=NORA)
    assert not signing_in.known_device(request, email="tom@example.test")
    request.COOKIES[signing_in.cookie_name()] += "x"
    assert not signing_in.known_device(request, email=NORA)


def test_ten_failures_by_one_connection_are_the_most(no_delay):
    make_user(NORA, password=STRONG_PASSWORD)
    for number in range(10):
        assert "do not fit together" in words(sign_in(Client(), email=f"person{number}@example.test"))
    assert "Too many tries" in words(sign_in(Client(), password=STRONG_PASSWORD))
    assert sign_in(Client(), password=STRONG_PASSWORD, ip="203.0.113.8").status_code == 302


def test_right_password_costs_the_connection_nothing():
    make_user(NORA, password=STRONG_PASSWORD)
    for _number in range(12):
        assert sign_in(Client(), password=STRONG_PASSWORD).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_are_still_five():
    make_user(NORA, password=STRONG_PASSWORD)
    request = RequestFactory().post("/", REMOTE_ADDR="203.0.113.7")
    made, lock = [], threading.Lock()

    def attempt(number: int) -> None:
        request_of_one = RequestFactory().post("/", REMOTE_ADDR=f"198.51.100.{number}")
        try:
            taken = signing_in.take_try(request_of_one, email=NORA)
        except signing_in.TooManyTries:
            return
        finally:
            connection.close()
        with lock:
            made.append(taken)

    threads = [threading.Thread(target=attempt, args=(number,)) for number in range(20)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert len(made) <= 5
    assert request.method == "POST"


def test_pause_doubles_and_failures_stay_under_ten_in_fifteen_minutes(settings):
    server = redis.Redis.from_url(settings.REDIS_URL)
    request = RequestFactory().post("/", REMOTE_ADDR="203.0.113.7")
    pauses = []
    for _round in range(3):
        for number in range(5):
            request.META["REMOTE_ADDR"] = f"198.51.100.{number}"
            made = signing_in.take_try(request, email=NORA)
            [server.hdel(key, "next") for key in server.scan_iter("sign-in:*")]
        pauses.append(made.pause_seconds)
        [server.hset(key, "until", "1") for key in server.scan_iter("sign-in:*")]
    assert pauses == [600, 1200, 2400]


def test_unknown_address_gets_the_same_answer(no_delay):
    make_user(NORA, password=STRONG_PASSWORD)
    for _number in range(5):
        known, unknown = sign_in(Client()), sign_in(Client(), email="nobody@example.test", ip="203.0.113.9")
        no_delay()
        assert known.status_code == unknown.status_code == 200
        assert _error(known) == _error(unknown)


def test_unknown_address_takes_as_long_as_a_wrong_password(settings):
    settings.PASSWORD_HASHERS = PASSWORD_HASHERS
    for number in range(6):
        make_user(f"known{number}@example.test")
    User.objects.update(password=make_password(STRONG_PASSWORD))
    times: dict[str, list[float]] = {"known": [], "unknown": []}
    for number in range(6):
        for kind in times:
            began = time.perf_counter()
            sign_in(Client(), email=f"{kind}{number}@example.test", ip=f"203.0.113.{number}")
            times[kind].append(time.perf_counter() - began)
    known, unknown = (statistics.median(times[kind]) for kind in ("known", "unknown"))
    assert abs(known - unknown) < max(0.05, 0.5 * known)


def test_reset_says_the_same_for_every_address():
    make_user(NORA, password=STRONG_PASSWORD)
    answers = [Client().post("/accounts/password/reset/", {"email": email}) for email in (NORA, "nobody@example.test")]
    assert {(answer.status_code, answer.url) for answer in answers} == {(302, "/accounts/password/reset/done/")}
    assert dict(Notice.objects.values_list("to", "subject")) == {
        NORA: "Choose a new password",
        "nobody@example.test": "There is no account with this address",
    }


def test_nobody_signs_in_while_the_counter_is_away(settings):
    make_user(NORA, password=STRONG_PASSWORD)
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    request = RequestFactory().post("/", REMOTE_ADDR="203.0.113.7")
    with pytest.raises(signing_in.LimiterDown):
        signing_in.take_try(request, email=NORA)


def test_sign_in_page_is_503_while_valkey_is_away(settings):
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}}
    answer = sign_in(Client())
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "10"


@pytest.mark.parametrize(
    "email", ["", "x" * 400 + "@example.test", "nora\x00@example.test", "nora@example.test\r\nBcc: x@y.zz", "'; DROP TABLE"]
)
def test_odd_addresses_are_refused_in_peace(email):
    assert sign_in(Client(), email=email).status_code == 200


def _error(answer) -> str:
    text = words(answer)
    begin = text.index('class="err"')
    return text[begin : text.index("</div>", begin)]
