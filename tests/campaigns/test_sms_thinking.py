"""What decides without a database about SMS: segments, stop words, Twilio's answers, signatures and reports."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from campaigns.channels import Outcome
from campaigns.channels.sms.answers import answer, hint
from campaigns.channels.sms.providers.twilio import classify, is_signed, read_reply, read_status
from campaigns.channels.sms.segments import count_segments, fits_gsm, made_plain
from campaigns.channels.sms.stopping import read_word, says_how_to_stop

DATA = Path(__file__).parent / "data"
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SEGMENTS = json.loads((DATA / "sms_segments.json").read_text())["cases"]
SIGNATURES = json.loads((DATA / "twilio_signatures.json").read_text())


@pytest.mark.parametrize("case", SEGMENTS, ids=lambda case: case["testDescription"])
def test_segments_are_counted_like_twilio_counts_them(case: dict[str, Any]) -> None:
    count = count_segments(case["body"])
    assert (count.encoding, count.segments) == (case["encoding"], case["segments"])
    assert (count.text_bits, count.total_bits) == (case["messageSize"], case["totalSize"])


@pytest.mark.parametrize(
    ("text", "encoding", "segments", "left"),
    [
        ("", "GSM-7", 1, 160),
        ("€" * 80, "GSM-7", 1, 0),
        ("€" * 81, "GSM-7", 2, 153 - 10),  # 76 pairs fill 152 of 153, the odd septet stays empty
        ("a" * 152 + "€" + "a" * 10, "GSM-7", 2, 153 - 12),  # the pair is not cut in two
        ("a" * 153 * 2, "GSM-7", 2, 0),
        ("a" * 153 * 2 + "a", "GSM-7", 3, 152),
        ("я" * 70, "UCS-2", 1, 0),
        ("я" * 66 + "😜" + "я" * 10, "UCS-2", 2, 67 - 12),
        ("ç", "UCS-2", 1, 69),
        ("Ç[]{}", "GSM-7", 1, 160 - 9),
    ],
)
def test_escaped_signs_and_pairs_are_never_cut(text: str, encoding: str, segments: int, left: int) -> None:
    count = count_segments(text)
    assert (count.encoding, count.segments, count.left) == (encoding, segments, left)


def test_typographic_signs_become_plain_only_where_that_helps() -> None:
    assert made_plain("“Hello” – it’s here…\u00a0now") == '"Hello" - it\'s here... now'
    assert made_plain("Node.\u2060js") == "Node. js"
    assert made_plain("“こんにちは” – …") == "“こんにちは” – …"
    assert fits_gsm(made_plain("‘a’ « b »"))


@pytest.mark.parametrize(
    "text",
    [
        "STOP", "stop", " Stop. ", "STOP!!!", "stopall", "STOP ALL", "UNSUBSCRIBE", "Cancel", "END", "quit", "REVOKE", "OPTOUT", "opt out",
        "opt-out", "Pls stop", "please STOP", "stop pls", "Stop texting me please", "STOP 🛑", "🛑", "✋", "S T O P", "stop stop stop",
        "ＳＴＯＰ", "“STOP”", "Stopp", "Bitte abmelden", "ARRÊT", "arret svp", "BAJA", "por favor baja", "cancelar", "PARAR", "Sair",
        "basta", "AFMELDEN", "koniec", "停止", "配信停止 お願いします", "ストップ", "退订", "수신거부",
        "СТОП", "отписаться", "İPTAL", "إلغاء", "הסר", "बंद", "ΔΙΑΚΟΠΗ", "Zrušit", "huỷ", "หยุด", "unsubscribe me",
    ],
)  # fmt: skip
def test_every_way_to_say_stop_is_one(text: str) -> None:
    assert read_word(text) == "stop"


@pytest.mark.parametrize(
    "text",
    [
        "", "Do not stop", "I'll stop by tomorrow", "When does the offer end?", "Can I cancel order 17", "The weekend", "thanks",
        "please", "👍", "stopwatch", "x" * 500, "ok", "is this the end of the sale", "don't stop 😀",
    ],
)  # fmt: skip
def test_other_replies_are_no_stop(text: str) -> None:
    assert read_word(text) == ""


@pytest.mark.parametrize(
    ("text", "word"),
    [("HELP", "help"), ("info", "help"), ("?", "help"), ("Hilfe bitte", "help"), ("ヘルプ", "help"), ("START", "start"),
     ("Unstop", "start"),      ("yes please", "start"), ("Alta", "start"), ("再開", "start")],
)  # fmt: skip
def test_help_and_start_are_told_apart(text: str, word: str) -> None:
    assert read_word(text) == word


def test_a_hint_is_recognised_and_every_answer_names_the_shop() -> None:
    for language in ("en", "de", "fr", "es", "it", "pt-BR", "nl", "ja", "xx"):
        assert says_how_to_stop(hint(language=language))
        assert "Lumen" in answer("help", shop="Lumen", web="", language=language)
    assert not says_how_to_stop("Stop by our shop, the END is near-ish: 20% OFF".replace("END", "end"))
    assert hint(language="de", url="https://x.test/u") == "Abmelden: https://x.test/u"


@pytest.mark.parametrize(
    ("status", "body", "outcome", "marks"),
    [
        (201, {"sid": "SM1"}, Outcome.ACCEPTED, ""),
        (200, {}, Outcome.AMBIGUOUS, ""),
        (400, {"code": 21610, "message": "to +4915112345678 unsubscribed"}, Outcome.REFUSED, "unsubscribed"),
        (400, {"code": 21211}, Outcome.REFUSED, "bad_address"),
        (400, {"code": 21614}, Outcome.REFUSED, "bad_address"),
        (400, {"code": 21408}, Outcome.REFUSED, ""),
        (400, {"code": 21611}, Outcome.LATER, ""),
        (401, {"code": 20003}, Outcome.NOT_SENT, "whole_account"),
        (404, {}, Outcome.NOT_SENT, "whole_account"),
        (302, {}, Outcome.NOT_SENT, "whole_account"),
        (429, {"code": 20429}, Outcome.LATER, "whole_account"),
        (500, {}, Outcome.AMBIGUOUS, ""),
        (503, {}, Outcome.AMBIGUOUS, ""),
    ],
)
def test_answers_are_classified(status: int, body: dict[str, Any], outcome: Outcome, marks: str) -> None:
    found = classify(status, {"retry-after": "7"}, json.dumps(body).encode())
    assert found.outcome is outcome
    assert {name for name in ("bad_address", "unsubscribed", "whole_account") if getattr(found, name)} == ({marks} if marks else set())
    assert "15112345678" not in found.detail
    if status == 429:
        assert found.retry_after_seconds == 7


def test_html_in_place_of_an_answer_is_ambiguous() -> None:
    assert classify(200, {}, b"<html>Sign in to the wifi</html>").outcome is Outcome.AMBIGUOUS


class Many(dict[str, list[str]]):
    """Form fields that may come several times, as Django reads them."""

    def getlist(self, name: str) -> list[str]:
        """Return every value of one field."""
        return self[name]


def form_of(case: dict[str, Any]) -> Any:
    if "params_multi" in case:
        found = Many()
        for name, value in case["params_multi"]:
            found.setdefault(name, []).append(value)
        return found
    return case.get("params", case.get("body"))


@pytest.mark.parametrize("number", range(len(SIGNATURES["cases"])))
def test_signatures_are_proven_and_one_changed_byte_is_not(number: int) -> None:
    case = SIGNATURES["cases"][number]
    token, form, url, signature = SIGNATURES["auth_token"], form_of(case), case["url"], case["signature"]
    assert is_signed(url, form, signature=signature, auth_token=token)
    for place in range(url.index("/", len("https://")) + 1, url.index("?") if isinstance(form, str) else len(url)):
        other = url[:place] + chr(ord(url[place]) ^ 1) + url[place + 1 :]
        assert not is_signed(other, form, signature=signature, auth_token=token), other
    assert not is_signed(url, form, signature=signature, auth_token=token + "6")
    assert not is_signed(url, form, signature=("A" if signature[0] != "A" else "B") + signature[1:], auth_token=token)
    assert not is_signed(url, form, signature="", auth_token=token)
    if isinstance(form, dict) and not isinstance(form, Many):
        assert not is_signed(url, {**form, "Digits": "1235"}, signature=signature, auth_token=token)
    elif isinstance(form, str):
        assert not is_signed(url, form.replace("true", "True"), signature=signature, auth_token=token)


def test_reports_and_replies_are_read() -> None:
    def kind(**form: str) -> str | None:
        found = read_status({"MessageSid": "SM1", **form}, key="k", now=NOW)
        return found.kind if found else None

    assert [kind(MessageStatus=status) for status in ("queued", "sent", "delivered", "read", "failed", "nonsense")] == [
        None, "sent", "delivered", "delivered", "bounced", None,
    ]  # fmt: skip
    assert kind(MessageStatus="failed", ErrorCode="21610") == "unsubscribed"
    lost = read_status({"MessageSid": "SM1", "MessageStatus": "undelivered", "ErrorCode": "30005"}, key="k", now=NOW)
    assert lost is not None
    assert lost.permanent
    assert read_status({"MessageStatus": "sent"}, key="k", now=NOW) is None
    reply = read_reply({"MessageSid": "SM2", "From": "whatsapp:+4915112345678", "Body": "Stop", "OptOutType": "STOP"})
    assert reply is not None
    assert (reply.sender, reply.told) == ("+4915112345678", "stop")
    assert read_reply({"MessageSid": "SM2", "From": "Lumen", "Body": "x"}) is None
