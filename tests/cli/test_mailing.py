"""Serve's terminal says the product's mail: once each, oldest first, with our links alone, and nothing a terminal obeys."""

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
