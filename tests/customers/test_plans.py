"""Hot questions are answered from an index: their plans, on tables large enough that PostgreSQL would rather not scan them."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F, Q
from django.db.models.expressions import OrderBy

from retention.customers.filtering import SORTS, Asking, narrow
from retention.customers.models import Customer, CustomerEvent
from retention.customers.models.event import EPOCH
from retention.dashboard.paging import read_page
from retention.intake.connecting import connect_for_ingest
from retention.kit.clock import now
from retention.orders.models import Cart, Order
from tests.factories import make_store, work_for
from tests.lasting import lasting, take_statistics

pytestmark = pytest.mark.django_db
FILL = """
    INSERT INTO customers_customer (store_id, public_id, email, email_key, phone, first_name, last_name, gender, interests,
        language, zone, city, country, attributes, learnt_at, created_at)
    SELECT %s, gen_random_uuid(), 'p' || n || '@x.test', 'p' || n || '@x.test', '', '', '', '', '[]',
        '', '', '', '', '{}', '{}', now() - n * interval '1 minute'
    FROM generate_series(1, 3000) AS n;
    INSERT INTO customers_customerevent (store_id, public_id, customer_id, kind, name, anonymous_id, external_id, properties,
        context, occurred_at, received_at, projected_at, trusted, refusal)
    SELECT store_id, gen_random_uuid(), id, 'track', 'E', '', '', '{}', '{}', created_at, created_at, created_at, false, ''
    FROM customers_customer, generate_series(1, 3);
    INSERT INTO orders_order (store_id, public_id, customer_id, number, currency, total_minor, placed_at, received_at)
    SELECT store_id, gen_random_uuid(), id, 'N' || id, 'EUR', 100, created_at, created_at FROM customers_customer;
    INSERT INTO orders_cart (store_id, public_id, customer_id, state, currency, total_minor, lines_count, stage, started_at,
        last_activity_at)
    SELECT store_id, gen_random_uuid(), id, 'open', 'EUR', 100, 1, 'basket', created_at, created_at FROM customers_customer;
"""


def scans(rows):
    """Return the tables a queryset's plan reads from one end to the other although it need not: what no index could give.

    PostgreSQL reads a table that it knows to be empty from end to end, and whether it knows depends on what ran before.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        plan = json.loads(rows.explain(format="json"))
        cursor.execute("SET LOCAL enable_seqscan = on")
    return sorted(scanned_tables(plan[0]["Plan"]))


def nodes(rows):
    """Return the kinds of nodes in a queryset's plan."""
    return set(_kinds(json.loads(rows.explain(format="json"))[0]["Plan"]))


def _kinds(node):
    return {node["Node Type"]}.union(*(_kinds(child) for child in node.get("Plans", [])))


def scanned_tables(node):
    """Return the tables a plan's node and those below it read from one end to the other."""
    found = {node["Relation Name"]} if node["Node Type"] == "Seq Scan" else set()
    return found.union(*(scanned_tables(child) for child in node.get("Plans", [])))


def make_full_stores():
    for number in range(2):
        store = make_store()
        with work_for(store), connection.cursor() as cursor:
            cursor.execute(FILL if number == 0 else FILL.replace("'p' || n", "'q' || n"), [store.pk])
    return store


@pytest.fixture(scope="module")
def full_store_of_file(django_db_setup, django_db_blocker):
    with lasting(django_db_blocker, make_full_stores) as store:
        yield store


@pytest.fixture
def full_store(full_store_of_file, db):
    with work_for(full_store_of_file):
        yield full_store_of_file


def test_lists_timelines_and_searches_use_indexes(full_store):
    customer = Customer.objects.order_by("id")[10]
    shown = {
        "newest customers": Customer.objects.known().order_by("-created_at", "-id")[:26],
        "search": Customer.objects.found_by("q17").order_by("-created_at", "-id")[:26],
        "one customer": Customer.objects.filter(public_id=customer.public_id),
        "timeline": customer.events.order_by("-occurred_at", "-id")[:51],
        "arriving": CustomerEvent.objects.told().order_by("-received_at", "-id")[:50],
        "arrived on a day": CustomerEvent.objects.told()
        .filter(received_at__gte=now() - timedelta(days=1))
        .values("pk", "refusal")[:10_001],
        "anything arrived": CustomerEvent.objects.told()[:1],
        "oldest events": CustomerEvent.objects.filter(received_at__lt=customer.created_at).order_by("received_at", "id")[:2000],
        "export of events": CustomerEvent.objects.filter(received_at__gt=customer.created_at).order_by("received_at", "id")[:2000],
        "new of a week": Customer.objects.filter(created_at__gte=now() - timedelta(days=7))
        .newest_first()
        .values("pk", "email_key")[:10_001],
        "unprojected": CustomerEvent.objects.unprojected()[:1000],
        "orders of customers": Order.objects.filter(customer_id__in=[customer.pk]),
        "baskets of customers": Cart.objects.filter(customer_id__in=[customer.pk]),
        "going idle": Cart.objects.open()
        .filter(idle_at=None, last_activity_at__lte=customer.created_at)
        .order_by("last_activity_at", "id")[:1000],
        "API page": Customer.objects.order_by("-id")[:51],
    }
    assert {name: scans(rows) for name, rows in shown.items() if scans(rows)} == {}


OWN = """
    INSERT INTO customers_customerevent (store_id, public_id, kind, name, anonymous_id, external_id, properties, context, occurred_at,
        received_at, projected_at, trusted, refusal)
    SELECT %s, gen_random_uuid(), 'own', 'Delivered', '', '', '{}', '{}', now(), now(), now(), true, '' FROM generate_series(1, 20000)
"""


def read_rows(rows):
    """Return how many rows a queryset's nodes read and threw away, on the whole."""
    plan = json.loads(rows.explain(format="json", analyze=True))[0]["Plan"]
    return _read(plan)


def _read(node):
    own = (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
    return max([own, sum(_read(child) for child in node.get("Plans", []))])


def test_pages_that_ask_every_few_seconds_pass_over_our_own_events(full_store):
    with connection.cursor() as cursor:
        cursor.execute(OWN, [full_store.pk])
    take_statistics("customers_customerevent")  # else two indexes look alike: the one of all events, and the one without our own
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_seqscan = off")
    told = CustomerEvent.objects.told()
    asked = {
        "arriving": told.order_by("-received_at", "-id")[:50],
        "arrived on a day": told.filter(received_at__gte=now() - timedelta(days=1)).order_by("-received_at", "-id")[:50],
        "anything arrived": told.order_by()[:1],
    }
    read = {name: read_rows(rows) for name, rows in asked.items()}
    assert {name: count for name, count in read.items() if count > 100} == {}


def test_a_small_store_pages_through_its_own_events_alone(full_store):
    small = make_store()
    with work_for(small), connection.cursor() as cursor:
        cursor.execute(FILL.replace("3000", "30").replace("'p' || n", "'s' || n"), [small.pk])
        cursor.execute("SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off")
    with work_for(small):
        pages = {
            "export": CustomerEvent.objects.filter(received_at__gt=EPOCH).order_by("received_at", "id")[:50],
            "API": CustomerEvent.objects.order_by("-received_at", "-id")[:51],
        }
        assert {name: read_rows(rows) for name, rows in pages.items() if read_rows(rows) > 60} == {}


@pytest.mark.parametrize("sort", SORTS)
def test_every_order_of_the_list_reads_its_own_index(full_store, sort):
    rows = Customer.objects.exclude(name_key="") if sort == "name" else Customer.objects.known()
    first = read_page(rows, order=SORTS[sort])
    order = [
        OrderBy(F(name.lstrip("-")), descending=name.startswith("-"), nulls_last=name == "-last_order_at" or None) for name in SORTS[sort]
    ]
    plan = rows.order_by(*order)[:26]
    with connection.cursor() as cursor:
        cursor.execute(
            "SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off"
        )  # a sort is then planned only where no index has the order
    assert scans(plan) == []
    assert not nodes(plan) & {"Sort", "Incremental Sort"}
    assert len(first.rows) == (0 if sort == "name" else 25)


def test_filters_and_the_lists_of_orders_and_baskets_use_indexes(full_store):
    asking = Asking(now(), "EUR")
    asked = [
        {"country": "DE", "city": "Wien"},
        {"may": "email.refused"},
        {"orders_from": 12},
        {"spent_from": 90_000},
        {"active_days": 3},
        {"birthday": "month"},
        {"attribute": "roast", "attribute_value": "dark"},
    ]
    found = {str(words): scans(narrow(Customer.objects.all(), words, asking=asking).order_by("-created_at", "-id")[:26]) for words in asked}
    found["orders by name"] = scans(Order.objects.filter(Q(number="N1") | Q(label__in=["N1", "#N1"]))[:26])
    found["baskets of a view"] = scans(Cart.objects.filter(state="open").order_by("-last_activity_at", "-id")[:26])
    assert {words: tables for words, tables in found.items() if tables} == {}


def test_the_second_page_starts_in_the_middle_of_the_index(full_store):
    first = read_page(Customer.objects.known(), order=("-created_at", "-id"))
    second = read_page(Customer.objects.known(), order=("-created_at", "-id"), cursor=first.next)
    assert len({row.pk for row in first.rows + second.rows}) == 50


def test_a_key_is_found_by_its_index():
    connected = connect_for_ingest()
    with connected.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off; EXPLAIN SELECT id FROM stores_apikey WHERE digest = 'x' AND revoked_at IS NULL")
        plan = " ".join(line for (line,) in cursor.fetchall())
    connected.close()
    assert "api_key_by_digest" in plan or "api_key_digest_once" in plan, plan  # read straight or by a bitmap, as the statistics are
