"""S54: the log is append-only and chained; a changed or missing row is found; refusals stand in it, once and not in a flood."""

import io
from datetime import timedelta
from datetime import timezone as zones

import pytest
from django.core.management import CommandError, call_command
from django.db import InternalError, ProgrammingError, connection, connections, transaction
from django.utils import timezone

from retention.stores.models import AuditEntry
from retention.stores.tasks import verify_audits
from retention.stores.verifying import recent_verdict, verify_chain
from tests.cast import lumen, other_store
from tests.factories import STRONG_PASSWORD, make_store, signed_in, work_for

pytestmark = pytest.mark.django_db

LOG = "/s/lumen/settings/audit/"


def write(store, count: int = 5, **facts) -> None:
    for number in range(count):
        AuditEntry.write(
            "store.changed", store_id=store.pk, now=timezone.now(), actor_id=1, **({"details": {"fields": [str(number)]}} | facts)
        )


def test_written_chain_is_complete():
    store = make_store()
    with work_for(store):
        write(store)
        verdict = verify_chain(store.pk)
    assert (verdict.complete, verdict.count) == (True, 5)


@pytest.mark.parametrize(
    "facts",
    [
        {"ip": "::ffff:192.0.2.1"},
        {"ip": "2001:DB8::1"},
        {"ip": "not an address"},
        {"now": timezone.now().astimezone(zones(timedelta(hours=5, minutes=45)))},
        {"details": {"share": 0.1, "big": 1e22, 7: "seven", "when": timezone.now(), "text": "ünïcode \U0001f422"}},
        {"details": None, "target": "store:1"},
    ],
)
def test_what_is_read_back_has_the_digest_that_was_written(facts):
    store = make_store()
    with work_for(store):
        AuditEntry.write("store.changed", store_id=store.pk, **({"now": timezone.now()} | facts))
        assert verify_chain(store.pk).complete


@pytest.mark.parametrize("statement", ["UPDATE stores_auditentry SET action = 'x'", "DELETE FROM stores_auditentry"])
def test_app_may_neither_change_nor_remove(statement):
    store = make_store()
    with work_for(store):
        write(store, 1)
        with (
            pytest.raises((ProgrammingError, InternalError), match="permission denied"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
        assert verify_chain(store.pk).complete


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
@pytest.mark.parametrize(
    ("statement", "broken_at"),
    [
        ("UPDATE stores_auditentry SET details = '{}' WHERE number = 3", 3),
        ("UPDATE stores_auditentry SET actor_id = 2 WHERE number = 1", 1),
        ("UPDATE stores_auditentry SET at = at + interval '1 second' WHERE number = 5", 5),
        ("DELETE FROM stores_auditentry WHERE number = 2", 2),
        ("UPDATE stores_auditentry SET number = number + 100 WHERE number = 4", 4),
    ],
)
def test_tampering_as_owner_of_the_database_is_found(statement, broken_at):
    store = make_store(slug="lumen")
    with work_for(store):
        write(store)
    with connections["owner"].cursor() as cursor:
        cursor.execute(statement)
    with work_for(store):
        assert verify_chain(store.pk).broken_at == broken_at
    with pytest.raises(CommandError, match=f"lumen: broken at entry {broken_at}"):
        call_command("verify_audit", stdout=io.StringIO())


def test_a_page_reads_only_what_was_added(monkeypatch):
    store = make_store()
    read = []
    chained = AuditEntry.chained
    monkeypatch.setattr(AuditEntry, "chained", lambda entry: read.append(entry.number) or chained(entry))
    with work_for(store):
        write(store)
        read.clear()
        assert (recent_verdict(store.pk).count, read) == (5, [1, 2, 3, 4, 5])
        write(store, 2)
        read.clear()
        assert (recent_verdict(store.pk).count, read) == (7, [6, 7])
        read.clear()
        assert (recent_verdict(store.pk).count, read) == (7, [])


@pytest.mark.parametrize("size", [2, 5, 100])
def test_a_chain_is_read_in_pages_of_any_size(size, monkeypatch):
    monkeypatch.setattr("retention.stores.verifying._BATCH", size)
    store = make_store()
    with work_for(store):
        assert verify_chain(store.pk).count == 0
        write(store)
        assert verify_chain(store.pk).count == 5


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
@pytest.mark.parametrize(
    ("statement", "on_the_page", "in_the_end"),
    [
        ("UPDATE stores_auditentry SET details = '{}' WHERE number = 3", (5, None), (2, 3)),
        ("UPDATE stores_auditentry SET digest = 'x' WHERE number = 5", (4, 5), (4, 5)),
        ("DELETE FROM stores_auditentry WHERE number = 5", (4, None), (4, None)),
    ],
)
def test_what_a_page_passes_over_is_found_by_the_next_reading_of_all(statement, on_the_page, in_the_end):
    store = make_store()
    with work_for(store):
        write(store)
        assert recent_verdict(store.pk).complete
    with connections["owner"].cursor() as cursor:
        cursor.execute(statement)
    with work_for(store):
        found = recent_verdict(store.pk)
        assert (found.count, found.broken_at) == on_the_page
    assert verify_audits() == (in_the_end[1] is not None)
    with work_for(store):
        found = recent_verdict(store.pk)
        assert (found.count, found.broken_at) == in_the_end


def test_command_says_complete():
    store = make_store(slug="lumen")
    with work_for(store):
        write(store, 3)
    out = io.StringIO()
    call_command("verify_audit", stdout=out)
    assert "lumen: complete, 3 entries" in out.getvalue()


def test_page_shows_the_log_with_badge_filters_and_pages():
    cast = lumen()
    with work_for(cast.store):
        for number in range(30):
            AuditEntry.write(
                "store.changed", store_id=cast.store.pk, now=timezone.now(), actor_id=cast.tom.pk, details={"fields": [f"field{number}"]}
            )
        AuditEntry.write("key.made", store_id=cast.store.pk, now=timezone.now(), actor_id=cast.nora.pk, target="key:1")
    client = signed_in(cast.nora)
    page = client.get(LOG)
    text = page.content.decode()
    assert "complete, 3" in text
    assert "Made a key" in text
    assert "field29" in text
    assert "field0<" not in text
    older = client.get(LOG, {"cursor": page.context["page"].next}).content.decode()
    assert "fields: field0" in older
    only = client.get(LOG, {"kind": "key"}).context["page"].rows
    assert [entry.action for entry in only] == ["key.made"]
    mine = client.get(LOG, {"person": str(cast.tom.pk)}).context["page"].rows
    assert {entry.actor_id for entry in mine} == {cast.tom.pk}


@pytest.mark.parametrize(
    "query", [{"person": "x"}, {"kind": "'; DROP"}, {"cursor": "nonsense"}, {"person": "9" * 30}, {"person": "²"}, {"cursor": "\x00"}]
)
def test_odd_queries_show_the_log(query):
    assert signed_in(lumen().nora).get(LOG, query).status_code == 200


def test_sign_in_stands_in_every_store_of_the_person(client):
    cast = lumen()
    cast.nora.set_password(STRONG_PASSWORD)
    cast.nora.save()
    client.post("/accounts/login/", {"login": cast.nora.email, "password": STRONG_PASSWORD}, REMOTE_ADDR="192.0.2.9")
    with work_for(cast.store):
        entry = AuditEntry.objects.get(action="account.signed_in")
    assert (entry.actor_id, entry.ip) == (cast.nora.pk, "192.0.2.9")


def test_stranger_is_noted_in_the_store_denied_once():
    cast, (kite, olga) = lumen(), other_store()
    client = signed_in(olga)
    for _number in range(5):
        assert client.get("/s/lumen/settings/team/").status_code == 404
    with work_for(cast.store):
        [entry] = AuditEntry.objects.filter(action="access.denied_from_outside")
        assert (entry.actor_id, entry.target) == (olga.pk, "page:settings:team")
    with work_for(kite):
        assert not AuditEntry.objects.filter(action__startswith="access.").exists()


def test_colleague_without_the_right_is_noted_once():
    cast = lumen()
    client = signed_in(cast.ada)
    for _number in range(3):
        assert client.get("/s/lumen/settings/keys/").status_code == 403
    with work_for(cast.store):
        assert list(AuditEntry.objects.filter(action="access.denied").values_list("actor_id", "target")) == [
            (cast.ada.pk, "page:settings:keys")
        ]


def test_other_store_looks_like_none_at_all():
    _cast, (_kite, olga) = lumen(), other_store()
    client = signed_in(olga)
    foreign, missing = client.get("/s/lumen/settings/team/"), client.get("/s/no-such-shop/settings/team/")
    assert foreign.status_code == missing.status_code == 404
    assert foreign.content == missing.content


def test_changes_name_fields_and_never_values():
    cast = lumen()
    client = signed_in(cast.nora)
    form = {
        "name": "Lumen Roasters",
        "web_address": "lumen.example.test",
        "postal_address": "Geheimweg 7\n10999 Berlin",
        "country": "DE",
        "currency": "EUR",
        "locale": "en",
        "zone": "Europe/Berlin",
        "brand_color": "#0b6674",
        "logo_url": "",
        "message_months": "14",
    }
    assert client.post("/s/lumen/settings/store/save/", form).status_code == 302
    with work_for(cast.store):
        entry = AuditEntry.objects.get(action="store.changed")
    assert entry.details == {"fields": ["name", "postal_address"]}
