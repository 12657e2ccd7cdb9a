"""A shop's order by real HTTP into a running web server, and on to a customer with an order."""

import http.client
import json
import urllib.error
import urllib.request
from urllib.parse import urlsplit

import pytest

from retention.customers.models import Customer
from retention.intake.models import Delivery
from retention.intake.shops.shopify.sample import sample_order
from retention.orders.models import Order
from tests.factories import work_for
from tests.intake.shops.hooking import NOW, apply, headers_of, make_shop
from tests.serving import serve

pytestmark = pytest.mark.django_db(transaction=True)


def post(url: str, raw: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
    request = urllib.request.Request(url, data=raw, headers={"Content-Type": "application/json", **headers})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read()


def announce(url: str, size: int) -> int:
    """Return what the server says to a body of this size before any of it is sent: it need not read one it will not take."""
    where = urlsplit(url)
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=30)
    try:
        connection.putrequest("POST", where.path)
        connection.putheader("Content-Type", "application/json")
        connection.putheader("Content-Length", str(size))
        connection.endheaders()
        return connection.getresponse().status
    finally:
        connection.close()


def test_a_signed_order_by_real_http_becomes_a_customer_with_an_order():
    shop = make_shop()
    raw = json.dumps(sample_order(NOW, "USD")).encode()
    headers = headers_of("shopify", "orders/create", raw, delivery="b54557e4-bdd9-4b37-8a5f-bf7d70bcd043", at=NOW.isoformat())
    with serve() as url:
        where = f"{url}/hooks/shopify/{shop.token}"
        assert post(where, raw, headers) == (200, b"stored\n")
        assert post(where, raw, headers) == (200, b"repeated\n")
        assert post(where, raw + b" ", headers)[0] == 401
        assert announce(where, 1024 * 1024 + 1) == 413
    apply(shop)
    with work_for(shop.store):
        assert [bytes(one.body) for one in Delivery.objects.all()] == [raw]
        order = Order.objects.get()
        assert (order.number, order.total_minor, order.customer) == (str(10**18), 2500, Customer.objects.get())
