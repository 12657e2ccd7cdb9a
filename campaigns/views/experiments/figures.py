"""The figures of one experiment as its page shows them: the arms, the comparisons with both readings, the chart over time."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from campaigns.measurement import results
from campaigns.measurement.lots import HELD_OUT
from campaigns.measurement.outcomes import DAY, Day, Outcome
from campaigns.measurement.statistics import FEWEST_EACH, Range, share_range
from campaigns.measurement.statistics.reading import METRICS, NOBODY, Contrast, Sums, is_costed, read
from campaigns.measurement.wording import Told, Wording
from retention.dashboard import drawings
from retention.dashboard.figures import write_change, write_money, write_number, write_share

MOST_POINTS = 60
METRIC_WORDS = {
    "orders": gettext_lazy("Ordered"),
    "revenue": gettext_lazy("Money per person"),
    "margin": gettext_lazy("Margin per person"),
}
SHORT_WORDS = {"orders": gettext_lazy("Orders"), "revenue": gettext_lazy("Money"), "margin": gettext_lazy("Margin")}


class ArmLine(NamedTuple):
    """One arm in a table. rate: the share that ordered with its range, as a drawing."""

    name: str
    people: int
    buyers: int
    rate: str
    drawn: str
    revenue: str
    margin: str
    held: bool


class Comparison(NamedTuple):
    """One arm over another by one metric. planned, always: the two readings, drawn and written; nothing where there is none yet."""

    name: str
    metric: str
    guess: str
    planned: str
    planned_words: str
    always: str
    always_words: str
    judged: bool


def arm_lines(outcome: Outcome, wording: Wording) -> list[ArmLine]:
    """Return the arms, those who got nothing last."""
    totals = outcome.now.totals
    names = sorted(totals, key=lambda name: (name == HELD_OUT, name))
    top = max((share_range(one.buyers, one.people)[1] for one in totals.values() if one.people >= FEWEST_EACH), default=1.0)
    costed = is_costed(totals.values())
    return [_arm_line(name, totals[name], wording, top=top, costed=costed) for name in names]


def _arm_line(name: str, sums: Sums, wording: Wording, *, top: float, costed: bool) -> ArmLine:
    enough = sums.people >= FEWEST_EACH
    share, ends = sums.of("orders").mean, share_range(sums.buyers, sums.people)
    words = {"guess": write_share(share), "low": write_share(ends[0]), "high": write_share(ends[1])}
    label = _("%(guess)s, 95%% sure between %(low)s and %(high)s") % words
    few, unknown = _("too few"), _("not known")
    return ArmLine(
        name=wording.name(name),
        people=sums.people,
        buyers=sums.buyers,
        rate=write_share(share) if enough else few,
        drawn=drawings.interval(ends[0], share, ends[1], scale=(0, top), label=label, width=130) if enough else "",
        revenue=_per_person(sums, "revenue", wording) if enough else few,
        margin=(_per_person(sums, "margin", wording) if costed else unknown) if enough else few,
        held=name == HELD_OUT,
    )


def _per_person(sums: Sums, metric: str, wording: Wording) -> str:
    return write_money(round(sums.of(metric).mean), currency=wording.currency, cents=True)


def comparisons(outcome: Outcome, wording: Wording) -> list[Comparison]:
    """Return every comparison made, by metric; those of one metric are drawn on one scale."""
    found = []
    for metric in METRICS:
        rows = [one for one in [*outcome.now.against, *outcome.now.ways] if one.metric == metric]
        judged = [one for one in rows if one.judged]
        scale = (min((one.always.low for one in judged), default=0.0), max((one.always.high for one in judged), default=0.0))
        found += [_comparison(one, outcome.planned_of(one), wording, scale) for one in rows]
    return found


def _comparison(one: Contrast, planned: Contrast | None, wording: Wording, scale: tuple[float, float]) -> Comparison:
    shown = planned if one.judged else None
    return Comparison(
        name=_("%(way)s against %(other)s") % {"way": wording.name(one.arm), "other": wording.name(one.other)},
        metric=str(METRIC_WORDS[one.metric]),
        guess=wording.amount(one.metric, one.plain.guess),
        planned=_drawn(shown.plain, one.metric, wording, scale) if shown else "",
        planned_words=_between(wording, one.metric, shown.plain) if shown else "",
        always=_drawn(one.always, one.metric, wording, scale) if one.judged else "",
        always_words=_between(wording, one.metric, one.always) if one.judged else "",
        judged=one.judged,
    )


def _drawn(found: Range, metric: str, wording: Wording, scale: tuple[float, float]) -> str:
    return drawings.interval(found.low, found.guess, found.high, scale=scale, label=wording.range(metric, found), width=150)


def _between(wording: Wording, metric: str, found: Range) -> str:
    return _("%(low)s to %(high)s") % wording.ends(metric, found)


def brought_in(outcome: Outcome, *, currency: str) -> dict[str, str] | None:
    """Return what would not have come by itself, as texts: guess, low, high and a drawing; None while it is not judged."""
    whole = outcome.brought_in
    if whole is None:
        return None
    words = {name: write_change(round(getattr(whole, name)), currency=currency) for name in ("guess", "low", "high")}
    label = _("%(guess)s, 95%% sure between %(low)s and %(high)s") % words
    drawn = drawings.interval(whole.low, whole.guess, whole.high, scale=(whole.low, whole.high), label=label, width=210)
    return words | {"drawn": drawn}


def chart(outcome: Outcome, wording: Wording, *, arm: str, metric: str) -> dict[str, Any] | None:
    """Return the comparison of one arm by one metric over time, drawn and as a table; None before there are two days to join.

    arm: nothing for the one the verdict speaks of.
    """
    lead = next(
        (one for one in [*outcome.now.against, *outcome.now.ways] if one.arm == arm and one.metric == metric), outcome.now.lead(metric)
    )
    if lead is None:
        return None
    points = [(day, found) for day in _thinned(outcome.days) for found in [read(day.counted).same(lead)] if found is not None]
    if len(points) < 2:
        return None
    days = [_date(outcome, day) for day, _found in points]
    contrasts = [found for _day, found in points]
    scale = 100 if metric == "orders" else 1
    ends = [value * scale for one in contrasts for value in (one.always.low, one.always.high)]
    ticks = drawings.signed_ticks(min(ends), max(ends))
    axis = drawings.Axis(ticks, tuple(_tick(tick, metric, wording) for tick in ticks))
    last = contrasts[-1]
    drawn = drawings.ranges(
        [one.plain.guess * scale for one in contrasts],
        [(one.plain.low * scale, one.plain.high * scale) for one in contrasts],
        [(one.always.low * scale, one.always.high * scale) for one in contrasts],
        axis=axis,
        names=_few(days),
        last=wording.amount(metric, last.plain.guess),
        label=_("%(metric)s, %(way)s against %(other)s: %(finding)s")
        % {
            "metric": METRIC_WORDS[metric],
            "way": wording.name(lead.arm),
            "other": wording.name(lead.other),
            "finding": wording.range(metric, last.always),
        },
        mark=_mark(outcome, [day for day, _found in points]),
    )
    rows = [
        (day, wording.amount(metric, one.plain.guess), _between(wording, metric, one.plain), _between(wording, metric, one.always))
        for day, one in zip(days, contrasts, strict=True)
    ]
    return {"drawn": drawn, "rows": rows, "arm": lead.arm, "metric": metric}


def _thinned(days: tuple[Day, ...]) -> list[Day]:
    """Return the days that are drawn: all, or of many every so many, and always the last."""
    every = -(-len(days) // MOST_POINTS) or 1
    return list(days[::-1][::every][::-1])


def _date(outcome: Outcome, day: Day) -> str:
    return formats.date_format(timezone.localtime(outcome.since + timedelta(days=day.number)), "j M")


def _few(names: list[str], *, most: int = 6) -> list[str]:
    """Return the names with all but a few left empty; the last stays."""
    every = -(-len(names) // most)
    return [name if (len(names) - 1 - place) % every == 0 else "" for place, name in enumerate(names)]


def _mark(outcome: Outcome, days: list[Day]) -> tuple[int, str] | None:
    if outcome.planned is None or outcome.planned_at is None:
        return None
    number = (outcome.planned_at - outcome.since) // DAY
    place = max((place for place, day in enumerate(days) if day.number <= number), default=None)
    return None if place is None or place == len(days) - 1 else (place, _("the planned look"))


def _tick(tick: float, metric: str, wording: Wording) -> str:
    if metric == "orders":
        return write_number(tick, decimals=0 if tick == int(tick) else 1 if round(tick, 1) == round(tick, 3) else 2)
    return write_money(round(tick), currency=wording.currency, cents=True)


def people_words(outcome: Outcome) -> str:
    """Say of how many people the figures are, and how many are still being watched."""
    counted = sum(sums.people for sums in outcome.now.totals.values())
    words = ngettext("%(count)s person counts so far.", "%(count)s people count so far.", counted) % {"count": write_number(counted)}
    words = words if counted else _("Nobody counts so far.")
    if not outcome.watched:
        return words
    watched = ngettext(
        "%(count)s more is still being watched, until %(days)s days after their first time are over.",
        "%(count)s more are still being watched, until %(days)s days after their first time are over.",
        outcome.watched,
    )
    return f"{words} {watched % {'count': write_number(outcome.watched), 'days': write_number(outcome.window.days)}}"


def result_card(outcome: Outcome | None, wording: Wording, *, share: float = 0.0) -> dict[str, Any]:
    """Return the result in short, as it stands beside what it is the result of. share: who gets nothing of those who enter, 0 to 1."""
    if share and (outcome is None or outcome.verdict.code == NOBODY):
        words = _("%(share)s of those who enter get nothing, drawn by lot; nobody was drawn yet.") % {"share": write_share(share)}
        return {"verdict": Told("", _("Too early to say."), words)}
    if outcome is None:
        return {"verdict": Told("", _("Nobody is held back, so nobody can say what it really brings in."), "")}
    return {
        "verdict": wording.verdict(outcome),
        "arms": arm_lines(outcome, wording),
        "drawn": wording.drawing(outcome),
        "brought": brought_in(outcome, currency=wording.currency),
    }


def beyond_held_back(keys: Sequence[str], *, currency: str, now: datetime) -> dict[str, dict[str, Any]]:
    """Return for each key with a running experiment how many more ordered than of those who got nothing, drawn on one scale.

    As it was some minutes ago at most. A range is shown once there are enough people, or enough experiments to learn from.
    """
    found, wording = results.cells_lately(keys, currency=currency, now=now), results.wording(currency)
    shown = results.worth_showing(found)
    scale = (min((one.low for one in shown.values()), default=0.0), max((one.high for one in shown.values()), default=0.0))
    drawn = {
        key: {"guess": wording.amount("orders", one.guess), "drawn": _drawn(one, "orders", wording, scale)} for key, one in shown.items()
    }
    return {key: {"is_measured": True, "beyond": drawn.get(key)} for key in found}
