"""The editor of journeys in a browser: steps are added, changed, moved by keyboard and dragged; on a phone and in the dark."""

import pytest

from campaigns.journeys import replaying, shadowing
from campaigns.journeys.drafting import unsaved
from campaigns.journeys.editing.tree import flatten
from campaigns.models import Journey, JourneyDraft, JourneyReplay
from campaigns.playbooks.switching import switch_on
from retention.customers.events import record
from retention.customers.models import Customer
from retention.kit import clock
from retention.tenancy.context import store_context
from tests.browser.conftest import Site
from tests.browser.looking import picture, wait_for
from tests.browser.test_pages import look
from tests.campaigns.journeys.journeying import tick

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_journey_is_written_with_the_keyboard_and_the_mouse(site: Site) -> None:
    store = site.side.store
    page = site.window("desktop-light", user=site.side.people["owner"]).new_page()
    page.goto(f"/s/{store.slug}/journeys/new/")
    page.get_by_role("button", name="Begin empty").click()
    page.get_by_label("Name").fill("After the first bag")
    page.get_by_label("Name").press("Tab")
    page.wait_for_selector('#j-name[value="After the first bag"]')

    def add(kind: str, number: int) -> None:
        page.locator(".j-add summary").nth(number).click()
        page.locator(".j-add[data-place] details[open]").get_by_role("button", name=kind, exact=True).click()
        page.wait_for_selector(".j-step.is-open")

    add("Wait", 0)
    page.get_by_label("Wait for").fill("2")
    page.get_by_role("button", name="Done").last.click()
    page.wait_for_selector(".j-step.is-open", state="detached")
    add("Part them by chance", 1)
    page.get_by_role("button", name="Done").last.click()
    page.wait_for_selector(".j-step.is-open", state="detached")
    wait_for(page, "!document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling')")  # what is drawn anew takes the focus
    first = page.locator(".j-step").first
    first.locator(".bo-slot").first.focus()
    page.keyboard.press("Alt+ArrowDown")
    page.locator("#j-said", has_text="step 2 of 3").wait_for(state="attached")
    wait_for(page, "document.activeElement.closest('.j-step')?.dataset.place === 'root.steps.1'")  # the words arrive before the focus
    page.locator(".j-step .grip").nth(1).drag_to(page.locator(".j-br .j-add").first)
    page.wait_for_selector(".j-br .j-step")
    with store_context(store.pk):
        draft = JourneyDraft.objects.order_by("-pk").first()
        assert [node["kind"] for node in draft.tree["root"]["steps"]] == ["split", "exit"]
        assert [node["kind"] for node in draft.tree["root"]["steps"][0]["ways"][0]["steps"]] == ["wait"]
    page.get_by_role("button", name="Undo").click()
    page.locator("#j-said", has_text="Undone").wait_for(state="attached")


def test_the_pages_are_sound_in_every_light(site: Site) -> None:
    store = site.side.store
    with store_context(store.pk):
        where = f"/s/{store.slug}/journeys/{_filled(store).public_id}/"
    page = site.window("desktop-light", user=site.side.people["owner"]).new_page()
    faults: list[str] = []
    for name, path in (
        ("steps", ""),
        ("edit", "edit/?open=root.steps.1"),
        ("launch", "launch/"),
        ("shadow", "shadow/"),
        ("replay", "replay/"),
    ):
        faults += look(
            page, f"{where}{path}", name=f"journey-{name}", variants=("desktop-light", "phone-dark", "desktop-dark", "phone-light")
        )
        faults += [f"{name}: not shown"] if page.get_by_text("Tell us number").count() else []
    assert not faults, "\n".join(faults)
    picture(page, variant="phone-light", name="journey-replay-end")


def _filled(store) -> Journey:
    """Return a journey with ways, people inside, a shadow and a replay."""
    now = clock.now()
    journey = switch_on("abandoned_cart", now=now)
    draft = unsaved(journey, now=now)
    draft.tree["root"]["steps"][1:1] = [FORK]
    draft.tree["guards"] = []
    draft.changed_at = now
    draft.save()
    data = flatten(draft.tree).data
    shadowing.begin(journey, data, now=now)
    JourneyReplay.objects.all().delete()  # the scene's own row
    for person in Customer.objects.order_by("pk")[:8]:
        record(person.pk, name="Cart Idle", properties={"cart_id": f"cart-{person.pk}"}, now=clock.now())
    tick(now=clock.now())
    replaying.begin(journey, data, now=clock.now())
    while replaying.go_on(now=clock.now()):
        pass
    return journey


FORK = {
    "id": "part",
    "kind": "wait_event",
    "event": "Product Viewed",
    "days": 1,
    "ways": [
        {"steps": [{"id": "look", "kind": "send", "channel": "email", "template": "abandoned-cart-second", "expires_hours": 24}]},
        {"steps": [{"id": "rest", "kind": "wait", "days": 2, "at": "09:00"}, {"id": "leave", "kind": "exit"}]},
    ],
}
