"""Signed links and cursors carry their store: one signed for a store opens nothing of another, and looking at one changes nothing."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from campaigns.models import Message
from campaigns.personalization import links
from campaigns.views import own_hosts
from retention.customers.models import Customer
from retention.kit import clock
from retention.tenancy.context import store_context
from tests.isolation import matrix
from tests.isolation.addresses import address
from tests.isolation.probing import ask
from tests.isolation.scene import Scene, Side, fingerprint

pytestmark = pytest.mark.django_db

CLICK_ROWS = {"campaigns.Click"}


def _path(address: str) -> str:
    return urlsplit(address).path


def _click(message_of: Side, *, store_of: Side, planned_days_ago: int = 0) -> str:
    moment = clock.now() - timedelta(days=planned_days_ago)
    message = message_of.rows["campaigns.Message"]
    return _path(links.click_url(message.pk, 0, store_id=store_of.store.pk, planned_at=moment))  # type: ignore[attr-defined]


def _leave(person_of: Side, *, store_of: Side) -> str:
    customer, message = person_of.rows["customers.Customer"], person_of.rows["campaigns.Message"]
    return _path(links.unsubscribe_url(customer, message.pk, "email", store_id=store_of.store.pk, planned_at=clock.now()))


def _nobody() -> Client:
    return Client(raise_request_exception=False)


@pytest.fixture(autouse=True)
def targets(scene: Scene) -> None:
    """Let the first link of each side's message lead to a page of its own shop."""
    for of in (scene.victim, scene.attacker):
        with store_context(of.store.pk):
            Message.objects.update(link_set=None, targets=[f"https://shop.example.test/{of.canary}"])


def test_a_link_leads_to_its_own_store_s_target(scene: Scene) -> None:
    answer = ask(_nobody(), "GET", _click(scene.victim, store_of=scene.victim))
    assert answer.status == 302
    assert answer.holds(scene.victim.canary)


def test_a_link_signed_for_another_store_opens_nothing(scene: Scene) -> None:
    before = fingerprint(scene.victim.store)
    for where in (_click(scene.victim, store_of=scene.attacker), _leave(scene.victim, store_of=scene.attacker)):
        for method in ("GET", "HEAD", "POST"):
            answer = ask(_nobody(), method, where, victim=scene.victim.store)
            assert answer.status < 500
            assert not answer.holds(scene.victim.canary)
            assert answer.changed(before) == set()


def test_a_changed_or_foreign_or_old_token_opens_nothing(scene: Scene) -> None:
    good = _click(scene.victim, store_of=scene.victim)
    swapped = good[:-2] + ("A" if good[-2] != "A" else "B") + good[-1]  # the very last letter holds bits that nobody reads
    other_purpose = good.replace("/c/", "/u/")
    old = _click(scene.victim, store_of=scene.victim, planned_days_ago=links.CLICK_DAYS + 1)
    for where in (swapped, other_purpose, old):
        answer = ask(_nobody(), "GET", where, victim=scene.victim.store)
        assert answer.status in {404, 410}
        assert not answer.holds(scene.victim.canary)


def test_looking_at_a_link_changes_nothing_but_a_click_row(scene: Scene) -> None:
    before = fingerprint(scene.victim.store)
    for where in (_click(scene.victim, store_of=scene.victim), _leave(scene.victim, store_of=scene.victim)):
        for method in ("GET", "HEAD"):
            assert ask(_nobody(), method, where, victim=scene.victim.store).changed(before) <= CLICK_ROWS


def test_on_a_store_s_own_host_only_its_links_answer_and_no_page(scene: Scene) -> None:
    host, owner, faults = scene.victim.rows["campaigns.LinkHost"].host, scene.victim.browser("owner"), []  # type: ignore[attr-defined]
    asked_by_any_name = {"healthz", "readyz", "metrics"}  # operations ask these by whatever name; they tell nothing of a store
    answering = {*own_hosts.FOR_ALL, *own_hosts.STORE_OF, own_hosts.ANSWER, *asked_by_any_name}
    for name, page in matrix.PAGES.items():
        for method in page.methods.split():
            answer = ask(owner, method, address(name, scene.victim), HTTP_HOST=host)
            if answer.status != 404 and name not in answering:
                faults.append(f"{method} {name}: {answer.status}")
    assert not faults, "\n".join(faults)
    for of, status in ((scene.victim, 302), (scene.attacker, 404)):
        answer = ask(_nobody(), "GET", _click(of, store_of=of), HTTP_HOST=host)
        assert (answer.status, answer.holds(scene.attacker.canary)) == (status, False)


def test_a_cursor_of_another_store_shows_nothing_of_it(scene: Scene) -> None:
    with store_context(scene.victim.store.pk):
        Customer.objects.bulk_create([Customer(first_name=f"{scene.victim.canary} {number}") for number in range(3)])
    victim, attacker = ({"HTTP_AUTHORIZATION": f"Bearer {side.secret}"} for side in (scene.victim, scene.attacker))
    first: dict[str, Any] = _nobody().get("/api/v1/customers", {"page_size": 1}, **victim).json()
    cursor = parse_qs(urlsplit(first["next"]).query)["cursor"][0]
    for name in ("customers", "orders", "events"):
        answer = ask(_nobody(), "GET", f"/api/v1/{name}", {"page_size": 1, "cursor": cursor}, **attacker)
        assert answer.status in {200, 400, 404}
        assert not answer.holds(scene.victim.canary)


@pytest.mark.deep
def test_another_store_s_id_takes_as_long_as_a_missing_one(scene: Scene) -> None:
    """Medians of interleaved requests differ by less than 20 %."""
    import statistics
    import time
    import uuid

    owner = scene.attacker.browser("owner")
    theirs = scene.victim.value("customers.Customer.public_id")
    times: dict[str, list[float]] = {"theirs": [], "missing": []}
    for turn in range(400):
        for kind in ("theirs", "missing") if turn % 2 else ("missing", "theirs"):
            number = theirs if kind == "theirs" else uuid.uuid4()
            begin = time.perf_counter()
            assert owner.get(f"/s/{scene.attacker.store.slug}/customers/{number}/").status_code == 404
            times[kind].append(time.perf_counter() - begin)
    ratio = statistics.median(times["theirs"]) / statistics.median(times["missing"])
    assert 0.8 < ratio < 1.2
