"""What is found about a sending domain, asked of a real DNS server: what is there, what is wrong, and what did not answer."""

import base64
import time
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from campaigns.connecting import checking
from campaigns.connecting.asking import NotHeard, Resolver, read_domain
from campaigns.connecting.keys import check_dkim, check_dmarc, policy_of
from campaigns.connecting.spf import check_spf
from campaigns.models import Connection, Sender, SendingDomain
from retention.stores.models import AuditEntry
from tests.campaigns.dns_stage import Zone, dns_stage
from tests.factories import member_of, signed_in

HOME = "lumen.example.test"


@pytest.fixture
def zone(settings: Any) -> Iterator[Zone]:
    with dns_stage(settings) as running:
        running.text("example.test", "somebody lives here")
        yield running


def spf(*records: str, zone: Zone, **more: str) -> list[str]:
    zone.text(HOME, "google-site-verification=x", *records)
    return [one.code for one in check_spf(HOME, Resolver(), **more)]


def key_of(bits: int) -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits).public_key()
    return base64.b64encode(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


@pytest.mark.parametrize(
    ("records", "codes"),
    [
        (["v=spf1 ip4:192.0.2.0/24 -all"], ["spf_fine"]),
        (["V=SPF1 mx ~ALL"], ["spf_fine"]),
        ([], ["spf_missing"]),
        (["v=spf10 -all"], ["spf_missing"]),
        (["v=spf1 -all", "v=spf1 mx -all"], ["spf_twice"]),
        (["v=spf1 +all"], ["spf_all_welcome"]),
        (["v=spf1 all"], ["spf_all_welcome"]),
        (["v=spf1 mx"], ["spf_no_end"]),
        (["v=spf1 mx ?all"], ["spf_no_end"]),
        (["v=spf1 include -all"], ["spf_broken"]),
        (["v=spf1 ipv4:192.0.2.1 -all"], ["spf_broken"]),
        (["v=spf1 include:gone.example.test -all"], ["spf_nothing_there"]),
        ([f"v=spf1 include:{HOME} -all"], ["spf_loop"]),
        (["v=spf1 redirect=loop.example.test"], ["spf_loop"]),
        (["v=spf1 exists:%{i}.spf.example.test -all"], ["spf_fine"]),
    ],
)
def test_spf_is_read_as_receivers_read_it(records: list[str], codes: list[str], zone: Zone) -> None:
    zone.text("loop.example.test", f"v=spf1 include:{HOME} -all")
    assert spf(*records, zone=zone) == codes


def test_spf_look_ups_are_counted_through_every_include(zone: Zone) -> None:
    zone.text("deep.example.test", "v=spf1 a mx include:deeper.example.test ~all")
    zone.text("deeper.example.test", "v=spf1 a mx exists:x.example.test ~all")
    assert spf("v=spf1 include:deep.example.test a mx ~all", zone=zone) == ["spf_fine"]
    found = check_spf(HOME, Resolver())[0]
    assert found.values["lookups"] == "9"
    assert spf("v=spf1 include:deep.example.test a mx a:x.example.test a:y.example.test ~all", zone=zone) == ["spf_too_many"]
    for number in range(60):
        zone.text(f"n{number}.example.test", f"v=spf1 include:n{number + 1}.example.test ~all")
    zone.asked.clear()
    assert spf("v=spf1 include:n0.example.test ~all", zone=zone) == ["spf_too_many"]
    assert len(zone.asked) < 30, "nobody may keep us walking"


def test_spf_names_what_the_service_wants(zone: Zone) -> None:
    wanted = {"provider": "Mailjet", "include": "spf.mailjet.com"}
    zone.text("spf.mailjet.com", "v=spf1 ip4:192.0.2.0/24 ~all")
    assert spf("v=spf1 include:spf.mailjet.com ~all", zone=zone, **wanted) == ["spf_fine"]
    assert spf("v=spf1 mx ~all", zone=zone, **wanted) == ["spf_without_provider"]
    zone.text(HOME, "nothing")
    missing = check_spf(HOME, Resolver(), **wanted)[0]
    assert missing.add == ("TXT", HOME, "v=spf1 include:spf.mailjet.com ~all")


def test_keys_are_measured(zone: Zone) -> None:
    point = base64.b64encode(ed25519.Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()
    records = {
        "long": (f"v=DKIM1; k=rsa; p={key_of(2048)}", ["dkim_fine"]),
        "huge": (f"v=DKIM1; p={key_of(4096)}", ["dkim_fine"]),
        "short": (f"v=DKIM1; k=rsa; t=y:s; p={key_of(1024)}", ["dkim_short", "dkim_testing"]),
        "curve": (f"v=DKIM1; k=ed25519; p={point}", ["dkim_fine"]),
        "gone": ("v=DKIM1; p=", ["dkim_revoked"]),
        "torn": (f"v=DKIM1; p={key_of(2048)[:100]}", ["dkim_unreadable"]),
        "odd": ("v=DKIM1; p=***", ["dkim_unreadable"]),
        "other": ("hello", ["dkim_missing"]),
    }
    for selector, (record, codes) in records.items():
        zone.text(f"{selector}._domainkey.{HOME}", record)
        assert [one.code for one in check_dkim(HOME, selector, Resolver())] == codes, selector
    assert [one.code for one in check_dkim(HOME, "never", Resolver())] == ["dkim_missing"]


@pytest.mark.parametrize(
    ("where", "record", "return_path", "codes"),
    [
        (HOME, "v=DMARC1; p=reject; rua=mailto:a@example.test", HOME, ["dmarc_reject", "dmarc_aligned"]),
        (HOME, "v=DMARC1;p=none", HOME, ["dmarc_only_watching", "dmarc_no_reports", "dmarc_aligned"]),
        ("example.test", "v=DMARC1; p=reject; sp=quarantine; rua=mailto:a@b.test", f"b.{HOME}", ["dmarc_quarantine", "dmarc_aligned"]),
        (HOME, "v=DMARC1; p=reject; aspf=s; rua=mailto:a@b.test", f"b.{HOME}", ["dmarc_reject", "dmarc_not_aligned"]),
        (HOME, "v=DMARC1; p=reject; rua=mailto:a@b.test", "elsewhere.test", ["dmarc_reject"]),
        (HOME, "v=DMARC1; p=maybe", HOME, ["dmarc_broken"]),
        (HOME, "v=DMARC2; p=none", HOME, ["dmarc_missing"]),
    ],
)
def test_the_policy_of_the_nearest_name_holds(where: str, record: str, return_path: str, codes: list[str], zone: Zone) -> None:
    zone.text(f"_dmarc.{where}", record)
    assert [one.code for one in check_dmarc(HOME, policy_of(HOME, Resolver()), return_path=return_path)] == codes


def test_two_policies_are_none(zone: Zone) -> None:
    zone.text(f"_dmarc.{HOME}", "v=DMARC1; p=none", "v=DMARC1; p=reject")
    assert [one.code for one in check_dmarc(HOME, policy_of(HOME, Resolver()), return_path=HOME)] == ["dmarc_twice"]


def test_long_answers_come_by_tcp(zone: Zone) -> None:
    assert spf(*[f"token-{number}=" + "x" * 200 for number in range(12)], "v=spf1 mx -all", zone=zone) == ["spf_fine"]
    assert zone.asked.count((HOME, "TXT")) == 2


@pytest.mark.parametrize("how", ["silent", "failing", "rubbish"])
def test_no_answer_is_not_an_answer_that_there_is_nothing(how: str, zone: Zone) -> None:
    getattr(zone, how).add(HOME)
    began = time.monotonic()
    with pytest.raises(NotHeard) as silent:
        Resolver(seconds=0.6).texts(HOME)
    assert silent.value.name == HOME
    assert time.monotonic() - began < 2


@pytest.mark.django_db
def test_one_deadline_holds_for_the_whole_check(zone: Zone, store: Any) -> None:
    for name in (HOME, f"_dmarc.{HOME}", f"one._domainkey.{HOME}", f"two._domainkey.{HOME}"):
        zone.silent.add(name)
    began = time.monotonic()
    found = checking.findings_of(SendingDomain(domain=HOME, selectors="one two"), resolver=Resolver(seconds=1.0))
    assert time.monotonic() - began < 2.5
    assert {one.code for one in found if one.topic != "links"} == {"not_heard"}
    assert {one.severity for one in found if one.topic != "links"} == {"unknown"}


@pytest.mark.parametrize(
    ("typed", "domain"),
    [
        ("Ana <ana@Lumen.Example.Test", "lumen.example.test"), ("bücher.example", "xn--bcher-kva.example"), ("localhost", ""),
        ("a b.test", ""), ("-x.test", ""), ("x." + "a" * 64 + ".test", ""), ("", ""), ("a..b", ""), ("lumen.test.", "lumen.test"),
    ],
)  # fmt: skip
def test_a_domain_is_read_or_refused(typed: str, domain: str) -> None:
    assert read_domain(typed) == domain


@pytest.mark.django_db
def test_a_merchant_checks_a_domain_and_reads_what_to_add(zone: Zone, store: Any) -> None:
    client, here = signed_in(member_of(store, "owner")), f"/s/{store.slug}/settings/channels/senders/"
    assert "No domain to check yet" in client.get(here).content.decode()
    assert "no valid" not in client.post(f"{here}add/", {"name": "Ana", "address": f"ana@{HOME}"}, follow=True).content.decode()
    zone.text(HOME, "v=spf1 mx -all")
    zone.records[(HOME, "MX")] = ["10 mx.example.test."]
    zone.text(f"s1._domainkey.{HOME}", f"v=DKIM1; p={key_of(2048)}")
    wrong = client.post(f"{here}check/", {"domain": HOME, "selectors": "s 1!", "return_path": "nowhere"})
    assert wrong.status_code == 422
    assert "is no selector" in wrong.content.decode()
    assert zone.asked == []
    page = client.post(f"{here}check/", {"domain": HOME, "selectors": "s1", "return_path": ""}, follow=True).content.decode()
    for words in ("says who may send for it", "RSA 2048", "v=DMARC1; p=none; rua=mailto:dmarc@example.test", "Must be mended"):
        assert words in page
    row = SendingDomain.objects.get()
    assert (row.domain, row.selectors) == (HOME, "s1")
    assert row.checked_at is not None
    assert AuditEntry.objects.filter(action="domain.checked").count() == 1
    zone.text("_dmarc.example.test", "v=DMARC1; p=reject; rua=mailto:d@example.test")
    assert "All is there" in client.post(f"{here}check/", {"domain": HOME, "selectors": "s1"}, follow=True).content.decode()
    assert client.post(f"{here}check/", {"domain": "elsewhere.test"}).status_code == 404
    twice = client.post(f"{here}add/", {"name": "Ana", "address": f"ana@{HOME}"})
    assert twice.status_code == 422
    assert Sender.objects.count() == 1
    reader = signed_in(member_of(store, "marketer"))
    assert reader.post(f"{here}check/", {"domain": HOME}).status_code == 403
    sender = Sender.objects.get()
    client.post(f"{here}{sender.public_id}/remove/")
    assert Sender.objects.count() == 0


@pytest.mark.django_db
def test_the_domain_of_the_connection_is_checked_with_its_service(zone: Zone, store: Any) -> None:
    Connection.objects.create(channel="email", provider="mailjet", name="Mailjet", from_name="L", from_address=f"hi@{HOME}")
    zone.text(HOME, "v=spf1 mx -all")
    zone.text(f"mailjet._domainkey.{HOME}", f"v=DKIM1; p={key_of(2048)}")
    assert checking.domains_of_store() == [HOME]
    codes = [one.code for one in checking.findings_of(SendingDomain(domain=HOME), resolver=Resolver())]
    assert codes[:2] == ["spf_without_provider", "dkim_fine"]
