"""Push messages without a database: the examples of RFC 8291 and 8292, what other libraries make of ours, answers of push services."""

import json
import struct
from pathlib import Path
from typing import Any

import http_ece
import pytest
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from py_vapid import Vapid02
from pywebpush import WebPusher

from campaigns.channels.base import Answer, Outcome
from campaigns.channels.push.encrypting import LONGEST_PLAIN, BadSubscription, TooLong, check_keys, decrypt, encrypt
from campaigns.channels.push.providers.webpush import classify, joined
from campaigns.channels.push.vapid import GOOD_SECONDS, RENEW_SECONDS, authorization, new_pair, read_private
from campaigns.personalization.push_texts import PushText, compile_push, parts_of
from campaigns.personalization.render import Rendered, TemplateFault
from tests.campaigns.push_stage import Browser, claims_of, unb64

EXAMPLES = json.loads((Path(__file__).parent / "data" / "web_push.json").read_text())
WEBPUSH, VAPID = EXAMPLES["rfc8291"], EXAMPLES["rfc8292"]
ENDPOINT = "https://push.example.net/p/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV"


def changed(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


def test_the_example_of_rfc_8291_comes_out_to_the_byte_and_can_be_read() -> None:
    made = encrypt(
        WEBPUSH["plaintext"].encode(),
        p256dh=WEBPUSH["ua_public"],
        auth=WEBPUSH["auth"],
        private=read_private(WEBPUSH["as_private"]),
        salt=unb64(WEBPUSH["salt"]),
    )
    assert made == unb64(WEBPUSH["body"])
    assert decrypt(made, private=read_private(WEBPUSH["ua_private"]), auth=WEBPUSH["auth"]) == WEBPUSH["plaintext"].encode()


def test_one_changed_byte_of_the_example_cannot_be_read() -> None:
    body, private = unb64(WEBPUSH["body"]), read_private(WEBPUSH["ua_private"])
    for place in range(len(body)):
        with pytest.raises((InvalidTag, BadSubscription)):
            decrypt(changed(body, place), private=private, auth=WEBPUSH["auth"])


def test_the_example_of_rfc_8292_verifies_and_no_changed_byte_does() -> None:
    signed, _, signature = VAPID["jwt"].rpartition(".")
    key, raw = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), unb64(VAPID["k"])), unb64(signature)

    def verify(text: str, mark: bytes) -> None:
        pair = encode_dss_signature(int.from_bytes(mark[:32], "big"), int.from_bytes(mark[32:], "big"))
        key.verify(pair, text.encode(), ECDSA(SHA256()))

    verify(signed, raw)
    assert json.loads(unb64(signed.split(".")[1])) == VAPID["claims"]
    for place in range(len(raw)):
        with pytest.raises((InvalidSignature, ValueError)):
            verify(signed, changed(raw, place))
    for place in range(len(signed)):
        with pytest.raises(InvalidSignature):
            verify(changed(signed.encode(), place).decode("latin-1"), raw)


def test_our_proof_says_what_the_example_says_and_pywebpush_s_own_library_verifies_it() -> None:
    private, public = new_pair()
    header = authorization(ENDPOINT, private=private, subject="mailto:push@example.com")
    claims = claims_of(header, public_key=public)
    assert {name: claims[name] for name in ("aud", "sub")} == {name: VAPID["claims"][name] for name in ("aud", "sub")}
    assert Vapid02.verify(header)


def test_one_proof_serves_a_push_service_until_shortly_before_it_ends() -> None:
    private, _public = new_pair()
    said = {"private": private, "subject": "mailto:push@example.com"}
    first = authorization(ENDPOINT, now=1000.0, **said)
    assert authorization("https://push.example.net/p/other", now=1000.0 + GOOD_SECONDS - RENEW_SECONDS - 1, **said) == first
    assert authorization(ENDPOINT, now=1000.0 + GOOD_SECONDS - RENEW_SECONDS, **said) != first
    assert authorization("https://other.example.net/p", now=1000.0, **said) != first
    assert authorization(ENDPOINT, now=1000.0, private=new_pair()[0], subject="mailto:push@example.com") != first


@pytest.mark.parametrize("plain", [b"", b"x", "Ein Gruß 🎁".encode(), b"y" * LONGEST_PLAIN])
def test_a_browser_s_library_reads_ours_and_we_read_pywebpush_s(plain: bytes) -> None:
    browser = Browser(ENDPOINT)
    told = browser.subscription
    body = encrypt(plain, p256dh=told.p256dh, auth=told.auth)
    assert len(body) <= 4096
    assert http_ece.decrypt(body, private_key=browser.private, auth_secret=browser.auth, version="aes128gcm") == plain
    assert encrypt(plain, p256dh=told.p256dh, auth=told.auth) != body, "each message has a key pair and a salt of its own"
    if not plain:  # pywebpush makes nothing of nothing
        return
    theirs = WebPusher({"endpoint": ENDPOINT, "keys": {"p256dh": told.p256dh, "auth": told.auth}}).encode(plain, "aes128gcm")["body"]
    assert struct.unpack("!L", theirs[16:20])[0] == 4096
    assert decrypt(theirs, private=browser.private, auth=told.auth) == plain


@pytest.mark.parametrize(
    ("p256dh", "auth"),
    [
        ("", WEBPUSH["auth"]),
        ("AAAA", WEBPUSH["auth"]),
        ("not base64!", WEBPUSH["auth"]),
        ("B" + "A" * 86, WEBPUSH["auth"]),
        (WEBPUSH["ua_public"][:-4] + "AAAA", WEBPUSH["auth"]),
        (WEBPUSH["ua_public"], ""),
        (WEBPUSH["ua_public"], "AAAA"),
    ],
)
def test_keys_that_are_none_are_refused_before_anything_is_kept(p256dh: str, auth: str) -> None:
    with pytest.raises(BadSubscription):
        check_keys(p256dh, auth)


def test_more_than_one_record_holds_is_too_long() -> None:
    told = Browser(ENDPOINT).subscription
    with pytest.raises(TooLong, match=f"{LONGEST_PLAIN + 1} bytes"):
        encrypt(b"y" * (LONGEST_PLAIN + 1), p256dh=told.p256dh, auth=told.auth)


@pytest.mark.parametrize(
    ("status", "headers", "outcome", "wait", "gone"),
    [
        (201, {"location": "https://push.example.net/m/7"}, Outcome.ACCEPTED, 0, False),
        (202, {}, Outcome.ACCEPTED, 0, False),
        (404, {}, Outcome.REFUSED, 0, True),
        (410, {}, Outcome.REFUSED, 0, True),
        (413, {}, Outcome.REFUSED, 0, False),
        (400, {}, Outcome.REFUSED, 0, False),
        (403, {}, Outcome.REFUSED, 0, False),
        (429, {"retry-after": "120"}, Outcome.LATER, 120, False),
        (429, {"retry-after": "soon"}, Outcome.LATER, 60, False),
        (429, {"retry-after": "999999"}, Outcome.LATER, 14400, False),
        (503, {"retry-after": "30"}, Outcome.LATER, 30, False),
        (503, {}, Outcome.AMBIGUOUS, 60, False),
        (500, {}, Outcome.AMBIGUOUS, 60, False),
        (302, {}, Outcome.REFUSED, 0, False),
    ],
)
def test_answers_of_push_services(status: int, headers: dict[str, str], outcome: Outcome, wait: int, gone: bool) -> None:
    found = classify(status, headers)
    assert (found.outcome, found.retry_after_seconds, found.bad_address) == (outcome, wait, gone)
    assert found.provider_message_id == ("7" if headers.get("location") else "")


@pytest.mark.parametrize(
    ("answers", "outcome", "gone"),
    [
        ([201, 410], Outcome.ACCEPTED, False),
        ([410, 429], Outcome.LATER, False),
        ([500, 429], Outcome.AMBIGUOUS, False),
        ([410, 404], Outcome.REFUSED, True),
        ([413, 410], Outcome.REFUSED, False),
    ],
)
def test_several_browsers_have_one_ending(answers: list[int], outcome: Outcome, gone: bool) -> None:
    found: Answer = joined([classify(status, {}) for status in answers])
    assert (found.outcome, found.bad_address) == (outcome, gone)


@pytest.mark.parametrize(
    ("subject", "parts", "fault"),
    [
        ("", PushText("a", "https://x.example"), "title is empty"),
        ("a", PushText(" ", "https://x.example"), "text is empty"),
        ("a", PushText("a", ""), "link is empty"),
        ("a", PushText("a", "javascript:alert(1)"), "begins with https"),
        ("a", PushText("a", "https://x.example", "data:x"), "begins with https"),
        ("{{ a", PushText("a", "https://x.example"), "Error|error|expected|unexpected"),
        ("a", PushText("a" * 2001, "https://x.example"), "longer than"),
    ],
)
def test_what_cannot_be_a_push_message_says_why(subject: str, parts: PushText, fault: str) -> None:
    with pytest.raises(TemplateFault, match=fault):
        compile_push(subject=subject, source=str(parts))


def test_a_value_cannot_pose_as_the_link_of_a_push_message() -> None:
    compiled = compile_push(
        subject="Hi", source=str(PushText("Hello {{ name }}", "https://lumen.example.test/", "https://lumen.example.test/p"))
    )
    said: Any = compiled.text.replace("{{ name }}", "A\x1ehttps://evil.example\x1e")
    assert parts_of(Rendered("Hi", "", said)) == PushText(
        "Hello Ahttps://evil.example", "https://lumen.example.test/", "https://lumen.example.test/p"
    )
    assert PushText.read(str(PushText("ä", "b", "c"))) == PushText("ä", "b", "c")
    assert PushText.read("no json") == PushText()
