"""The command that prints the product's own mail from the test inbox."""

from email.message import EmailMessage
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from retention.inbox.keeping import PRODUCT, keep


def _mail(subject: str, text: str) -> bytes:
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "boomerang@example.test", "nora@example.test", subject
    letter.set_content(text)
    return letter.as_bytes()


@pytest.fixture
def inbox(settings: Any, tmp_path: Path) -> Path:
    settings.INBOX_DIR = tmp_path
    return tmp_path


def test_prints_the_newest_mails_with_their_links(inbox: Path) -> None:
    letter = _mail("Confirm your address", "Open http://localhost:8000/accounts/confirm-email/x/")
    keep(inbox, name=PRODUCT, content=letter, sender="boomerang@example.test", recipients=["nora@example.test"])
    out = StringIO()
    call_command("read_inbox", stdout=out)
    assert "Subject: Confirm your address" in out.getvalue()
    assert "http://localhost:8000/accounts/confirm-email/x/" in out.getvalue()


def test_says_that_there_is_none_and_where_it_looked(inbox: Path) -> None:
    out = StringIO()
    call_command("read_inbox", stdout=out)
    assert out.getvalue() == f"The test inbox in {inbox / PRODUCT} holds no such mail.\n"
