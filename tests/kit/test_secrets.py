"""Sealed credentials and signed links: bound to store and purpose, and keys can change (S34, S35, S51)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from retention.kit.secrets import BadLink, CannotUnseal, KeyRing, key_id_of, open_link, read_ring, reseal, seal, sign_link, unseal

OLD = "old:" + "o" * 40
NEW = "new:" + "n" * 40
RING = read_ring([NEW, OLD], secret_key="")
OLD_RING = read_ring([OLD], secret_key="")
NEW_RING = read_ring([NEW], secret_key="")
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SOON = NOW + timedelta(hours=1)


@given(st.text(), st.integers(1, 2**62))
def test_unseals_what_was_sealed(text: str, store_id: int) -> None:
    assert unseal(seal(text, store_id=store_id, purpose="smtp", ring=RING), store_id=store_id, purpose="smtp", ring=RING) == text


def test_a_sealed_value_shows_its_key_and_nothing_else() -> None:
    first, second = (seal("sk_live_1234", store_id=7, purpose="smtp", ring=RING) for _ in range(2))
    assert key_id_of(first) == "new"
    assert first != second
    assert "sk_live" not in first


@pytest.mark.parametrize(("store_id", "purpose"), [(8, "smtp"), (7, "sms")])
def test_stays_shut_for_another_store_or_purpose(store_id: int, purpose: str) -> None:
    sealed = seal("word", store_id=7, purpose="smtp", ring=RING)
    with pytest.raises(CannotUnseal):
        unseal(sealed, store_id=store_id, purpose=purpose, ring=RING)


@pytest.mark.parametrize("sealed", ["", "new:", "new:abc", "gone:" + "a" * 100, "no colon", "new:\u00e4"])
def test_stays_shut_for_damaged_values(sealed: str) -> None:
    with pytest.raises(CannotUnseal):
        unseal(sealed, store_id=7, purpose="smtp", ring=RING)


def test_an_old_key_can_leave_after_resealing() -> None:
    sealed = seal("word", store_id=7, purpose="smtp", ring=OLD_RING)
    assert unseal(sealed, store_id=7, purpose="smtp", ring=RING) == "word"
    fresh = reseal(sealed, store_id=7, purpose="smtp", ring=RING)
    assert key_id_of(fresh) == "new"
    assert reseal(fresh, store_id=7, purpose="smtp", ring=RING) == fresh
    assert unseal(fresh, store_id=7, purpose="smtp", ring=NEW_RING) == "word"
    with pytest.raises(CannotUnseal):
        unseal(sealed, store_id=7, purpose="smtp", ring=NEW_RING)


def test_opens_a_link_it_signed_and_gives_the_same_token_twice() -> None:
    token, again = (sign_link("message-1", store_id=7, purpose="click", expires_at=SOON, ring=RING) for _ in range(2))
    assert token == again
    link = open_link(token, purpose="click", now=NOW, ring=RING)
    assert (link.store_id, link.subject) == (7, "message-1")
    assert "message-1" not in token


def reason(token: str, *, purpose: str = "click", now: datetime = NOW, ring: KeyRing = RING) -> str:
    with pytest.raises(BadLink) as bad:
        open_link(token, purpose=purpose, now=now, ring=ring)
    return bad.value.reason


def test_a_link_is_bound_to_its_purpose_and_time_and_key() -> None:
    token = sign_link("message-1", store_id=7, purpose="click", expires_at=SOON, ring=OLD_RING)
    assert reason(token, purpose="unsubscribe") == "forged"
    assert reason(token, now=SOON) == "expired"
    assert reason(token, ring=NEW_RING) == "unknown_key"
    assert open_link(token, purpose="click", now=SOON - timedelta(seconds=1), ring=RING).store_id == 7


def test_no_changed_character_goes_unnoticed() -> None:
    token = sign_link("m", store_id=7, purpose="click", expires_at=SOON, ring=RING)
    for place in range(4, len(token) - 1):
        other = "A" if token[place] != "A" else "B"
        assert reason(token[:place] + other + token[place + 1 :]) == "forged"
    assert reason(token + "AAAA") == "forged"
    assert reason(token.replace("new.", "old.")) == "forged"


@pytest.mark.parametrize(
    "token", ["", ".", "new.", "new.short", "x" * 5000, "new." + "a" * 5000, "new." + "\u00e4" * 50, "NEW." + "a" * 60]
)
def test_refuses_what_is_no_token(token: str) -> None:
    assert reason(token) == "malformed"


@pytest.mark.parametrize(
    "entries", [["nokey"], ["a:short"], ["A:" + "x" * 40], [OLD, OLD], [":" + "x" * 40], ["a:" + "x" * 20 + " " + "x" * 20]]
)
def test_refuses_a_wrong_ring(entries: list[str]) -> None:
    with pytest.raises(ImproperlyConfigured, match="MERCHANT_KEYS"):
        read_ring(entries, secret_key="")


def test_uses_the_settings_ring_and_without_one_the_secret_key(settings: Settings) -> None:
    settings.MERCHANT_KEYS = [NEW]
    assert key_id_of(seal("word", store_id=1, purpose="p")) == "new"
    settings.MERCHANT_KEYS = []
    sealed = seal("word", store_id=1, purpose="p")
    assert key_id_of(sealed) == "site"
    settings.SECRET_KEY = "another" * 8
    with pytest.raises(CannotUnseal):
        unseal(sealed, store_id=1, purpose="p")
