"""The recovery plan in a browser: the matrix as plan and as heat, a cell that is opened and changed, by keyboard and on a phone."""

import random
from datetime import timedelta

import pytest

from campaigns.measurement.assignment import Lots, journey_key
from campaigns.measurement.lots import HELD_OUT
from campaigns.models import Departure, RecoveryCell, RecoveryStage
from campaigns.recovery import looking_back
from campaigns.recovery.planning import add_stage, begin, set_state, switch_on
from campaigns.recovery.rules.groups import ON_PAGES
from campaigns.recovery.rules.stages import Happened
from retention.customers.models import Customer
from retention.kit import clock
from retention.tenancy.context import store_context
from tests.browser.conftest import Site
from tests.browser.looking import faults_of_page, picture, wait_for
from tests.browser.test_pages import look
from tests.campaigns.measurement.people import drawn, sold

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
AMOUNTS = {"list": 1800, "product": 3000, "idle": 4500, "shipping": 5000, "payment": 5400, "unanswered": 4400, "gone": 3900}
SHARES = {"buying": 12, "looking": 30, "researching": 10, "comparing": 8, "loyal": 5, "first_order": 2}


def fill(store) -> None:
    """Make the plan with cells in every state, and a month of people who left, some of whom came back."""
    now, lot = clock.now(), random.Random(7)
    RecoveryStage.objects.update(archived_at=now)  # the scene's own row
    begin(store, user_id=store.memberships.first().user_id, now=now - timedelta(days=31))
    switch_on(user_id=store.memberships.first().user_id, now=now - timedelta(days=30))
    cells = {(cell.stage.ready, cell.group): cell for cell in RecoveryCell.objects.filter(stage__archived_at=None).select_related("stage")}
    for state, where in (("shadow", ("product", "buying")), ("paused", ("payment", "comparing")), ("shadow", ("payment", "first_order"))):
        set_state(cells[where], state, user_id=store.memberships.first().user_id, now=now)
    add_stage("Size guide read", Happened("Size Guide", "Product Added"), now=now)
    rows = []
    for stage in RecoveryStage.objects.filter(archived_at=None):
        for group in ON_PAGES:
            cell = cells.get((stage.ready, group))
            for _ in range(SHARES[group] * {"idle": 40, "shipping": 25}.get(stage.ready, 3)):
                rows.append(_gone(stage, group, cell, lot, now))
    people = Customer.objects.bulk_create([Customer(first_name="Nora", created_at=now) for _ in rows])
    for row, one in zip(rows, people, strict=True):
        row.customer = one
    Departure.objects.bulk_create(rows)
    for number, cell in enumerate(RecoveryCell.objects.filter(state="live").order_by("pk")[:6]):
        _, arms = drawn(journey_key(cell.journey_id), 80 * (number + 1), now=now, days_ago=28, lots=Lots(0.3))
        for arm, part in (("a", 4), (HELD_OUT, 3 + 2 * number)):
            sold(arms.get(arm, [])[::part], at=now - timedelta(days=27), total_minor=4500)


def _gone(stage, group, cell, lot, now) -> Departure:
    left_at = now - timedelta(hours=1, minutes=lot.randrange(28 * 1440))
    decision = (
        {"live": "entered", "shadow": "shadow", "paused": "paused", "empty": "empty", "draft": "draft"}[cell.state] if cell else "hole"
    )
    if decision == "entered" and lot.random() < 0.2:
        decision = "held_out"
    back = lot.random() < (0.3 if decision == "entered" else 0.12)
    amount = max(100, round(lot.gauss(AMOUNTS.get(stage.ready, 2500), 900)))
    return Departure(
        stage=stage,
        group=group,
        cell=cell,
        decision=decision,
        reached={"idle": 2, "shipping": 4, "payment": 5, "list": 0}.get(stage.ready, 1),
        about=f"{lot.random()}",
        began_at=left_at - timedelta(minutes=4),
        left_at=left_at,
        noticed_at=left_at,
        amount_minor=amount,
        currency="EUR",
        device=lot.choice(["phone", "phone", "computer"]),
        evidence={
            "stage": ["left %(count)s pieces in the basket", {"count": 2}],
            "group": ["%(count)s pages before the basket", {"count": 3}],
        },
        bought_at=left_at + timedelta(hours=5) if back else None,
        order_minor=amount if back else None,
    )


def test_the_matrix_and_a_cell(site: Site) -> None:
    store, owner = site.side.store, site.side.people["owner"]
    with store_context(store.pk):
        fill(store)
        cell = RecoveryStage.objects.get(ready="idle").public_id
    where = f"/s/{store.slug}/recovery/"
    page = site.window("desktop-light", user=owner).new_page()
    faults = look(page, where, name="recovery", variants=["desktop-light", "desktop-dark"])
    faults += look(page, f"{where}?by=money", name="recovery_money", variants=["desktop-light", "desktop-dark"])
    faults += look(page, f"{where}?by=lift", name="recovery_lift", variants=["desktop-light", "desktop-dark"])
    faults += look(page, f"{where}bottlenecks/?by=device", name="recovery_bottlenecks", variants=["desktop-light"])
    faults += look(page, f"{where}{cell}/buying/", name="recovery_cell", variants=["desktop-light", "desktop-dark"])
    page.set_viewport_size({"width": 1440, "height": 1000})
    page.locator("table.mx tbody tr").nth(2).locator("a.mx-cell").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.closest('tr').rowIndex") == 4
    page.click(".mx-rungs .bo-slot >> text=4 hours")
    page.fill("[name=amount]", "6")
    picture(page, variant="desktop-light", name="recovery_editing")
    page.click(".mx-edit .btn-primary")
    page.wait_for_selector(".mx-rungs >> text=6 hours")
    assert "Version 2" in str(page.locator(".mx-panel header").text_content())
    page.keyboard.press("Escape")
    phone = site.window("phone-light", user=owner).new_page()
    faults += look(phone, where, name="recovery_phone", variants=["phone-light", "phone-dark"])
    faults += look(phone, f"{where}{cell}/buying/", name="recovery_cell_phone", variants=["phone-light", "phone-dark"])
    faults += look(phone, f"{where}?by=people", name="recovery_people_phone", variants=["phone-light"])
    faults += look(phone, f"{where}bottlenecks/", name="recovery_bottlenecks_phone", variants=["phone-dark"])
    faults += look(page, f"{where}?by=people", name="recovery_people", variants=["desktop-light", "desktop-dark"])
    faults += look(phone, f"{where}?by=money", name="recovery_money_phone", variants=["phone-light", "phone-dark"])
    assert not faults, "\n".join(faults)
    with store_context(store.pk):
        looking_back.begin(days=90, now=clock.now())
    faults = look(page, where, name="recovery_counting", variants=["desktop-light", "phone-dark"])
    page.get_by_text("The last 90 days are being counted:").wait_for()
    page.evaluate("document.querySelector('a.mx-cell').dataset.old = 'yes'; document.querySelector('a.mx-cell').focus()")
    with store_context(store.pk):
        while looking_back.go_on(now=clock.now()) is not None:
            pass
    page.get_by_text("The last 90 days are counted.").wait_for()
    wait_for(page, "!document.querySelector('a.mx-cell').dataset.old")
    wait_for(page, "document.activeElement === document.querySelector('a.mx-cell')")  # the focus stays in its cell
    picture(page, variant="phone-dark", name="recovery_counted")
    faults += faults_of_page(page)
    assert not faults, "\n".join(faults)
