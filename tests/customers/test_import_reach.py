"""The end of a file of people says how many of them may be written to, channel by channel, and what keeps the others out."""

import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import import_module

import pytest
from django.db import connection, connections, transaction
from django.urls import reverse

from retention.customers.consent import Said, may_write, record_consents, suppress
from retention.customers.importing import running
from retention.customers.importing.kinds import kinds
from retention.customers.importing.people import PEOPLE
from retention.customers.importing.reaching import came_of, count_reach
from retention.customers.models import Customer, Import
from tests.cast import lumen, other_store
from tests.customers.importing import brought_in, compared, import_file, put_in, work
from tests.customers.test_plans import FILL
from tests.factories import make_store, signed_in, work_for
from tests.factories.customers import make_customer

pytestmark = pytest.mark.django_db

CONSENTS = """
    INSERT INTO customers_consent (store_id, customer_id, channel, status, method, source, text_version, changed_at)
    SELECT store_id, id, 'email', 'granted', '', '', '', created_at FROM customers_customer WHERE store_id = %s
"""
BLOCKS = """
    INSERT INTO customers_suppression (store_id, channel, address_digest, reason, created_at)
    SELECT %s, channel, encode(sha256(n::text::bytea), 'hex'), 'bounced', now()
    FROM generate_series(1, 3000) AS n, unnest('{email,sms}'::text[]) AS channel
"""
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
FILE = """Email,Phone,Email Consent,SMS Consent
ann@example.test,,yes,
bea@example.test,+49 151 23456789,yes,yes
cleo@example.test,,no,
dora@example.test,,,
eve@example.test,,yes,
fay@example.test,,,
gil@example.test,,yes,
,+49 151 23456780,,yes
"""


@pytest.fixture
def shop():
    return lumen()


def said(customer, channel, status):
    record_consents([Said(customer.pk, channel, status, NOW - timedelta(days=9))], now=NOW)


def met(store) -> None:
    """Make who is known before the file: one waits for the second yes, one allows push, one asked for a break; one's address is blocked."""
    said(make_customer(store, "fay@example.test"), "email", "pending")
    said(make_customer(store, "ann@example.test"), "push", "granted")
    make_customer(store, "gil@example.test", paused_until=NOW + timedelta(days=900))
    suppress("eve@example.test", channel="email", reason="hard_bounce", now=NOW)


WANTED = {
    "came": 7,
    "email.may": 2, "email.refused": 1, "email.never": 1, "email.blocked": 1, "email.paused": 1, "email.no_address": 1,
    "sms.may": 2, "sms.no_address": 5,
    "push.may": 1, "push.never": 6,
}  # fmt: skip


@pytest.mark.parametrize("size", [2, 1_000])
def test_each_channel_says_how_many_and_why_not(shop, monkeypatch, size):
    monkeypatch.setitem(kinds._items, "customers", replace(PEOPLE, batch_things=size))
    monkeypatch.setattr(running, "MOST_UNSETTLED", 3)
    with work_for(shop.store):
        met(shop.store)
        of = import_file(FILE, shop.store, consent_source="Shop")
        assert (of.new_count + of.changed_count, of.same_count, of.unsettled) == (7, 1, [])  # fay's row tells nothing new
        assert {name: int(count) for name, count in of.totals.items()} == WANTED


def test_the_figure_is_the_gates(shop):
    with work_for(shop.store):
        met(shop.store)
        of = import_file(FILE, shop.store, consent_source="Shop")
        ids = list(Customer.objects.exclude(email_key="fay@example.test").values_list("pk", flat=True))
        allowed = {channel: len(may_write(ids, channel=channel)) for channel in ("email", "sms", "push")}
        assert allowed == {channel: int(of.totals[f"{channel}.may"]) for channel in allowed} == {"email": 2, "sms": 2, "push": 1}


def test_a_pause_loses_nobody_and_counts_nobody_twice(shop, monkeypatch):
    monkeypatch.setitem(kinds._items, "customers", replace(PEOPLE, batch_things=2))
    with work_for(shop.store):
        met(shop.store)
        of = compared(put_in(FILE), shop.store, consent_source="Shop")
        running.begin_running(of, now=NOW)
        running.import_batch(now=NOW)
        running.pause(Import.objects.get(), now=NOW)
        assert Import.objects.get().totals["came"] == "2"
        running.resume(Import.objects.get(), now=NOW)
        assert {name: int(count) for name, count in work(of, at=NOW).totals.items()} == WANTED


def test_nothing_is_said_where_nobody_came_in_or_nobody_was_counted():
    assert came_of({}) is None
    assert came_of({"came": "0"}) is None
    assert came_of({"lines": "3", "amount": "9.50"}) is None


def test_the_page_says_it_and_where_to_go_with_the_others(shop):
    client = signed_in(shop.mia)
    with work_for(shop.store):
        met(shop.store)
        of = import_file(FILE, shop.store, consent_source="Shop")
    page = client.get(reverse("customers:import", args=["lumen", of.public_id])).content.decode()
    words = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert "Of the 7 people who are new or changed by this file" in words
    assert "E-mail Never asked 1 Said no 1 Address blocked 1 On a break 1 No address 1 2 of 7" in words
    assert "SMS No number 5 2 of 7" in words
    assert "Push Never asked 6 1 of 7" in words
    assert "What about the others?" in words
    for address in ("customers:import_new", "signup:list", "customers:list"):
        assert f'href="{reverse(address, args=["lumen"])}' in page
    assert "Not confirmed yet" not in words
    assert "?may=email.refused" in page


def others(**figures):
    """Return of which channels the page speaks, of ten people and so many by channel and word."""
    return came_of({"came": "10"} | {name.replace("_", ".", 1): str(count) for name, count in figures.items()}).others


def test_each_word_speaks_of_a_channel_where_it_keeps_somebody_out():
    assert others(email_refused=1, sms_refused=9, sms_blocked=2, email_may=9) == {"refused": "email", "blocked": "sms"}
    assert others(push_refused=1, push_may=1, sms_pending=2, email_may=10) == {"refused": "push", "pending": "sms"}
    assert others(email_may=10, sms_never=10, push_may=1, push_never=9) == {}, "the advice for them is about e-mails"
    assert others(email_never=1, email_may=9, sms_never=10) == {"never": "email"}
    assert others(email_no_address=10, sms_never=10)["never"] == "sms", "there is no address to ask about"


def finished(shop, text, **options):
    """Bring a file in and return its page."""
    with work_for(shop.store):
        of = import_file(text, shop.store, consent_source="Shop", **options)
    return signed_in(shop.mia).get(reverse("customers:import", args=["lumen", of.public_id])).content.decode()


def test_links_lead_to_those_of_the_figure(shop):
    page = finished(shop, "Email,Phone,SMS Consent\nann@example.test,+49 151 23456789,no\n", agreed="all_by_email")
    assert "?may=sms.refused" in page
    assert "?may=email" not in page
    assert "Never asked" in finished(shop, "Phone\n+49 151 23456780\n")


WITH_A_BUTTON = "were sent a mail with a button"


@pytest.mark.parametrize(("channel", "has_button"), [("email", True), ("sms", False)])
def test_who_has_not_confirmed_reads_what_makes_them_count(shop, channel, has_button):
    """A number stays not confirmed after the button of the mail was pressed."""
    with work_for(shop.store):
        said(make_customer(shop.store, "ann@example.test", phone="+4915123456789"), channel, "pending")
    page = finished(shop, "Email,City,Email Consent\nann@example.test,Wien,yes\n")
    assert "Not confirmed yet" in page
    assert (WITH_A_BUTTON in page, "It counts once they say yes to SMS." in page) == (has_button, not has_button)
    assert f"?may={channel}.pending" in page


def test_a_blocked_address_alone_leads_to_nobody_who_said_no(shop):
    with work_for(shop.store):
        suppress("eve@example.test", channel="email", reason="hard_bounce", now=NOW)
    page = finished(shop, "Email,Email Consent\neve@example.test,yes\n")
    assert "Said no, or address blocked" in page
    assert "See who said no" not in page


TOO_LONG = "SET LOCAL statement_timeout = 1; SELECT pg_sleep(20)"


@pytest.mark.parametrize("breaking", ["SELECT 1 / 0", TOO_LONG])
@pytest.mark.parametrize("broken", [1, 2])
def test_a_count_that_breaks_is_not_shown_and_fails_no_import(shop, monkeypatch, broken, breaking):
    """Broken at the first or at the last: of some of them nothing is said as if it were of all."""
    asked = []

    def count(ids, now):
        asked.append(len(ids))
        if len(asked) == broken:
            with connection.cursor() as cursor:
                cursor.execute(breaking)
        return count_reach(ids, now)

    monkeypatch.setitem(kinds._items, "customers", replace(PEOPLE, batch_things=4, settle=count))
    monkeypatch.setattr(running, "MOST_UNSETTLED", 3)
    with work_for(shop.store):
        of = import_file(FILE, shop.store, consent_source="Shop")
        assert (of.state, of.new_count, of.unsettled, len(asked)) == ("done", 8, [], 2)
        assert int(of.totals["uncounted"]) == 4
        assert came_of(of.totals) is None


@pytest.mark.parametrize("step", [running.pause, running.cancel])
def test_a_count_that_takes_too_long_keeps_nobody_from_stopping_an_import(shop, monkeypatch, step):
    def count(ids, now):
        with connection.cursor() as cursor:
            cursor.execute(TOO_LONG)

    monkeypatch.setitem(kinds._items, "customers", replace(PEOPLE, batch_things=4, settle=count))
    with work_for(shop.store):
        of = compared(put_in(FILE), shop.store, consent_source="Shop")
        running.begin_running(of, now=NOW)
        running.import_batch(now=NOW)
        step(Import.objects.get(), now=NOW)
        assert (Import.objects.get().state, Customer.objects.count()) == ({running.pause: "paused", running.cancel: "cancelled"}[step], 4)


def test_an_import_that_was_half_in_before_people_were_counted_shows_no_part_as_all(shop, monkeypatch):
    monkeypatch.setitem(kinds._items, "customers", replace(PEOPLE, batch_things=4))
    with work_for(shop.store):
        of, waiting = (compared(put_in(FILE.replace("ann@", name)), shop.store, consent_source="Shop") for name in ("ann@", "amy@"))
        running.begin_running(of, now=NOW)
        running.import_batch(now=NOW)
        Import.objects.update(unsettled=[])
        with connection.cursor() as cursor:
            cursor.execute(import_module("retention.customers.migrations.0029_imports_half_in_were_not_counted")._NOTE)
        assert came_of(work(of, at=NOW).totals) is None
        assert came_of(brought_in(waiting, at=NOW).totals).count == 1


def test_a_file_in_which_everybody_agreed_leaves_no_question(shop):
    client = signed_in(shop.mia)
    with work_for(shop.store):
        of = import_file("Email,Phone\nann@example.test,+49 151 23456789\n", shop.store, agreed="all_by_email", consent_source="Shop")
        Customer.objects.update(phone="")
        again = brought_in(compared(put_in("Email,City\nann@example.test,Wien\n"), shop.store))
    assert of.totals["sms.never"] == "1"
    page = client.get(reverse("customers:import", args=["lumen", again.public_id])).content.decode()
    assert "May we write to them?" in page
    assert "What about the others?" not in page


def test_another_stores_people_are_not_counted(shop):
    stranger, _owner = other_store()
    with work_for(stranger):
        theirs = make_customer(stranger, "ann@example.test").pk
    with work_for(shop.store):
        assert count_reach([make_customer(shop.store, "ann@example.test").pk, theirs], NOW)["came"] == 1


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_the_count_reads_its_own_people_and_not_the_store(known):
    with connections["owner"].cursor() as cursor:
        for number in range(2):
            store = make_store()
            cursor.execute(FILL.partition(";")[0].replace("'p' || n", f"'s{number}-' || n"), [store.pk])
            cursor.execute(CONSENTS, [store.pk])
            cursor.execute(BLOCKS, [store.pk])
            if known or number == 0:
                cursor.execute("ANALYZE customers_customer, customers_consent, customers_suppression")
    read: Counter[str] = Counter()

    def explain(execute, sql, params, many, context):
        answered = execute(sql, params, many, context)
        if "unnest" in sql:
            with connection.connection.cursor() as cursor:
                cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON)" + sql[sql.index("\n    SELECT") :], params)
                read.update(dict(_rows_read(cursor.fetchone()[0][0]["Plan"])))
        return answered

    with work_for(store):
        some = list(Customer.objects.order_by("pk")[:40])
        for one in some[:2]:
            suppress(one.email, channel="email", reason="bounced", now=NOW)
    with work_for(store), transaction.atomic(), connection.execute_wrapper(explain):
        ids = [one.pk for one in some]
        assert count_reach(ids, NOW) == {"came": 40, "email.may": 38, "email.blocked": 2, "sms.no_address": 40, "push.never": 40}
    assert read == {"customers_customer": 40, "customers_consent": 40, "customers_suppression": 2}


def _rows_read(node):
    if "Relation Name" in node:
        yield node["Relation Name"], round((node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"])
    for child in node.get("Plans", ()):
        yield from _rows_read(child)
