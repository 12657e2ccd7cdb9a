"""Owing a mail: one row with a unique key, written in the caller's transaction.

If the transaction is rolled back, nothing was ever owed. Sending is `delivering.py`; the words of a mail are in `templates/emails/`.
"""

import re
from typing import Any

from django.core.validators import validate_email
from django.db import connection
from django.template.loader import render_to_string

_LONGEST_SUBJECT = 300
_WRITE = """
    INSERT INTO notices_notice (kind, key, "to", subject, text, html, may_repeat, state, token, attempts, due_at, created_at, error)
    VALUES (%s, %s, %s, %s, %s, %s, %s, 'ready', 0, 0, now(), now(), '') ON CONFLICT (key) DO NOTHING
"""
_BREAKS = re.compile("[\x00-\x1f\x7f\x85\u2028\u2029]")


class HeaderInjection(ValueError):
    """An address or a subject holds a line break or another control character. Source: S23."""


def owe(kind: str, *, to: str, subject: str, text: str, html: str = "", key: str, may_repeat: bool = False) -> bool:
    """Write down that this mail is owed; False when the same key was owed before.

    kind: a word for the list of mails, such as "invitation". key: what is said once, such as "export-ready:812".
    Raises HeaderInjection, and ValidationError when `to` is no address.
    """
    if _BREAKS.search(to) or _BREAKS.search(subject):
        raise HeaderInjection("An address or a subject cannot hold a line break.")
    validate_email(to)
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, [kind, key, to, subject[:_LONGEST_SUBJECT], text.replace("\0", ""), html.replace("\0", ""), may_repeat])
        return int(cursor.rowcount) == 1


def owe_page(kind: str, *, to: str, subject: str, template: str, words: dict[str, Any], key: str, may_repeat: bool = False) -> bool:
    """Render `emails/<template>.txt` and `.html` and owe the result."""
    text = render_to_string(f"emails/{template}.txt", words).strip() + "\n"
    html = render_to_string(f"emails/{template}.html", {**words, "subject": subject})
    return owe(kind, to=to, subject=one_line(subject), text=text, html=html, key=key, may_repeat=may_repeat)


def one_line(text: str) -> str:
    """Return a text that is safe in a header: no control characters, single spaces."""
    return " ".join(_BREAKS.sub(" ", text).split())
