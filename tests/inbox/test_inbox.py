"""The test inbox: a real SMTP conversation, durable files, and pages that show hostile mail without obeying it."""

import os
import smtplib
import subprocess
import sys
import time
import uuid
from contextlib import contextmanager
from pathlib import Path

import pytest

from retention.inbox.keeping import PRODUCT, keep
from retention.inbox.passwords import inbox_password
from retention.inbox.reading import RAW_BYTES, list_mails, read_mail
from tests.cast import lumen, other_store
from tests.factories import make_user, signed_in
from tests.serving import ROOT, START_SECONDS, free_port

MAIL = (
    b"From: Lumen <shop@example.test>\r\nTo: ana@example.test\r\nSubject: Your basket\r\nContent-Type: text/html; charset=utf-8\r\n"
    b"\r\n<p>Hello</p><script>alert(1)</script>\r\n"
)


@contextmanager
def running_inbox(folder: Path):
    """Run the inbox as its own process and yield its port."""
    port = free_port()
    command = [sys.executable, "-m", "retention.inbox", "--port", str(port), "--dir", str(folder), "--watch-parent"]
    process = subprocess.Popen(command, cwd=ROOT, env=dict(os.environ))
    try:
        for _ in range(START_SECONDS * 20):
            try:
                smtplib.SMTP("127.0.0.1", port, timeout=30).close()
                break
            except OSError:
                time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        assert process.wait(30) == 0


def test_keeps_a_stores_mail_apart_and_answers_scripts(tmp_path):
    store = str(uuid.uuid4())
    with running_inbox(tmp_path) as port:
        smtp = smtplib.SMTP("127.0.0.1", port, timeout=30)
        smtp.login(store, inbox_password(store))
        smtp.sendmail("shop@example.test", ["ana@example.test"], MAIL)
        for address, code in (("bounce@example.test", 550), ("bounce+7@example.test", 550), ("busy@example.test", 451)):
            with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
                smtp.sendmail("shop@example.test", [address], MAIL)
            assert refused.value.recipients[address][0] == code
        with pytest.raises(smtplib.SMTPServerDisconnected):
            smtp.sendmail("shop@example.test", ["hangup@example.test"], MAIL)
        stranger = smtplib.SMTP("127.0.0.1", port, timeout=30)
        with pytest.raises(smtplib.SMTPAuthenticationError):
            stranger.login(store, "wrong")
        stranger.sendmail("no-reply@example.test", ["nora@example.test"], MAIL.replace(b"Your basket", b"Check your address"))
        stranger.quit()
    assert [mail.subject for mail in list_mails(tmp_path, name=store)] == ["Your basket", "Your basket"]
    assert [mail.subject for mail in list_mails(tmp_path, name=PRODUCT)] == ["Check your address"]
    assert not list(tmp_path.rglob("*.part"))


NESTED = b"".join(b"Content-Type: multipart/mixed; boundary=%x\r\n\r\n--%x\r\n" % (number, number) for number in range(1500))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00",
        b"Subject: =?x?q?\xff?=\r\n\r\n",
        b"To: <<>>,,@\r\nContent-Type: text/html; charset=nonsense\r\n\r\n\xff",
        b"Subject: Deep\r\n" + NESTED,
        b"From: " + b"(" * 5_000 + b"\r\n\r\n",
        b"Subject: Deep\r\nContent-Type: " + b"\r\n ((((((((((".join([b""] * 500) + b"\r\nTo: a@b\r\n\r\nHello",
        b"Content-Type: text/plain\r\nContent-Transfer-Encoding: " + b"(" * 5_000 + b"\r\n\r\nHello",
    ],
    ids=["empty", "no letters", "no encoding", "no charset", "parts in parts", "comments in comments", "of a type", "of an encoding"],
)
def test_reads_broken_mail_without_failing(tmp_path, content):
    file = keep(tmp_path, name=PRODUCT, content=content, sender="a@b\r\nX: y", recipients=["c@d"])
    assert file.parent.stat().st_mode & 0o077 == 0
    mail = read_mail(tmp_path, name=PRODUCT, mail=file.name)
    assert mail is not None
    assert list_mails(tmp_path, name=PRODUCT)[0].name == file.name
    assert dict(mail.headers).get("X-Envelope-From") == "a@b X: y"


@pytest.mark.parametrize(("name", "mail"), [("..", "x.eml"), ("product", "../product/a.eml"), ("product/..", "a.eml")])
def test_never_leaves_its_folder(tmp_path, name, mail):
    assert read_mail(tmp_path, name=name, mail=mail) is None
    assert list_mails(tmp_path, name=name) == []


@pytest.mark.django_db
def test_pages_show_a_mail_in_a_frame_that_can_do_nothing(settings, tmp_path):
    settings.INBOX_DIR = tmp_path
    shop = lumen()
    file = keep(tmp_path, name=str(shop.store.public_id), content=MAIL, sender="a@b.test", recipients=["ana@example.test"])
    browser = signed_in(shop.mia)
    assert "Your basket" in browser.get("/s/lumen/inbox/").content.decode()
    page = browser.get(f"/s/lumen/inbox/{file.name}/")
    body = browser.get(f"/s/lumen/inbox/{file.name}/body/")
    assert 'sandbox="allow-popups' in page.content.decode()
    assert "<script>alert" not in page.content.decode()
    assert page.context["mail"].raw.endswith(MAIL.decode().replace("\r\n", "\n"))
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]
    policy = body.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "script-src" not in policy
    assert body.headers["X-Frame-Options"] == "SAMEORIGIN"
    _kite, olga = other_store()
    assert signed_in(olga).get(f"/s/kite/inbox/{file.name}/").status_code == 404
    assert signed_in(olga).get(f"/s/lumen/inbox/{file.name}/body/").status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize(("more", "said"), [(0, False), (1, True)])
def test_a_mail_that_is_cut_says_so(settings, tmp_path, more, said):
    settings.INBOX_DIR = tmp_path
    shop = lumen()
    file = keep(tmp_path, name=str(shop.store.public_id), content=MAIL, sender="a@b.test", recipients=["ana@example.test"])
    with file.open("ab") as stream:
        stream.write(b"x" * (RAW_BYTES - file.stat().st_size + more))
    page = signed_in(shop.mia).get(f"/s/lumen/inbox/{file.name}/").content.decode().replace("\xa0", " ")
    assert ("Only the first 256.0 KB of 256.0 KB are shown." in page) is said


@pytest.mark.django_db
def test_the_products_mail_is_for_the_demo_and_for_staff(settings, tmp_path):
    settings.INBOX_DIR = tmp_path
    shop = lumen()
    file = keep(tmp_path, name=PRODUCT, content=MAIL, sender="a@b.test", recipients=["nora@example.test"])
    browser = signed_in(shop.nora)
    pages = ("/inbox/", f"/inbox/{file.name}/", f"/inbox/{file.name}/body/")
    assert [browser.get(page).status_code for page in pages] == [403] * 3
    staff = make_user("ops@example.test", is_staff=True)
    settings.MFA_ENFORCED = True
    assert all("second-factor" in signed_in(staff, stepped_up=False).get(page).url for page in pages)
    assert [signed_in(staff).get(page).status_code for page in pages] == [200] * 3
    settings.DEMO = True
    assert "Your basket" in browser.get("/inbox/").content.decode()
    assert browser.get(f"/inbox/{file.name}/").status_code == 200
    assert browser.get(f"/inbox/{file.name}/body/").status_code == 200
