"""Serve's terminal says the product's mail: once each, oldest first, with our links alone, and nothing a terminal obeys."""

import io
import sys
from email.message import EmailMessage
from pathlib import Path

from retention.cli.mailing import Mails
from retention.cli.saying import Voice
from retention.inbox.keeping import PRODUCT, keep

URL = "http://localhost:8000"


def put(inbox: Path, subject: str, text: str, *, to: str = "nora@example.test", name: str = PRODUCT) -> None:
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "boomerang@example.test", to, subject
    letter.set_content(text)
    keep(inbox, name=name, content=letter.as_bytes(), sender="boomerang@example.test", recipients=[to])


def test_says_each_mail_once_with_the_links_to_us(tmp_path, capsys):
    mails, voice = Mails(tmp_path, url=URL), Voice()
    mails.tell(voice)
    assert capsys.readouterr().out == ""
    put(tmp_path, "Is this your address?", f"Press the button on {URL}/accounts/confirm-email/x/ or look at https://elsewhere.test/ first.")
    put(tmp_path, "A new sign-in", "From Vienna.", to="tom@example.test")
    put(tmp_path, "Spring", f"{URL}/t/1/", name="00000000-0000-4000-8000-000000000000")
    mails.tell(voice)
    assert capsys.readouterr().out == (
        " Mail to nora@example.test: Is this your address?\n   http://localhost:8000/accounts/confirm-email/x/\n"
        " Mail to tom@example.test: A new sign-in\n"
    )
    mails.tell(voice)
    assert capsys.readouterr().out == ""


def test_what_was_there_before_is_not_said_again(tmp_path, capsys):
    put(tmp_path, "Yesterday", f"{URL}/old/")
    mails = Mails(tmp_path, url=URL)
    put(tmp_path, "Today", f"{URL}/new/")
    mails.tell(Voice())
    assert capsys.readouterr().out == " Mail to nora@example.test: Today\n   http://localhost:8000/new/\n"


def test_a_terminal_is_told_letters_only(tmp_path, capsys):
    mails = Mails(tmp_path, url=URL)
    put(tmp_path, "Nora\x1b]0;owned\x07 asks", f"{URL}/a\x1b[2J/")
    mails.tell(Voice())
    out = capsys.readouterr().out
    assert "Nora" in out
    assert not {"\x1b", "\x07"} & set(out)


def test_a_terminal_without_the_letters_of_a_mail_is_told_its_links(tmp_path, monkeypatch):
    terminal = io.TextIOWrapper(io.BytesIO(), encoding="latin-1", write_through=True)
    mails = Mails(tmp_path, url=URL)
    put(tmp_path, "Подтвердите \u2013 Müller", f"{URL}/accounts/confirm-email/x/")
    monkeypatch.setattr(sys, "stdout", terminal)
    mails.tell(Voice())
    said = terminal.buffer.getvalue().decode("latin-1")
    assert said.endswith(" ? Müller\n   http://localhost:8000/accounts/confirm-email/x/\n")


def test_a_mail_that_cannot_be_taken_apart_keeps_no_other_from_being_said(tmp_path, capsys):
    head = b"Subject: =?utf-8?q?\xff?=\r\nTo: <@"  # the standard library raises IndexError here
    mails = Mails(tmp_path, url=URL)
    keep(tmp_path, name=PRODUCT, content=head + b"\r\nContent-Type: multipart/mixed; boundary=\r\n\r\n--\r\n", sender="", recipients=[])
    put(tmp_path, "Is this your address?", f"{URL}/x/")
    mails.tell(Voice())
    assert capsys.readouterr().out.endswith(" Mail to nora@example.test: Is this your address?\n   http://localhost:8000/x/\n")


def test_a_mail_with_a_thousand_parts_inside_each_other_is_said_without_its_links(tmp_path, capsys):
    mails = Mails(tmp_path, url=URL)
    nested = b"".join(b"Content-Type: multipart/mixed; boundary=%x\r\n\r\n--%x\r\n" % (number, number) for number in range(1500))
    keep(tmp_path, name=PRODUCT, content=b"To: nora@example.test\r\nSubject: Deep\r\n" + nested, sender="", recipients=[])
    put(tmp_path, "Is this your address?", f"{URL}/x/")
    mails.tell(Voice())
    assert capsys.readouterr().out == (
        " Mail to nora@example.test: Deep\n Mail to nora@example.test: Is this your address?\n   http://localhost:8000/x/\n"
    )


class LeavingVoice(Voice):
    """Says a line, and somebody throws all mails away while it is said; at the second the terminal is gone."""

    def __init__(self, inbox: Path) -> None:
        super().__init__()
        self.inbox = inbox
        self.said: list[str] = []

    def line(self, text: str = "") -> None:
        self.said.append(text)
        for mail in (self.inbox / PRODUCT).iterdir():
            mail.unlink()
        if len(self.said) == 2:
            raise OSError(5, "the terminal is gone")


def test_mails_thrown_away_and_a_terminal_that_is_gone_end_nothing(tmp_path):
    mails, voice = Mails(tmp_path, url=URL), LeavingVoice(tmp_path)
    for number in range(3):
        put(tmp_path, f"Mail {number}", f"{URL}/{number}/")
    mails.tell(voice)
    assert voice.said == [f" Mail to nora@example.test: Mail {number}" for number in range(3)]
    (tmp_path / PRODUCT).rmdir()
    mails.tell(voice)


def test_a_file_that_goes_between_being_listed_and_read_is_passed_over(tmp_path, capsys):
    mails = Mails(tmp_path, url=URL)
    put(tmp_path, "Here", f"{URL}/here/")
    (tmp_path / PRODUCT / "0000000000000000001-0000000000000000.eml").symlink_to(tmp_path / "nowhere")
    mails.tell(Voice())
    assert capsys.readouterr().out == " Mail to nora@example.test: Here\n   http://localhost:8000/here/\n"
