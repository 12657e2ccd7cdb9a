"""What a playbook would do in this store, before it is taken: who would have entered lately, who gets what and when, and what is missing.

Everything is counted from the store's own rows; nothing is made, and nothing is sent.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from campaigns.journeys.definition import Definition, read_definition
from campaigns.models import RecoveryCell
from campaigns.playbooks.base import STORE, Need, Playbook
from campaigns.playbooks.numbers import FEWEST, Numbers
from campaigns.playbooks.switching import filled
from retention.catalog.models import Product, StockLevel, Variant
from retention.customers.models import Customer, CustomerEvent
from retention.dashboard.figures import write_money
from retention.kit.money import decimals_of
from retention.kit.words import Phrase, gettext_noop
from retention.stores.models import Store
from segments.asking import CannotAsk
from segments.counting import Counted, count_rule
from segments.knowing import at_moment, read

DAYS, SEEN_DAYS = 30, 90
LOOKED_AT = 500
"""How many events of a name are asked whether they say what they must, the newest first."""
_OWN = {"Signed Up", "Survey Answered", "Cart Idle", "Email Link Clicked"}
_THINGS: Mapping[str, Phrase] = {
    "Email Link Clicked": Phrase(gettext_noop("a click in an e-mail")),
    "Product Reviewed": Phrase(gettext_noop("a review")),
    "Return Updated": Phrase(gettext_noop("the end of the return")),
    "Survey Answered": Phrase(gettext_noop("an answer to the question")),
    "birthday": Phrase(gettext_noop("their birthday")),
}


@dataclass(frozen=True)
class Seen:
    """A need, and whether there is what it asks for."""

    need: Need
    met: bool


@dataclass(frozen=True)
class Preview:
    """What a playbook would do. counted: None where the question took too long. steps: (kind, sentence, step's name), from top to bottom.

    names: what texts in those sentences, and in what starts and ends it, stand for. says: figures and warnings.
    """

    definition: Definition
    counted: Counted | None
    needs: Sequence[Seen]
    steps: Sequence[tuple[str, Phrase, str]]
    names: Mapping[str, Phrase]
    says: Sequence[Phrase]

    @property
    def channels(self) -> list[str]:
        """Return the channels it sends on, in their usual order."""
        used = {channel for _, channel, _ in self.definition.sent}
        return [channel for channel in ("email", "sms", "push") if channel in used]


def preview_of(playbook: Playbook, store: Store, *, numbers: Numbers, now: datetime) -> Preview:
    """Return what a playbook would do in the active store, without codes. numbers: of `numbers_of`."""
    names = _names(playbook)
    own = {ready.key: ready.key for ready in playbook.segments}
    definition = read_definition(filled(playbook.definition, {**numbers.values(), **own}))
    at = at_moment(now)
    try:
        counted = count_rule(read(playbook.lately, at.terms), at)
    except CannotAsk:
        counted = None
    return Preview(
        definition=definition,
        counted=counted,
        needs=[Seen(need, is_met(need, now=now)) for need in playbook.needs],
        steps=[(step.kind, step.describe(), step.id) for step in definition.steps if step.kind != "exit"],
        names=names,
        says=[*_figures(playbook, numbers, store), *_beside(playbook), *playbook.says],
    )


def is_met(need: Need, *, now: datetime) -> bool:
    """Say whether there is what a playbook rests on; an event counts for 90 days."""
    return _MET[need.kind](need, now)


def _event_seen(need: Need, now: datetime) -> bool:
    kind = "own" if need.what in _OWN else "track"
    rows = CustomerEvent.objects.filter(
        kind=kind, name=need.what, refusal="", customer__isnull=False, occurred_at__gt=now - timedelta(days=SEEN_DAYS)
    )
    name, value = need.where
    if not name:
        return bool(rows.exists())
    lately = rows.order_by("-occurred_at").values_list("properties", flat=True)[:LOOKED_AT]
    return any(properties.get(name) == value for properties in lately)


_MET: Mapping[str, Callable[[Need, datetime], bool]] = {
    "event": _event_seen,
    "birthdays": lambda need, now: bool(Customer.objects.filter(birth_md__isnull=False).exists()),
    "products": lambda need, now: bool(Product.objects.filter(state=Product.State.ACTIVE).exists()),
    "stock": lambda need, now: bool(StockLevel.objects.exists()),
    "costs": lambda need, now: bool(Variant.objects.filter(cost_minor__isnull=False, removed_at=None).exists()),
}


def live_rows(playbook: Playbook) -> list[str]:
    """Return the rows of the recovery plan, by name, that are live and write to the same people."""
    cells = RecoveryCell.objects.filter(stage__ready__in=playbook.rows, stage__archived_at=None, state=RecoveryCell.State.LIVE)
    return sorted(cells.values_list("stage__name", flat=True).distinct()) if playbook.rows else []


def _beside(playbook: Playbook) -> list[Phrase]:
    text = gettext_noop("Your recovery plan writes to the same people in the row “%(row)s”. Use one of the two.")
    if playbook.definition["trigger"].get("what") == "back_in_stock":  # see journeys/yielding.py
        text = gettext_noop("Your recovery plan tells of it too, in the row “%(row)s”: of one thing that is back only this journey tells.")
    return [Phrase(text, {"row": row}) for row in live_rows(playbook)]


def _names(playbook: Playbook) -> Mapping[str, Phrase]:
    messages = {message.key: message.name for message in playbook.templates}
    return {**_THINGS, **messages, **{ready.key: ready.name for ready in playbook.segments}}


def _figures(playbook: Playbook, numbers: Numbers, store: Store) -> list[Phrase]:
    """Say the store's own numbers a playbook is filled in with, and how sure they are."""
    used, said = json.dumps(playbook.definition), []
    if STORE + "gap_days" in used:
        known = gettext_noop("The usual time between two orders in your shop is %(days)s days, counted from %(count)s of them.")
        usual = gettext_noop("There are too few orders to say how long it usually takes to the next; %(days)s days stand in.")
        said.append(Phrase(known if numbers.gaps >= FEWEST else usual, {"days": numbers.gap_days, "count": numbers.gaps}))
    if STORE + "band_high" in used:
        high, low = (_money(amount, store) for amount in (numbers.high, numbers.low))
        known = gettext_noop("Large orders come to %(high)s or more, middle ones to %(low)s or more: thirds of your last %(count)s orders.")
        usual = gettext_noop("There are too few orders to say what is large; %(high)s and %(low)s stand in.")
        said.append(Phrase(known if numbers.orders >= FEWEST else usual, {"high": high, "low": low, "count": numbers.orders}))
        said += _budgets(numbers, store)
    return said


def _budgets(numbers: Numbers, store: Store) -> list[Phrase]:
    if numbers.margin_share is None:
        return []
    text = gettext_noop(
        "By what your products cost you, %(left_high)s of a large order and %(left_low)s of a middle one is left at least. "
        "A tenth of that is a present of %(high)s or %(low)s."
    )
    values: dict[str, str] = {}
    for name, amount in (("high", numbers.high), ("low", numbers.low)):
        values |= {f"left_{name}": _money(amount * numbers.margin_share, store), name: _money(amount * numbers.margin_share / 10, store)}
    return [Phrase(text, values)]


def _money(amount: float, store: Store) -> str:
    return write_money(round(amount * 10 ** decimals_of(store.currency)), currency=store.currency)
