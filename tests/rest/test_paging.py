"""S17: cursors show no row id, and only the store they were made for can use them."""

import base64
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from retention.customers.models import Customer
from tests.factories import make_key, make_store, work_for
from tests.factories.customers import make_customer

pytestmark = pytest.mark.django_db


def caller(store):
    return Client(headers={"Authorization": f"Bearer {make_key(store, scopes=['customers:read'])[1]}"})


def cursor_of(address):
    return parse_qs(urlsplit(address).query)["cursor"][0]


def test_a_cursor_shows_no_row_id_in_any_reading_of_it():
    store = make_store()
    for _number in range(3):
        make_customer(store)
    page = caller(store).get("/api/v1/customers?page_size=1").json()
    token = cursor_of(page["next"])
    with work_for(store):
        ids = {str(row.pk) for row in Customer.objects.all()}
    box = token.partition(".")[2]
    readings = [token, base64.urlsafe_b64decode(box + "=" * (-len(box) % 4)).decode("latin-1")]
    assert not any(re.search(rf"(?<!\d)p={number}(?!\d)", reading) for reading in readings for number in ids)
    assert token.partition(".")[0] == "site"


def test_pages_forth_and_back_meet_every_row_once():
    store = make_store()
    for _number in range(7):
        make_customer(store)
    api = caller(store)
    pages, address = [], "/api/v1/customers?page_size=3"
    while address:
        page = api.get(address).json()
        pages.append([row["id"] for row in page["results"]])
        address = page["next"]
    assert [len(rows) for rows in pages] == [3, 3, 1]
    assert len({row for rows in pages for row in rows}) == 7
    back = api.get(api.get(api.get("/api/v1/customers?page_size=3").json()["next"]).json()["previous"]).json()
    assert [row["id"] for row in back["results"]] == pages[0]


@pytest.mark.parametrize("change", ["foreign", "cut", "turned", "cD14", "", "site.AAAA", "x" * 5000, "%00"])
def test_another_cursor_is_refused(change):
    store, other = make_store(), make_store()
    for owner in (store, other):
        for _number in range(2):
            make_customer(owner)
    token = cursor_of(caller(other if change == "foreign" else store).get("/api/v1/customers?page_size=1").json()["next"])
    wrong = {"foreign": token, "cut": token[:-4], "turned": token[:-6] + token[-6:][::-1]}.get(change, change)
    answer = caller(store).get(f"/api/v1/customers?cursor={wrong}")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_page_size_stays_within_its_bounds():
    store = make_store()
    for _number in range(3):
        make_customer(store)
    api = caller(store)
    assert len(api.get("/api/v1/customers?page_size=2").json()["results"]) == 2
    assert len(api.get("/api/v1/customers?page_size=100000").json()["results"]) == 3
