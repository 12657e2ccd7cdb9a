"""Settings, Channels: who may, secrets that never come back, one provider a channel, and tests with the provider's real answer."""

from typing import Any

import pytest

from campaigns.channels.email.vendors import VENDORS, Vendor
from campaigns.models import Connection
from campaigns.sending.hearing import report_password
from retention.inbox.keeping import keep
from retention.stores.models import AuditEntry
from retention.tenancy.context import store_context
from tests.campaigns.campaigning import make_campaign, make_crowd, make_list, rows, send_all, start
from tests.campaigns.sink import smtp_sink
from tests.campaigns.twilio_stage import PATH, posted
from tests.cast import lumen, other_store
from tests.factories import signed_in
from tests.kit.stage import Stage, answer

pytestmark = pytest.mark.django_db
FORM = {"account_sid": "AC" + "1" * 32, "auth_token": "secret-token-of-twilio", "from": "+15005550006"}
SMTP = {
    "from_name": "Lumen", "from_address": "hello@lumen.example.test", "host": "smtp.example.test", "port": "587", "security": "starttls",
    "username": "lumen", "password": "secret-of-the-relay",
}  # fmt: skip
PAGE = "/s/lumen/settings/channels/"


def test_a_provider_is_kept_sealed_and_its_secret_is_never_shown_again() -> None:
    shop = lumen()
    browser = signed_in(shop.nora)
    assert "Test inbox" in browser.get(PAGE).content.decode()
    assert browser.post(f"{PAGE}twilio/", {**FORM, "auth_token": ""}).status_code == 422
    assert browser.post(f"{PAGE}twilio/", {**FORM, "from": ""}).status_code == 422
    assert browser.post(f"{PAGE}twilio/", {**FORM, "account_sid": "AC1"}).status_code == 422
    assert browser.post(f"{PAGE}twilio/", FORM).status_code == 302
    assert browser.post(f"{PAGE}smtp/", SMTP).status_code == 302
    for page in (PAGE, f"{PAGE}twilio/", f"{PAGE}smtp/"):
        assert "secret-" not in browser.get(page).content.decode()
    with store_context(shop.store.pk):
        texts, mails = Connection.objects.get(channel="sms"), Connection.objects.get(channel="email")
        assert texts.credentials() == {"auth_token": FORM["auth_token"]}
        assert mails.credentials() == {"username": "lumen", "password": SMTP["password"]}
        assert (mails.settings, mails.from_address) == (
            {"host": "smtp.example.test", "port": 587, "security": "starttls"}, "hello@lumen.example.test",
        )  # fmt: skip
        assert "secret-" not in f"{texts.settings}{texts.sealed}{mails.settings}{mails.sealed}"
        assert f"/hooks/twilio/{texts.public_id}/reply" in browser.get(PAGE).content.decode()
    browser.post(f"{PAGE}twilio/", {**FORM, "auth_token": "", "from": "LUMEN"})
    with store_context(shop.store.pk):
        changed = Connection.objects.get(channel="sms")
        assert (changed.settings["from"], changed.credentials()["auth_token"]) == ("LUMEN", FORM["auth_token"])
        assert AuditEntry.objects.filter(action="connection.saved").count() == 3
    assert browser.post(f"{PAGE}twilio/stop/").status_code == 302
    with store_context(shop.store.pk):
        assert list(Connection.objects.filter(channel="sms").values_list("active", "sealed")) == [(False, "")]
    assert browser.get(f"{PAGE}nonsense/").status_code == 404


def test_only_who_runs_the_store_may_and_only_their_own() -> None:
    shop = lumen()
    marketer = signed_in(shop.mia)
    assert [marketer.get(PAGE).status_code, marketer.post(f"{PAGE}twilio/", FORM).status_code] == [403, 403]
    _kite, olga = other_store()
    assert signed_in(olga).post(f"{PAGE}twilio/", FORM).status_code == 404
    with store_context(shop.store.pk):
        assert not Connection.objects.exists()


def test_a_test_shows_what_the_provider_really_said(settings: Any, sink: Any) -> None:
    shop = lumen()
    browser = signed_in(shop.nora)
    assert "Enter where the test" in browser.post(f"{PAGE}smtp/test/", {"to": "nobody"}, follow=True).content.decode()
    page = browser.post(f"{PAGE}smtp/test/", {"to": "ana@example.test"}, follow=True).content.decode()
    assert "The provider took it: 250 taken" in page
    assert [mail["To"] for mail in sink.accepted] == ["ana@example.test"]
    browser.post(f"{PAGE}twilio/", FORM)
    with Stage(address="127.0.0.1") as stage:
        settings.FETCH_ALLOWED_PORTS = [stage.port]
        stage.play(
            PATH.replace("AC1", str(FORM["account_sid"])), answer(400, b'{"code": 21408, "message": "Permission to send is missing"}')
        )
        with store_context(shop.store.pk):
            found = Connection.objects.get(channel="sms")
            found.settings["api_url"] = f"http://127.0.0.1:{stage.port}"
            found.save()
        page = browser.post(f"{PAGE}twilio/test/", {"to": "+49 151 12345678"}, follow=True).content.decode()
        assert "It did not leave: 400 21408 Permission to send is missing" in page
        assert posted(stage)[0]["To"] == "+4915112345678"


def test_two_accounts_of_one_service_have_names_shares_tests_and_secrets_of_their_own(now: Any) -> None:
    shop = lumen()
    browser = signed_in(shop.nora)
    with smtp_sink() as (first, port), smtp_sink() as (second, other_port):
        local = {**SMTP, "host": "127.0.0.1", "security": "none", "port": str(port)}
        browser.post(f"{PAGE}smtp/", local)
        assert "?beside=1" in browser.get(PAGE).content.decode()
        browser.post(f"{PAGE}smtp/?beside=1", {**local, "port": str(other_port), "username": "shop-2", "name": "Night post"})
        assert "side by side already" in browser.post(f"{PAGE}smtp/?beside=1", local, follow=True).content.decode()
        with store_context(shop.store.pk):
            one, two = Connection.objects.order_by("pk")
            assert [(row.name, row.weight, row.active) for row in (one, two)] == [("SMTP", 80, True), ("Night post", 20, True)]
            assert [row.credentials()["username"] for row in (one, two)] == ["lumen", "shop-2"]
        browser.post(f"{PAGE}{two.public_id}/", {**local, "port": str(other_port), "username": "", "password": "", "name": "SMTP"})
        assert "Night post" not in browser.get(PAGE).content.decode()
        assert "SMTP 2" in browser.get(f"{PAGE}{two.public_id}/").content.decode()
        browser.post(f"{PAGE}{two.public_id}/share/", {"weight": "50", "first": "50", "growth": "30", "goal": "20000"})
        for row in (one, two):
            browser.post(f"{PAGE}{row.public_id}/test/", {"to": f"{row.pk}@example.test"})
        wanted = [[f"{one.pk}@example.test"], [f"{two.pk}@example.test"]]
        assert [[mail["To"] for mail in sink.accepted] for sink in (first, second)] == wanted
        assert [sink.users for sink in (first, second)] == [{"lumen"}, {"shop-2"}]
        with store_context(shop.store.pk):
            assert sorted(Connection.objects.values_list("weight", "name")) == [(50, "SMTP"), (50, "SMTP 2")]
            campaign = make_campaign(make_list(make_crowd(40, now=now), now=now), now=now)
            start(campaign, shop.store, now=now)
            send_all(shop.store, now=now)
            by = list(rows(campaign).values_list("connection_id", flat=True))
        assert (len(first.accepted) - 1, len(second.accepted) - 1) == (by.count(one.pk), by.count(two.pk))
        assert min(by.count(one.pk), by.count(two.pk)) >= 8
        browser.post(f"{PAGE}{one.public_id}/stop/")
    with store_context(shop.store.pk):
        assert [(row.active, bool(row.sealed)) for row in Connection.objects.order_by("pk")] == [(False, False), (True, True)]
    _kite, olga = other_store()
    for page in (f"/s/kite/settings/channels/{two.public_id}/", f"/s/kite/settings/channels/{one.public_id}/"):
        assert signed_in(olga).get(page).status_code == 404
    assert browser.get(f"{PAGE}{one.public_id}/").status_code == 404, "one that is not used any more"


@pytest.mark.parametrize(
    "change", [{"host": "127.0.0.1"}, {"port": "465"}, {"security": "none"}, {"host": "127.0.0.1", "username": "lumen"}], ids=str
)
def test_a_kept_secret_goes_nowhere_but_where_it_was_given_for(change: dict[str, str]) -> None:
    shop = lumen()
    browser = signed_in(shop.nora)
    with smtp_sink() as (stranger, port):
        change = {"port": str(port), "security": "none"} | change if "host" in change else change
        browser.post(f"{PAGE}smtp/", SMTP)
        page = browser.post(f"{PAGE}smtp/", {**SMTP, "username": "", "password": "", **change})
        wanted = ["password"] if "username" in change else ["username", "password"]
        assert (page.status_code, list(page.context["form"].errors)) == (422, wanted)
        assert "Enter it again" in page.content.decode()
        assert "secret-" not in page.content.decode()
        with store_context(shop.store.pk):
            held = Connection.objects.get()
            assert held.settings == {"host": SMTP["host"], "port": 587, "security": "starttls"}
            assert held.credentials()["password"] == SMTP["password"]
        assert browser.post(f"{PAGE}smtp/", {**SMTP, **change, "password": "another"}).status_code == 302
        if "host" in change:
            browser.post(f"{PAGE}smtp/test/", {"to": "ana@example.test"})
            assert stranger.passwords == {"another"}


def test_a_connection_that_stays_where_it_is_keeps_its_secrets() -> None:
    shop = lumen()
    browser = signed_in(shop.nora)
    browser.post(f"{PAGE}smtp/", {**SMTP, "security": "none"})
    kept = {**SMTP, "host": "SMTP.example.test", "from_name": "Lumen Coffee", "username": "", "password": ""}
    assert browser.post(f"{PAGE}smtp/", kept).status_code == 302, "the security is better than before"
    with store_context(shop.store.pk):
        held = Connection.objects.get()
        assert (held.settings["security"], held.from_name) == ("starttls", "Lumen Coffee")
        assert held.credentials() == {"username": "lumen", "password": SMTP["password"]}


def test_the_keys_of_a_service_stay_in_their_region() -> None:
    browser = signed_in(lumen().nora)
    form = {"from_name": "Lumen", "from_address": "hello@lumen.example.test", "region": "eu-central-1"}
    keys = {"access_key_id": "AKIA", "secret_access_key": "secret-of-the-account"}
    assert browser.post(f"{PAGE}ses/", form | keys).status_code == 302
    assert browser.post(f"{PAGE}ses/", {**form, "configuration_set": "mails"}).status_code == 302
    page = browser.post(f"{PAGE}ses/", {**form, "region": "eu-west-1"})
    assert (page.status_code, list(page.context["form"].errors)) == (422, list(keys))
    assert browser.post(f"{PAGE}ses/", form | keys | {"region": "eu-west-1"}).status_code == 302


def test_reports_come_to_the_account_they_are_about() -> None:
    shop = lumen()
    browser = signed_in(shop.nora)
    form = {"from_name": "Lumen", "from_address": "hello@lumen.example.test", "api_key": "k"}
    browser.post(f"{PAGE}sparkpost/", form)
    browser.post(f"{PAGE}sparkpost/?beside=1", {**form, "api_key": "k2", "name": "Night post"})
    shown = browser.get(PAGE).content.decode()
    with store_context(shop.store.pk):
        accounts = list(Connection.objects.filter(active=True))
    assert len(accounts) == 2
    for account in accounts:
        assert f"{report_password(account.public_id)}@localhost:8000/hooks/email/{account.public_id}" in shown


def test_the_inbox_says_which_messages_are_texts(settings: Any, tmp_path: Any) -> None:
    settings.INBOX_DIR = tmp_path
    shop = lumen()
    content = b'From: "Lumen" <lumen@inbox.example.test>\r\nTo: "+49151" <sms@inbox.example.test>\r\nSubject: Hi Ana\r\n'
    for channel in (b"sms", b"push", b"<b>no</b>"):
        keep(
            tmp_path,
            name=str(shop.store.public_id),
            content=content + b"X-Boomerang-Channel: " + channel + b"\r\n\r\nHi Ana",
            sender="a@b.test",
            recipients=["c@d.test"],
        )
    page = signed_in(shop.mia).get("/s/lumen/inbox/").content.decode()
    assert [page.count(f"</svg>{word}</span>") for word in ("SMS", "Push", "<b>no")] == [1, 1, 0]
    assert "Hi Ana" in signed_in(shop.mia).get("/s/lumen/inbox/?q=49151").content.decode()


@pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.key)
def test_a_service_is_connected_with_what_it_needs_and_told_where_to_report(vendor: Vendor) -> None:
    shop = lumen()
    browser = signed_in(shop.nora)
    form = {"from_name": "Lumen", "from_address": "hello@lumen.example.test", **dict.fromkeys(vendor.settings, "mg.lumen.example.test")}
    first = browser.get(f"{PAGE}{vendor.key}/")
    assert all(first.context["form"].fields[name].required for name in vendor.secrets), "what is needed is not called a matter of liking"
    assert "Leave it empty" not in first.content.decode()
    page = browser.post(f"{PAGE}{vendor.key}/", form)
    assert page.status_code == 422
    assert "Enter it; without it the service takes no message." in page.content.decode()
    secrets = {**dict.fromkeys(vendor.secrets, "secret-of-the-account"), **({"report_secret": "secret-of-reports"} if vendor.proof else {})}
    assert browser.post(f"{PAGE}{vendor.key}/", form | secrets).status_code == 302
    with store_context(shop.store.pk):
        made = Connection.objects.get(channel="email", active=True)
        assert (made.provider, made.credentials()) == (vendor.key, secrets)
    shown = browser.get(PAGE).content.decode()
    assert f"/hooks/email/{made.public_id}" in shown
    assert (report_password(made.public_id) in shown) == (not vendor.proof)
    assert "secret-of" not in shown
    assert "Leave it empty to keep the one that is there." in browser.get(f"{PAGE}{vendor.key}/").content.decode()
