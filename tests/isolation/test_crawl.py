"""The crawl: every route, every kind of caller, the other store's real ids. Nothing of the victim comes out, nothing of it changes."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from retention.stores.models import AuditEntry
from retention.tenancy.context import store_context
from tests.isolation import matrix
from tests.isolation.addresses import address
from tests.isolation.page import Page
from tests.isolation.probing import Answer, ask, cached_text, listening
from tests.isolation.scene import Scene, Side, fingerprint

STORE_PAGES = {name: page for name, page in matrix.PAGES.items() if page.access in matrix.CAPABILITIES}
KEY_PAGES = {name: page for name, page in matrix.PAGES.items() if page.access.startswith("key ")}
WITH_IDS = {name: page for name, page in (STORE_PAGES | KEY_PAGES).items() if any(not value.startswith("=") for value in page.ids.values())}
SIGN_IN = (302, 204)

pytestmark = pytest.mark.django_db


def asked(pages: dict[str, Page]) -> Iterator[tuple[str, str, Page]]:
    """Yield (route, method, page) for every method of these pages."""
    for name, page in pages.items():
        for method in page.methods.split():
            yield name, method, page


def bearer(key: str) -> dict[str, str]:
    """Return the header that carries a key."""
    return {"HTTP_AUTHORIZATION": f"Bearer {key}"}


def send(browser: Client, name: str, method: str, where: str, *, data: dict[str, Any] | None = None, **more: Any) -> Answer:
    """Ask a page, as JSON where it is the API's."""
    if matrix.PAGES[name].access.startswith("key ") and method != "GET":
        more["content_type"] = "application/json"
    return ask(browser, method, where, data, **more)


def nobody() -> Client:
    """Return a browser in which nobody is signed in."""
    return Client(raise_request_exception=False)


def all_ids(victim: Side) -> dict[str, Any]:
    """Return every id of the victim under every name a page might read it by."""
    found: dict[str, Any] = {"store": victim.store.slug, "store_id": victim.store.pk, "store_slug": victim.store.slug, "q": victim.canary}
    for label, row in victim.rows.items():
        word = label.partition(".")[2].lower()
        found |= {word: row.pk, f"{word}_id": row.pk, f"{word}s": [row.pk]}
        if getattr(row, "public_id", None):
            found[f"{word}_public_id"] = str(row.public_id)  # type: ignore[attr-defined]
    customer = victim.rows["customers.Customer"]
    found |= {"id": customer.pk, "ids": [customer.pk], "chosen": [str(customer.public_id)], "public_id": str(customer.public_id)}  # type: ignore[attr-defined]
    return found | {
        "search": victim.canary,
        "cursor": str(customer.pk),
        "after": str(customer.pk),
        "ordering": "store_id",
        "order_by": "store__name",
    }


def test_the_owner_gets_every_page(scene: Scene) -> None:
    owner = scene.attacker.browser("owner")
    faults = []
    for name, method, page in asked({name: page for name, page in matrix.PAGES.items() if page.access != "staff"}):
        headers = bearer(scene.attacker.secret) if name in KEY_PAGES else {}
        answer = send(nobody() if headers else owner, name, method, address(name, scene.attacker), data=page.form, **headers)
        if answer.status not in page.answers or is_not_the_matrix_s("owner", page, answer):
            faults.append(f"{method} {name}: {answer.status}")
    assert not faults, "\n".join(faults)


def is_not_the_matrix_s(role: str, page: Page, answer: Answer) -> bool:
    """Say whether a store's page opened to a role that may not see it, stayed shut to one that may, or failed."""
    if page.access not in matrix.CAPABILITIES:
        return False
    allowed = role in matrix.CAPABILITIES[page.access].split()
    return (answer.status == 403) is allowed or answer.status >= 500


@pytest.mark.parametrize("role", [role for role in matrix.ROLES if role != "owner"])  # whose pages are asked for above
def test_a_role_gets_what_the_matrix_says_and_no_more(role: str, scene: Scene) -> None:
    browser = scene.attacker.browser(role)
    faults = []
    for name, method, page in asked(STORE_PAGES):
        answer = ask(browser, method, address(name, scene.attacker), page.form)
        if is_not_the_matrix_s(role, page, answer):
            faults.append(f"{role} {method} {name}: {answer.status}")
    assert not faults, "\n".join(faults)


def test_without_signing_in_nothing_opens(scene: Scene) -> None:
    faults = []
    for name, method, page in asked(matrix.PAGES):
        answer = send(nobody(), name, method, address(name, scene.victim), data=page.form)
        wanted = (401,) if name in KEY_PAGES else SIGN_IN if page.access != "public" else range(200, 500)
        if answer.status not in (*wanted, *page.answers * (page.access == "public")) or scene.victim.canary in _without_echo(
            answer.everything, scene.victim
        ):
            faults.append(f"{method} {name}: {answer.status}")
    assert not faults, "\n".join(faults)


def test_people_of_other_stores_see_nothing_and_change_nothing(scene: Scene) -> None:
    before, faults = fingerprint(scene.victim.store), []
    everything = all_ids(scene.victim)
    with listening() as lines:
        for name, method, page in asked(STORE_PAGES):
            owner, canary = scene.attacker.browser("owner"), scene.victim.canary
            attempts = {
                "their store": (address(name, scene.victim), page.form),
                "our store, their ids": (address(name, scene.attacker, scene.victim), page.form),
                "our page, their ids beside it": (address(name, scene.attacker), everything | page.form),
            }
            for attempt, (where, data) in attempts.items():
                answer = ask(
                    owner, method, where, data, victim=scene.victim.store, HTTP_X_STORE=scene.victim.store.slug, HTTP_REFERER=where
                )
                refused = attempt == "their store" or (attempt == "our store, their ids" and name in WITH_IDS)
                leaked = canary in _without_echo(answer.everything, scene.victim)
                changed = bool(answer.changed(before))
                if (refused and answer.status != 404) or answer.status >= 500 or leaked or changed:
                    faults.append(f"{attempt}: {method} {name}: {answer.status}{' LEAK' * leaked}{' CHANGED' * changed}")
    assert not faults, "\n".join(faults)
    assert scene.victim.canary not in _without_echo("\n".join(lines), scene.victim)
    assert scene.victim.canary not in _without_echo(cached_text(), scene.victim)


def _without_echo(text: str, victim: Side) -> str:
    """Take out what the attacker typed itself: the slug in an address and the bare canary it searched for."""
    text = text.lower().replace(victim.store.slug, "")
    for echoed in (f'value="{victim.canary}"', f"={victim.canary}", f"“{victim.canary}”", f"&quot;{victim.canary}&quot;"):
        text = text.replace(echoed, "")
    return text


def test_another_store_s_id_looks_exactly_like_one_that_is_missing(scene: Scene) -> None:
    owner, faults = scene.attacker.browser("owner"), []
    for name, method, page in asked(WITH_IDS):
        headers = bearer(scene.attacker.secret) if name in KEY_PAGES else {}
        theirs = {place: scene.victim.value(what) for place, what in page.ids.items() if not what.startswith("=")}
        missing = {place: uuid.uuid4() if isinstance(value, uuid.UUID) else 2**40 for place, value in theirs.items()}
        browser = nobody() if headers else owner
        found = [send(browser, name, method, address(name, scene.attacker, **ids), data=page.form, **headers) for ids in (theirs, missing)]
        bodies = {answer.without(*ids.values()) for answer, ids in zip(found, (theirs, missing), strict=True)}
        if [answer.status for answer in found] != [404, 404] or len(bodies) != 1:
            faults.append(f"{method} {name}: {[answer.status for answer in found]}, {len(bodies)} different bodies")
    assert not faults, "\n".join(faults)


def test_a_store_that_exists_looks_exactly_like_one_that_does_not(scene: Scene) -> None:
    owner, faults = scene.attacker.browser("owner"), []
    for name, method, page in asked(STORE_PAGES):
        found = [
            ask(owner, method, address(name, scene.attacker, store_slug=slug), page.form)
            for slug in (scene.victim.store.slug, "canarynobody-shop")
        ]
        if found[0].without(scene.victim.store.slug) != found[1].without("canarynobody-shop") or found[0].status != found[1].status:
            faults.append(f"{method} {name}")
    assert not faults, "\n".join(faults)


def test_a_key_opens_its_own_store_only(scene: Scene) -> None:
    before, faults = fingerprint(scene.victim.store), []
    for name, method, page in asked(KEY_PAGES):
        data = page.form or (all_ids(scene.victim) if method == "GET" else {})
        where = address(name, scene.attacker, scene.victim)
        answer = send(nobody(), name, method, where, data=data, victim=scene.victim.store, **bearer(scene.attacker.secret))
        wanted = (404,) if name in WITH_IDS else (200, 201, 202, 400, 415, 422)
        if answer.status not in wanted or scene.victim.canary in _without_echo(answer.everything, scene.victim) or answer.changed(before):
            faults.append(f"{method} {name}: {answer.status}")
    assert not faults, "\n".join(faults)


def test_wrong_keys_open_nothing(scene: Scene) -> None:
    victim, faults = scene.victim, []
    callers: dict[str, tuple[dict[str, str], tuple[int, ...]]] = {
        "no key": ({}, (401,)),
        "public key": (bearer(victim.public), (401, 403)),
        "revoked key": (bearer(victim.revoked), (401,)),
        "key without scopes": (bearer(victim.narrow), (403,)),
        "secret key in a browser": (bearer(victim.secret) | {"HTTP_ORIGIN": "https://shop.example"}, (401, 403)),
        "nonsense": (bearer("sk_nonsense"), (401,)),
        "signed-in owner without key": (
            {"HTTP_COOKIE": "; ".join(f"{c.key}={c.value}" for c in victim.browser("owner").cookies.values())},
            (401,),
        ),
    }
    for name, method, page in asked(KEY_PAGES):
        cache.clear()  # refused keys are counted, and there are more pages than tries a minute
        for who, (headers, wanted) in callers.items():
            answer = send(nobody(), name, method, address(name, victim), data=page.form, **headers)
            if answer.status not in wanted or answer.holds(victim.canary):
                faults.append(f"{who}: {method} {name}: {answer.status}")
    assert not faults, "\n".join(faults)


def test_a_stranger_gets_nothing(scene: Scene) -> None:
    from tests.factories import signed_in

    stranger = signed_in(scene.stranger)
    stranger.raise_request_exception = False
    faults = []
    for name, method, page in asked(STORE_PAGES):
        answer = ask(stranger, method, address(name, scene.victim), page.form, victim=None)
        if answer.status != 404 or scene.victim.canary in _without_echo(answer.everything, scene.victim):
            faults.append(f"{method} {name}: {answer.status}")
    assert not faults, "\n".join(faults)


def test_a_denied_attempt_is_audited_once(scene: Scene) -> None:
    def denials(side: Side) -> list[str]:
        with store_context(side.store.pk):
            return list(AuditEntry.objects.filter(action__startswith="access.denied").values_list("action", flat=True))

    already = len(denials(scene.victim)), len(denials(scene.attacker))
    for _time in range(3):
        scene.attacker.browser("owner").get(address("settings:team", scene.victim))
        scene.attacker.browser("analyst").get(address("settings:team", scene.attacker))
    assert (len(denials(scene.victim)) - already[0], len(denials(scene.attacker)) - already[1]) == (1, 1)
