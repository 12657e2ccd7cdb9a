"""A night of a real shop (REES46, test only) lived again with the ready-made plan: who left, why, and who is written to.

Its events come in by HTTP to a running server, in fast time: every ten minutes of that night the clock is put on by ten minutes.
"""

import base64
import csv
import gzip
import http.client
import json
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from campaigns.models import Departure, Message, RecoveryCell
from campaigns.recovery.planning import switch_on
from retention.customers.consent import Said, record_consents
from retention.customers.models import Customer
from retention.intake.projecting.batching import project_batch
from retention.kit import clock
from tests.campaigns.recovery.shopping import tick
from tests.factories import make_key
from tests.serving import serve_application
from tests.shared_data import shared

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long]
SAMPLE = "data/behaviour/rees46_multicategory_2019-10-01.csv.gz"
NAMES = {"view": "Product Viewed", "cart": "Product Added", "purchase": "Order Completed"}
START = datetime(2019, 10, 1, tzinfo=UTC)
STEP = timedelta(minutes=10)
AT_ONCE = 100


def at(line):
    return datetime.strptime(line["event_time"], "%Y-%m-%d %H:%M:%S UTC").replace(tzinfo=UTC)


def lines():
    """Return what those did who put something into a basket, and nobody else, in order."""
    with gzip.open(shared(SAMPLE), "rt", encoding="utf-8") as file:
        everything = list(csv.DictReader(file))
    filled = {line["user_id"] for line in everything if line["event_type"] == "cart"}
    return [(place, line) for place, line in enumerate(everything) if line["user_id"] in filled]


def event(place, line):
    product = {"product_id": line["product_id"], "brand": line["brand"], "category": line["category_code"], "price": line["price"]}
    order = {"order_id": f"{line['user_session']}-{place}", "total": line["price"], "products": [product]}
    return {
        "type": "track",
        "event": NAMES[line["event_type"]],
        "messageId": f"rees46-{place}",
        "userId": line["user_id"],
        "properties": order if line["event_type"] == "purchase" else product,
        "context": {"sessionId": line["user_session"]},
        "timestamp": at(line).isoformat(),
    }


class Shop:
    """The shop's own server: it tells what happened by HTTP, with its secret key."""

    def __init__(self, port, key):
        self.wire = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        word = base64.b64encode(f"{key}:".encode()).decode()
        self.headers = {"Authorization": f"Basic {word}", "Content-Type": "application/json"}

    def tell(self, told):
        for start in range(0, len(told), AT_ONCE):
            part = told[start : start + AT_ONCE]
            self.wire.request("POST", "/v1/batch", json.dumps({"batch": [event(*one) for one in part]}), self.headers)
            answer = self.wire.getresponse()
            said = answer.read()
            assert (answer.status, json.loads(said)["accepted"]) == (200, len(part))


def make_reachable(known, *, now):
    """Give everybody new an address, a number and a yes to both."""
    fresh = list(Customer.objects.exclude(pk__in=known))
    for one in fresh:
        one.email = one.email_key = f"visitor{one.pk}@example.test"
        one.phone = f"+49170{one.pk:07d}"
        one.save()
    words = [Said(one.pk, channel, "granted", START - timedelta(days=1), method="test") for one in fresh for channel in ("email", "sms")]
    record_consents(words, now=now)
    known.update(one.pk for one in fresh)


@pytest.fixture
def dial(tmp_path, monkeypatch):
    """Put the clock of this process and of the server by a file."""
    path = tmp_path / "dial"
    monkeypatch.setenv("BOOMERANG_CLOCK_FILE", str(path))
    return lambda moment: clock.set_dial(path, virtual=moment, speed=0)


def live_it_again(store, sample, dial):
    dial(START)
    with serve_application("retention.wsgi:application") as served:
        _live(Shop(served.port, make_key(store)[1]), sample, dial)


def _live(shop, sample, dial):
    known: set[int] = set()
    waiting, now = list(sample), START
    while waiting:
        now += STEP
        dial(now)
        due = [one for one in waiting if at(one[1]) <= now]
        waiting = waiting[len(due) :]
        if due:
            shop.tell(due)
            while project_batch(now=now):
                continue
            make_reachable(known, now=now)
        tick(now=now)
    for _ in range(4 * 6):
        now += STEP
        tick(now=now)
    for hours in range(4, 60, 4):
        tick(now=now + timedelta(hours=hours))


def expected(sample):
    """Return, by a plain reading of the lines, which sessions left a basket, which bought, and the groups of the first kind.

    Nobody has orders from before that night, and no referrer is told: the groups that are left are told apart here once more.
    """
    sessions = defaultdict(list)
    bought_at = defaultdict(list)
    for _, line in sample:
        sessions[line["user_session"]].append(line)
        if line["event_type"] == "purchase":
            bought_at[line["user_id"]].append(at(line))
    left, bought = {}, set()
    for name, told in sessions.items():
        kinds = [line["event_type"] for line in told]
        if "cart" in kinds and "purchase" not in kinds:
            left[name] = plain_group(
                told,
                [others for key, others in sessions.items() if others[0]["user_id"] == told[0]["user_id"] and key != name],
                bought_at[told[0]["user_id"]],
            )
        elif "cart" in kinds:
            bought.add(name)
    return left, bought


def plain_group(told, others, bought):
    began = at(told[0])
    before = [moment for moment in bought if moment <= began]
    if len(before) >= 3:
        return "loyal"
    if len(before) == 1:
        return "first_order"
    earlier = [{line["product_id"] for line in other if line["event_type"] == "view"} for other in others if at(other[-1]) <= began]
    mine = [line["product_id"] for line in told if line["event_type"] == "view"]
    if any(1 + sum(product in seen for seen in earlier) >= 3 for product in mine):
        return "researching"
    spent: dict[str, float] = defaultdict(float)
    for line, following in pairwise(told):
        if line["event_type"] == "view":
            spent[line["product_id"]] += min((at(following) - at(line)).total_seconds(), 600)
    if max(spent.values(), default=0) >= 180 and max(Counter(mine).values(), default=0) >= 2:
        return "researching"
    pages = next(place for place, line in enumerate(told) if line["event_type"] == "cart")
    return "buying" if pages <= 5 else "looking"


def test_the_night_lived_again_with_the_ready_made_plan(plan, dial):
    switch_on(user_id=None, now=START - timedelta(days=1))
    sample = lines()
    live_it_again(plan, sample, dial)
    left, bought = expected(sample)
    assert (len(left), len(bought)) == (53, 65)
    found = {key: one for one in Departure.objects.select_related("stage", "cell") for key in [session_of(one, sample)] if key in left}
    assert {key: (one.stage.ready, one.group) for key, one in found.items()} == {key: ("idle", group) for key, group in left.items()}
    assert all(one.evidence["stage"] and one.evidence["group"] for one in found.values()), "every decision has a trace"
    decisions = Counter(one.decision for one in found.values())
    assert decisions["bought"] == 1, "one came back ten minutes later and bought"
    buyers = Departure.objects.filter(decision="ordered")
    assert {session_of(one, sample) for one in buyers} >= bought
    assert not buyers.exclude(cell=None).exists()
    rungs = Counter(Message.objects.values_list("cart_id", "channel"))
    assert rungs
    assert set(rungs.values()) == {1}, "nobody gets two messages in a rung"
    written = set(Message.objects.values_list("customer_id", flat=True))
    only_bought = {line["user_id"] for _, line in sample} - {line["user_id"] for _, line in sample if line["user_session"] in left}
    assert not Customer.objects.filter(pk__in=written, identities__value__in=only_bought).exists(), "the 65 that bought get nothing"
    live = RecoveryCell.objects.filter(state="live").values_list("pk", flat=True)
    for one in found.values():
        if one.decision in {"entered", "held_out"}:
            assert one.cell_id in set(live)
    assert decisions["entered"] + decisions["held_out"] + decisions["draft"] + decisions["replaced"] + decisions["already"] == 52


def session_of(departure, sample):
    """Return the session of the sample whose last event a departure is."""
    user = departure.customer.identities.get(kind="external").value
    ends = {at(line): line["user_session"] for _, line in sample if line["user_id"] == user}
    return ends.get(departure.left_at, "")
