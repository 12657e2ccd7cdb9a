"""One mail as bytes: readable by Python's own parser, names in every script, and no way to smuggle a header in."""

import email
import email.policy
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape

import pytest

from campaigns.channels.email.mime import CannotBuild, Mail, build

MAIL = Mail(
    message_id="abc123",
    host="mail.example.test",
    from_name="Café Lumen",
    from_address="hello@lumen.example.test",
    to_name="Zoë, die Große",
    to_address="zoe@example.test",
    subject="Dein Korb ☕ wartet",
    text="Hallo\n",
    html="<p>Hallo</p>",
    date=datetime(2026, 3, 2, 12, tzinfo=UTC),
    unsubscribe_url="https://s.example.test/u/token",
    feedback_id="7:journey:first:boomerang",
)


def test_is_read_back_as_it_was_meant() -> None:
    read = email.message_from_bytes(build(MAIL), policy=email.policy.default)
    assert read["Message-ID"] == "<abc123@mail.example.test>"
    assert read["Subject"] == MAIL.subject
    assert (read["To"].addresses[0].display_name, read["To"].addresses[0].addr_spec) == (MAIL.to_name, MAIL.to_address)
    assert read["List-Unsubscribe"] == "<https://s.example.test/u/token>"
    assert read["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert read["Feedback-ID"] == MAIL.feedback_id
    assert read.get_body(("plain",)).get_content() == "Hallo\r\n"  # type: ignore[union-attr]
    assert read.get_body(("html",)).get_content() == MAIL.html  # type: ignore[union-attr]


@pytest.mark.parametrize("name", ["", "Ana", 'Ana "the boss" B.', "عائشة", "山田 太郎", "😀", "A, B", "=?utf-8?q?x?=", "a\\b"])
def test_every_name_survives(name: str) -> None:
    read = email.message_from_bytes(build(replace(MAIL, to_name=name)), policy=email.policy.default)
    assert (read["To"].addresses[0].display_name, read["To"].addresses[0].addr_spec) == (name, "zoe@example.test")


@pytest.mark.parametrize(
    "change",
    [
        {"subject": "a\r\nBcc: x@example.test"},
        {"subject": "a\nb"},
        {"to_name": "a\r\nBcc: x@example.test"},
        {"to_address": "x@example.test\r\nBcc: y@example.test"},
        {"to_address": "no address"},
        {"to_address": "a@b@example.test"},
        {"from_name": "a\0b"},
        {"unsubscribe_url": "https://x.test/\r\nX: y"},
    ],
)
def test_refuses_line_breaks_and_what_is_no_address(change: dict[str, str]) -> None:
    with pytest.raises(CannotBuild):
        build(replace(MAIL, **change))  # type: ignore[arg-type]


def test_html_with_special_characters_reads_the_same_and_is_plain_ascii() -> None:
    content = build(replace(MAIL, html="<p>Größe €49 ☕</p>\n", text="Größe\n"))
    read = email.message_from_bytes(content, policy=email.policy.default)
    assert content.isascii()
    assert unescape(read.get_body(("html",)).get_content()) == "<p>Größe €49 ☕</p>\r\n"  # type: ignore[union-attr]
    assert read.get_body(("plain",)).get_content() == "Größe\n"  # type: ignore[union-attr]


def test_special_characters_in_a_style_stay_what_they_are() -> None:
    html = '<style>p::before{content:"→"}</style><p>ä</p>'
    read = email.message_from_bytes(build(replace(MAIL, html=html)), policy=email.policy.default)
    assert read.get_body(("html",)).get_content() == html  # type: ignore[union-attr]


def test_no_line_is_too_long() -> None:
    long = replace(MAIL, subject="wörter " * 40, html="<p>" + "x" * 50_000 + "</p>")
    assert max(len(line) for line in build(long).split(b"\r\n")) <= 998


@pytest.mark.parametrize("text", ["short\nlines", "one\r\ntwo\rthree", "Zoë", "x" * 999, "a\0b", ""])
def test_a_text_in_utf_8_makes_the_same_mail(text: str) -> None:
    assert build(replace(MAIL, text=text.encode())) == build(replace(MAIL, text=text))
