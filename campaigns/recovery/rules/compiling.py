"""A cell becomes a journey: who may be reached on which channels decides when each message leaves. Pure.

A rung whose permission is missing gives its moment to the next one that may be used: the ladder falls through at once. The same cell and
the same permissions always give the same definition, so each is stored once.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import timedelta

from campaigns.journeys.triggers import FOR_STOCK, PRODUCT_NEWS, WAS_SOLD_OUT
from campaigns.recovery.rules.cells import CellPlan, Rung
from segments.rules.visits import SILENCE

TRIGGER = "Shop Left"
BACK = PRODUCT_NEWS["back_in_stock"]
WAITS_DAYS = 30
"""So long somebody waits for a product that is sold out; then they have found another way."""


@dataclass(frozen=True)
class Ladder:
    """What somebody gets: the rungs with their moments, and the channels that were passed over."""

    rungs: tuple[Rung, ...]
    missing: tuple[str, ...]


def ladder_for(plan: CellPlan, allowed: Collection[str]) -> Ladder:
    """Return the rungs that may be used. A rung takes the earliest moment among its own and those missing directly before it."""
    kept: list[Rung] = []
    missing: list[str] = []
    inherited: int | None = None
    for rung in plan.rungs:
        if rung.channel not in allowed:
            missing.append(rung.channel)
            inherited = rung.minutes if inherited is None else min(inherited, rung.minutes)
            continue
        kept.append(rung if inherited is None else replace(rung, minutes=min(rung.minutes, inherited)))
        inherited = None
    return Ladder(tuple(kept), tuple(missing))


def leaders_of(plan: CellPlan, ladder: Ladder) -> tuple[str, ...]:
    """Return the channels of which one is drawn to go first; none where the cell does not learn, or there is nothing to choose.

    What waits for the next visit is none of them: nobody knows when that is.
    """
    channels = tuple(rung.channel for rung in ladder.rungs if rung.channel != "onsite")
    return channels if plan.learns and len(channels) > 1 else ()


def led_by(ladder: Ladder, first: str) -> Ladder:
    """Return the ladder with one channel going first: the moments stay, the others keep their order."""
    moved = sorted(ladder.rungs, key=lambda rung: rung.channel != first)
    return replace(ladder, rungs=tuple(replace(rung, minutes=at.minutes) for rung, at in zip(moved, ladder.rungs, strict=True)))


def journey_of(
    plan: CellPlan, allowed: Collection[str], *, basket: bool, gifted: bool = True, first: str = "", waits: bool = False
) -> dict[str, object]:
    """Return the definition of the journey that a cell is for somebody who may be reached on these channels.

    basket: it is about a basket, and stops when that is no longer open. gifted: the reason to come back may be given; where it is not, or
    the cell gives none, messages say their plain words. first: the channel that goes first, where it was drawn. waits: it is about a
    product that is sold out: the ladder begins when that is back, and nothing is said when it does not come back. Raises ValueError when
    nothing may be used.
    """
    ladder = ladder_for(plan, allowed)
    ladder = led_by(ladder, first) if first else ladder
    if not ladder.rungs:
        raise ValueError("a journey without a message")
    steps: list[dict[str, object]] = [_stock()] if waits else []
    passed = 0 if waits else int(SILENCE / timedelta(minutes=1))  # it is noticed then that they left, and the waits begin
    for rung in ladder.rungs:
        if rung.minutes > passed:
            steps.append({"id": f"wait-{rung.channel}", "kind": "wait", "minutes": rung.minutes - passed})
            passed = rung.minutes
        expiry = float(plan.expires_hours)
        template = rung.template if gifted and plan.gift.costs else rung.plain or rung.template
        steps.append({"id": rung.channel, "kind": "send", "channel": rung.channel, "template": template, "expires_hours": expiry})
    steps.append({"id": "end", "kind": "exit"})
    return {
        "trigger": {"event": TRIGGER, "key": "about"},
        "exits": [{"event": "Order Completed"}],
        "guards": ["cart_open"] if basket else [],
        "holdout_share": plan.holdout_share,
        "steps": steps,
    }


def _stock() -> dict[str, object]:
    """Return the step that waits for a product of which nothing was left: one more size of what was there all the time is not it."""
    none_left = {"property": WAS_SOLD_OUT, "type": "flag", "op": "yes"}
    until = {"event": BACK, "key": "product_id", "where": [none_left], "days": WAITS_DAYS, "otherwise": "end"}
    return {"id": FOR_STOCK, "kind": "wait_event", **until}
