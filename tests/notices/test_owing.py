"""A mail is owed once, in the transaction of its cause, and nobody writes headers through it."""

import pytest
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives, send_mail
from django.db import transaction

from retention.notices.models import Notice
from retention.notices.owing import HeaderInjection, one_line, owe

pytestmark = pytest.mark.django_db


@pytest.fixture
def product_backend(settings):
    """Put the product's mail backend back, which the test runner replaces by one that keeps mails in memory."""
    settings.EMAIL_BACKEND = "retention.notices.backend.NoticeBackend"


def owe_one(key: str = "invitation:1", **changes: str) -> bool:
    words = {"to": "tom@example.test", "subject": "Come in", "text": "The door is open."} | changes
    return owe("invitation", key=key, **words)


def test_same_key_is_owed_once():
    assert owe_one() is True
    assert owe_one(subject="Come in again") is False
    assert list(Notice.objects.values_list("subject", "state")) == [("Come in", "ready")]


def test_rolled_back_cause_owes_nothing():
    with transaction.atomic():
        owe_one()
        transaction.set_rollback(True)
    assert Notice.objects.count() == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"to": "tom@example.test\r\nBcc: all@example.test"},
        {"to": "tom@example.test\n"},
        {"subject": "Come in\r\nBcc: all@example.test"},
        {"subject": "Come in\x00"},
        {"subject": "Come\u2028in"},
    ],
)
def test_refuses_line_breaks_in_headers(changes):
    with pytest.raises(HeaderInjection):
        owe_one(**changes)
    assert Notice.objects.count() == 0


def test_refuses_what_is_no_address():
    with pytest.raises(ValidationError):
        owe_one(to="tom at home")
    assert Notice.objects.count() == 0


def test_nul_in_the_body_does_not_break_the_row():
    assert owe_one(text="a\x00b")
    assert Notice.objects.get().text == "ab"


def test_one_line_is_safe_in_a_header():
    assert one_line(" Lumen\r\n Coffee\x00\u2029!") == "Lumen Coffee !"


def test_djangos_own_mail_becomes_a_notice(product_backend):
    assert send_mail("Reset", "Here is the link.", None, ["nora@example.test"]) == 1
    assert list(Notice.objects.values_list("kind", "to", "subject", "text")) == [
        ("mail", "nora@example.test", "Reset", "Here is the link.")
    ]


def test_html_part_is_kept_and_attachments_are_refused(product_backend):
    message = EmailMultiAlternatives("Reset", "Text", None, ["nora@example.test"])
    message.attach_alternative("<p>Text</p>", "text/html")
    message.send()
    assert Notice.objects.get().html == "<p>Text</p>"
    message.attach("list.csv", "a,b")
    with pytest.raises(NotImplementedError):
        message.send()
