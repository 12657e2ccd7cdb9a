"""The matrix as its page shows it: rows with their cells, each as a plan or as a heat of people, money or lift."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.models import RecoveryCell, RecoveryGroup, RecoveryStage
from campaigns.recovery.figures import CellFigures, Lift
from campaigns.recovery.lately import figures_lately
from campaigns.recovery.planning import plans_of_store
from campaigns.recovery.rules.cells import CellPlan
from campaigns.recovery.rules.defaults import CELLS, STAGES
from campaigns.recovery.rules.groups import BY_KEY, ON_PAGES
from campaigns.recovery.rules.saying import CHANNEL_ICONS, CHANNEL_NAMES, gift_words, long_delay, short_delay
from campaigns.recovery.rules.stages import RuleError, read_rule
from retention.dashboard.figures import write_change, write_money, write_number
from retention.kit.money import decimals_of
from retention.stores.models import Store

VIEWS = ("plan", "people", "money", "lift")
_PEOPLE = (10, 50, 150, 300, 600, 1200)
_MONEY = (300, 1500, 3500, 7000, 12000, 20000)
_LIFT = (0, 200, 1000)
_NO_DECIMALS = 100  # an amount in a currency without decimals has about two digits more


@dataclass(frozen=True)
class Ask:
    """What the page is asked for: coloured by what, over how many days."""

    by: str = "plan"
    days: int = 30

    @classmethod
    def of(cls, request: Any) -> "Ask":
        """Read it from an address; what is not known is the usual."""
        by, days = request.GET.get("by", ""), request.GET.get("days", "")
        return cls(by if by in VIEWS else "plan", 90 if days == "90" else 30)

    def query(self, **other: object) -> str:
        """Return it as the query of an address, with something changed; nothing for the usual."""
        values = {"by": self.by, "days": self.days, **other}
        told = {name: value for name, value in values.items() if value not in ("plan", 30, "30")}
        return f"?{urlencode(told)}" if told else ""


@dataclass(frozen=True)
class Mark:
    """One cell on the page. since: from when its times count, where that is not the moment of leaving; tone: a class of its note; heat: a
    class of its ground; big: the figure a heat is about.
    """

    id: str
    url: str
    group: str
    group_name: str
    state: str
    people: int
    rungs: tuple[tuple[str, str, str, str], ...]
    since: str
    gift: str
    note: str
    tone: str
    lift: Lift | None
    came_back: int
    money: str
    few: str
    heat: str
    big: str
    small: str
    is_open: bool

    @property
    def is_word(self) -> bool:
        """Say whether a heat of lift stands here with words in place of a figure."""
        return self.heat.startswith("l-") and self.lift is None


@dataclass(frozen=True)
class Row:
    """One stage on the page."""

    stage: RecoveryStage
    hint: str
    people: int
    left_minor: int
    cells: tuple[Mark, ...]


@dataclass(frozen=True)
class Grid:
    """The whole matrix. scale: of all intervals; holes: addresses of cells nobody decided about, in order; channels: of live cells."""

    rows: tuple[Row, ...]
    figures: Mapping[tuple[int, str], CellFigures]
    cells: Mapping[tuple[int, str], RecoveryCell]
    scale: tuple[float, float]
    holes: tuple[str, ...]
    live: int
    drafts: int
    channels: frozenset[str]


def bounds_of(by: str, *, currency: str) -> tuple[str, str] | None:
    """Return in words where the palest and the strongest step of a heat lie; None where its colours say no amount."""
    if by == "people":
        return _("under %(amount)s") % {"amount": write_number(_PEOPLE[0])}, _("from %(amount)s") % {"amount": write_number(_PEOPLE[-1])}
    if by == "money":
        ends = [write_money(bound, currency=currency) for bound in (_money_bounds(currency)[0], _money_bounds(currency)[-1])]
        return _("under %(amount)s") % {"amount": ends[0]}, _("from %(amount)s") % {"amount": ends[1]}
    return None


def groups_of_page() -> list[dict[str, str]]:
    """Return the columns in their order: key, name and rule in a few words."""
    named = dict(RecoveryGroup.objects.values_list("group", "segment__name"))
    hints = {key: _("in “%(segment)s”") % {"segment": named[key]} if key in named else BY_KEY[key].hint.render(_) for key in ON_PAGES}
    return [{"key": key, "name": BY_KEY[key].name.render(_), "hint": hints[key]} for key in ON_PAGES]


def rule_words(stage: RecoveryStage) -> str:
    """Return a stage's rule in a few words."""
    try:
        return read_rule(stage.rule).describe().render(_)
    except RuleError:
        return _("This release cannot read its rule.")


def grid_of(store: Store, ask: Ask, *, opened: tuple[int, str] | None, now: datetime) -> Grid:
    """Return the matrix of a store in a handful of queries. opened: the stage's id and the group of the cell that is open."""
    stages = list(RecoveryStage.objects.filter(archived_at=None).order_by("position", "id"))
    cells = {(cell.stage_id, cell.group): cell for cell in RecoveryCell.objects.select_related("stage", "changed_by", "journey")}
    figures = figures_lately(days=ask.days, currency=store.currency, now=now)
    plans = plans_of_store()
    lifts = [one.lift.range for one in figures.values() if one.lift is not None]
    rows, channels = [], set[str]()
    for stage in stages:
        marks = []
        for group in ON_PAGES:
            key = (stage.pk, group)
            cell = cells.get(key)
            plan = plans.get(cell.pk) if cell is not None else None
            if cell is not None and plan is not None and cell.going == RecoveryCell.State.LIVE:
                channels |= {rung.channel for rung in plan.rungs}
            marks.append(_mark(store, stage, group, cell, plan, figures.get(key, CellFigures()), ask, is_open=key == opened))
        counted = [figures.get((stage.pk, group), CellFigures()) for group in ON_PAGES]
        rows.append(Row(stage, rule_words(stage), sum(c.people for c in counted), sum(c.left_minor for c in counted), tuple(marks)))
    states = [mark for row in rows for mark in row.cells]
    return Grid(
        rows=tuple(rows),
        figures=figures,
        cells=cells,
        scale=(min((lift.low for lift in lifts), default=0.0), max((lift.high for lift in lifts), default=0.0)),
        holes=tuple(mark.url for mark in states if mark.state == "hole"),
        live=sum(mark.state == "live" for mark in states),
        drafts=sum(mark.state == "draft" for mark in states),
        channels=frozenset(channels),
    )


def ready_channels() -> frozenset[str]:
    """Return the channels of the ready-made plan's messages."""
    return frozenset(rung.channel for plan in CELLS.values() if plan is not None for rung in plan.rungs)


def ready_rows(store: Store) -> list[dict[str, Any]]:
    """Return the ready-made plan to read before there is a plan: rows of cells, each with messages and gift, or nothing."""
    rows = []
    for stage in STAGES:
        plans = [(group, CELLS[stage.key, group]) for group in ON_PAGES]
        cells = [
            {
                "group_name": BY_KEY[group].name.render(_),
                "rungs": rungs_of(plan) if plan is not None else (),
                "since": since_of(plan),
                "gift": gift_of(plan, currency=store.currency) if plan is not None else "",
            }
            for group, plan in plans
        ]
        rows.append({"name": stage.name.render(_), "hint": read_rule(stage.rule).describe().render(_), "cells": cells})
    return rows


def cell_url(store: Store, stage: RecoveryStage, group: str, ask: Ask) -> str:
    """Return the address of the plan with a cell open."""
    return reverse("campaigns:recovery_cell", args=[store.slug, stage.public_id, group]) + ask.query()


def _mark(
    store: Store,
    stage: RecoveryStage,
    group: str,
    cell: RecoveryCell | None,
    plan: CellPlan | None,
    figures: CellFigures,
    ask: Ask,
    *,
    is_open: bool,
) -> Mark:
    state = cell.going if cell is not None else "hole"
    lift = figures.lift if state in {"live", "paused"} else None
    note, tone = _note(state, cell, figures)
    heat, big, small = _heat(ask.by, figures, lift, measured=state in {"live", "paused"}, currency=store.currency)
    few = _("Too few to say") if state == "live" and lift is None and figures.written else ""
    return Mark(
        id=f"cell-{stage.public_id}-{group}",
        url=cell_url(store, stage, group, ask),
        group=group,
        group_name=BY_KEY[group].name.render(_),
        state=state,
        people=figures.people,
        rungs=rungs_of(plan) if plan is not None else (),
        since=since_of(plan),
        gift=gift_of(plan, currency=store.currency) if plan is not None else "",
        note=note,
        tone=tone,
        lift=lift,
        came_back=figures.came_back,
        money=signed_money(lift.range.guess, currency=store.currency) if lift is not None else "",
        few=few,
        heat=heat,
        big=big,
        small=small,
        is_open=is_open,
    )


def since_of(plan: CellPlan | None) -> str:
    """Return from when the times of a cell count, where that is not the moment of leaving."""
    return _("after it is back") if plan is not None and plan.waits else ""


def rungs_of(plan: CellPlan) -> tuple[tuple[str, str, str, str], ...]:
    """Return icon, channel, delay in words and in short of every message."""
    return tuple(
        (
            CHANNEL_ICONS[rung.channel],
            _(CHANNEL_NAMES[rung.channel]),
            long_delay(rung.minutes).render(_),
            short_delay(rung.minutes).render(_),
        )
        for rung in plan.rungs
    )


def gift_of(plan: CellPlan, *, currency: str) -> str:
    """Return the reason to come back in two words."""
    return gift_words(plan.gift, amount=write_money(plan.gift.amount, currency=currency)).render(_)


def signed_money(minor: float, *, currency: str) -> str:
    """Write a difference of money with its sign."""
    return write_change(round(minor), currency=currency)


def _note(state: str, cell: RecoveryCell | None, figures: CellFigures) -> tuple[str, str]:
    if state == "shadow":
        reached = figures.would_reach
        return ngettext("Would reach %(count)s", "Would reach %(count)s", reached) % {"count": write_number(reached)}, "pl"
    if state == "paused":
        if cell is not None and cell.journey is not None and cell.journey.pause_reason:
            return _("Stopped by itself"), "oc"
        by = cell.changed_by.get_full_name() if cell is not None and cell.changed_by is not None else ""
        return (_("Paused by %(name)s") % {"name": by} if by else _("Paused")), "oc"
    notes = {"empty": _("Empty on purpose"), "draft": _("Draft, not sending")}
    return notes.get(state, ""), ""


def _heat(by: str, figures: CellFigures, lift: Lift | None, *, measured: bool, currency: str) -> tuple[str, str, str]:
    """Return the class, the figure and the words below it of a heat; nothing for the plan."""
    people = ngettext("%(count)s person", "%(count)s people", figures.people) % {"count": write_number(figures.people)}
    if by == "people":
        left = write_money(figures.left_minor, currency=currency)
        return f"h{_level(figures.lost, _PEOPLE)}", write_number(figures.lost), _("%(money)s left") % {"money": left}
    if by == "money":
        return f"h{_level(figures.left_minor, _money_bounds(currency))}", write_money(figures.left_minor, currency=currency), people
    if by == "lift":
        if lift is None:
            return "l-0", _("too few") if measured else _("not measured"), people
        steps = _level(abs(lift.range.guess) / 10 ** decimals_of(currency), _LIFT[1:])
        css = {1: f"l-{steps + 1}", 0: "l-0", -1: f"l-n{min(2, steps + 1)}"}[lift.says]
        return css, signed_money(lift.range.guess, currency=currency), people
    return "", "", ""


def _money_bounds(currency: str) -> list[int]:
    """Return where the steps of the heat of money begin, in minor units."""
    unit = 10 ** decimals_of(currency)
    return [bound * unit * (1 if decimals_of(currency) else _NO_DECIMALS) for bound in _MONEY]


def _level(value: float, bounds: Any) -> int:
    return sum(value >= bound for bound in bounds)
