"""Visits that ended become departures: where each person left, why they had come, what they left behind. Nothing is decided here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from campaigns.models import RecoveryStage
from campaigns.recovery.looking import Seen, basket_left
from campaigns.recovery.rules.behaviour import Visit
from campaigns.recovery.rules.groups import group_of, person_at
from campaigns.recovery.rules.stages import BASKET, SOLD_OUT, Rule, RuleError, Stage, read_rule, stage_of, wanted_in
from retention.kit.money import LARGEST_AMOUNT, decimals_of
from retention.kit.words import Phrase
from retention.orders.models import Cart
from segments.rules.visits import SILENCE


@dataclass(frozen=True)
class Left:
    """One visit that ended. stage: where, None for one that ordered or ended nowhere in particular; basket: it is about a basket.

    amount_minor: what was left behind, in `currency`. wanted: the product that was sold out, by the shop's id, where the stage is about it;
    wanted_at: when it was wanted last, which may be long before the visit ended.
    """

    seen: Seen
    visit: Visit
    stage: Stage | None
    group: str
    why_stage: Phrase
    why_group: Phrase
    basket: bool
    cart: Cart | None
    amount_minor: int
    currency: str
    wanted: str = ""
    wanted_at: datetime | None = None


def stages_of_store() -> tuple[list[Stage], dict[str, RecoveryStage]]:
    """Return the active store's stages as rules, and their rows by key; a rule this release cannot read is left out."""
    rows = {str(row.pk): row for row in RecoveryStage.objects.filter(archived_at=None).order_by("position", "id")}
    stages = []
    for key, row in rows.items():
        rule = _rule(row)
        if rule is not None:
            stages.append(Stage(key, row.depth, rule))
    return stages, rows


def _rule(row: RecoveryStage) -> Rule | None:
    try:
        return read_rule(row.rule)
    except RuleError:
        return None


def departures_of(
    seen: Seen, stages: Sequence[Stage], baskets: Sequence[Cart], *, since: datetime, currency: str, now: datetime
) -> list[Left]:
    """Return the visits of one person that ended after `since` and at least half an hour before `now`, oldest first.

    currency: of the store, for what no basket stands for.
    """
    ended = [visit for visit in seen.visits if visit.left_at > since and now - visit.left_at >= SILENCE]
    return [_departure(seen, visit, stages, baskets, currency=currency) for visit in ended]


def _departure(seen: Seen, visit: Visit, stages: Sequence[Stage], baskets: Sequence[Cart], *, currency: str) -> Left:
    # An order of the visit itself came of it: it is not pending.
    group, why_group = group_of(person_at(visit, seen.visits, seen.past_at(visit.began_at), seen.named))
    ended = stage_of(visit, stages)
    if ended is None:
        return Left(seen, visit, None, group, Phrase(""), why_group, False, None, 0, currency)
    stage, why_stage = ended
    about_basket = stage.rule.kind in BASKET
    cart = basket_left(baskets, visit) if about_basket else None
    amount, money = (cart.total_minor, cart.currency) if cart is not None else (_worth(visit, currency), currency)
    gone = wanted_in(visit) if stage.rule.kind == SOLD_OUT else None
    wanted = gone.product if gone is not None else ""  # of the catalogue, so no longer than `Enrollment.about`
    wanted_at = gone.at if gone is not None else None
    return Left(seen, visit, stage, group, why_stage, why_group, about_basket, cart, amount, money, wanted, wanted_at)


def _worth(visit: Visit, currency: str) -> int:
    """Return what a visit left: its basket as far as it was filled in it, else the product it looked at most.

    Prices are the visitor's word: at most what any amount may be.
    """
    unit: int = 10 ** decimals_of(currency)
    basket = sum(pieces * price for pieces, price in visit.basket().values())
    if basket:
        return min(round(basket * unit), LARGEST_AMOUNT)
    most = next(iter(visit.opened()), "")
    price = next((moment.price for moment in visit.moments if moment.product == most and moment.price), 0.0)
    return min(round(price * unit), LARGEST_AMOUNT)
