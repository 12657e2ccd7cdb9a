"""S10 and S11: keys are shown once, hashed, scoped, rotated two at a time, shut at once, and refused from a browser."""

import re
import zlib
from datetime import timedelta

import pytest
from django.test import RequestFactory
from django.utils import timezone
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.request import Request

from retention.stores import authentication, keys
from retention.stores.home_parts import keys_in_the_open
from retention.stores.limits import Limit
from retention.stores.models import ApiKey, AuditEntry
from retention.stores.models.key import looks_right, new_key_text
from tests.cast import lumen, other_store
from tests.factories import make_key, make_store, signed_in, work_for

pytestmark = pytest.mark.django_db

SECRET = {"kind": "secret", "label": "Shop server", "scopes": ["events:write"]}


def make(client, **changes):
    return client.post("/s/lumen/settings/keys/make/", SECRET | changes)


def key_in(answer) -> str:
    return re.search(r"[ps]k_[0-9A-Za-z]{38}", answer.content.decode())[0]


def test_secret_key_is_shown_once_and_kept_as_a_digest():
    cast = lumen()
    client = signed_in(cast.nora)
    answer = make(client)
    text = key_in(answer)
    assert answer.headers["Cache-Control"] == "no-store"
    assert text not in client.get("/s/lumen/settings/keys/").content.decode()
    with work_for(cast.store):
        key = ApiKey.objects.get()
        assert AuditEntry.objects.get(action="key.made").details == {"kind": "secret", "scopes": ["events:write"]}
    assert (len(key.digest), key.shown) == (64, f"{text[:7]}…{text[-4:]}")
    assert text not in str(vars(key))
    assert keys.open_door(text, kind="secret", origin=None).pk == key.pk


def test_public_key_stays_readable():
    cast = lumen()
    client = signed_in(cast.nora)
    answer = make(client, kind="public", origins="https://lumen.example.test/\nhttps://www.lumen.example.test")
    assert key_in(answer) in client.get("/s/lumen/settings/keys/").content.decode()
    with work_for(cast.store):
        key = ApiKey.objects.get()
    assert (key.scopes, key.origins) == ([], ["https://lumen.example.test", "https://www.lumen.example.test"])


def test_two_of_a_kind_live_at_once_for_rotation():
    cast = lumen()
    client = signed_in(cast.nora)
    old, new = key_in(make(client)), key_in(make(client, label="New server"))
    assert make(client, label="Third").status_code == 422
    assert make(client, kind="public", label="Storefront").status_code == 200
    assert keys.find_key(old)
    assert keys.find_key(new)
    with work_for(cast.store):
        number = ApiKey.objects.get(label="Shop server").pk
    assert client.post(f"/s/lumen/settings/keys/{number}/revoke/").status_code == 302
    assert keys.find_key(old) is None
    assert keys.find_key(new)
    assert make(client, label="Third").status_code == 200


def test_revoking_twice_or_elsewhere_is_not_found():
    cast, (kite, _olga) = lumen(), other_store()
    key, _text = make_key(kite)
    client = signed_in(cast.nora)
    assert client.post(f"/s/lumen/settings/keys/{key.pk}/revoke/").status_code == 404
    assert keys.find_key(_text)


def test_last_use_is_written_at_most_once_a_minute(monkeypatch):
    key, text = make_key(make_store())
    moment = timezone.now()
    for seconds, expected in ((0, 0), (59, 0), (60, 60)):
        monkeypatch.setattr(keys, "clock_now", lambda at=moment + timedelta(seconds=seconds): at)
        keys.open_door(text, kind="secret", origin=None)
        with work_for(key.store):
            assert ApiKey.objects.get().last_used_at == moment + timedelta(seconds=expected)


def test_secret_key_from_a_browser_is_refused_and_the_store_is_told(rf):
    cast = lumen()
    key, text = make_key(cast.store)
    for _number in range(3):
        with pytest.raises(keys.KeyRefused, match="from a browser"):
            keys.open_door(text, kind="secret", origin="https://lumen.example.test")
    with work_for(cast.store):
        [entry] = AuditEntry.objects.filter(action="key.used_in_browser")
        assert (entry.actor_kind, entry.target) == ("key", f"key:{key.pk}")
        request = rf.get("/")
        request.store, request.role = cast.store, "owner"
        [thing] = keys_in_the_open(request, timezone.now())
        assert "Test key" in str(thing.title)
        request.role = "analyst"
        assert keys_in_the_open(request, timezone.now()) == []


@pytest.mark.parametrize("text", ["", "sk_", "sk_" + "a" * 38, "pk_" + "0" * 38, "x" * 41, "sk_" + "é" * 38, "sk_" + "a" * 5000])
def test_mistyped_key_is_refused_without_a_look(text, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert keys.find_key(text) is None


def test_checksum_catches_every_single_slip():
    text = new_key_text("secret")
    assert looks_right(text)
    assert not any(looks_right(text[:place] + ("a" if text[place] != "a" else "b") + text[place + 1 :]) for place in range(3, len(text)))
    assert zlib.crc32(b"") == 0


def test_wrong_kind_is_refused():
    _key, text = make_key(make_store(), "public")
    with pytest.raises(keys.KeyRefused):
        keys.open_door(text, kind="secret", origin=None)


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "master"},
        {"label": ""},
        {"label": "a\nb"},
        {"scopes": []},
        {"scopes": ["everything"]},
        {"kind": "public", "origins": "javascript:x"},
    ],
)
def test_form_refuses_bad_input(changes):
    cast = lumen()
    assert make(signed_in(cast.nora), **changes).status_code == 422
    with work_for(cast.store):
        assert ApiKey.objects.count() == 0


def call(text: str, **headers: str):
    request = Request(RequestFactory().get("/api/v1/customers/", HTTP_AUTHORIZATION=f"Bearer {text}", **headers))
    return authentication.SecretKeyAuthentication().authenticate(request)


def test_api_takes_a_key_so_often_and_no_more(monkeypatch):
    monkeypatch.setattr(authentication, "BY_KEY", Limit("api-key", 3, 60))
    key, text = make_key(make_store())
    assert [call(text)[1].pk for _number in range(3)] == [key.pk] * 3
    with pytest.raises(Throttled) as caught:
        call(text)
    assert 0 < caught.value.wait <= 60


def test_guessing_keys_ends_in_429(monkeypatch):
    monkeypatch.setattr(authentication, "BY_CONNECTION", Limit("api-refused", 3, 60))
    for _number in range(3):
        with pytest.raises(AuthenticationFailed):
            call(new_key_text("secret"))
    with pytest.raises(Throttled):
        call(new_key_text("secret"))


def test_api_stays_open_while_the_counter_is_away(settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    _key, text = make_key(make_store())
    assert call(text) is not None
