"""One experiment as one judgement: every arm against those who got nothing, the ways against each other, and a verdict. Pure.

Two readings stand beside each other and are never mixed. *Planned*: one look at the moment chosen beforehand, a usual 95 % range. *Always*:
a wider range that holds however often one looks. A winner is named by either, and only by a range that was widened for all the comparisons
made; what is shown is the plain 95 % range.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from campaigns.measurement.lots import HELD_OUT
from campaigns.measurement.statistics.choosing import shared_sure
from campaigns.measurement.statistics.differences import SURE, Strata, compare, share_difference
from campaigns.measurement.statistics.ranges import FEWEST_BUYERS, FEWEST_EACH, Range, Side
from campaigns.measurement.statistics.ratio import ALARM, chance_of_split
from campaigns.measurement.statistics.sequential import always_valid

METRICS = ("orders", "revenue", "margin")
MOST_UNKNOWN = 0.05
"""Margin is not judged where the cost of more than this part of the buyers' orders is not known."""
WORTH = 0.1
"""A difference of less than a tenth of what comes anyway is not worth money: nobody would do anything else because of it."""
EARLY, SAME, UNCLEAR, WINS, HARMS, ALARMED, NOBODY = "early", "same", "unclear", "wins", "harms", "alarm", "nobody"
ALWAYS, PLANNED = "always", "planned"


@dataclass(frozen=True)
class Sums:
    """What people of one arm bought while it counted. Money in minor units, per person summed and squared.

    uncosted: buyers with something of which the shop never told the cost; they are in `margin` with nothing.
    """

    people: int = 0
    buyers: int = 0
    revenue: float = 0.0
    revenue_squares: float = 0.0
    margin: float = 0.0
    margin_squares: float = 0.0
    uncosted: int = 0

    def __add__(self, other: "Sums") -> "Sums":
        """Return both together."""
        return Sums(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))

    def of(self, metric: str) -> Side:
        """Return the arm by one metric; by orders everybody counts as 1 or 0."""
        if metric == "orders":
            return Side.of_shares(self.buyers, self.people)
        return Side(self.people, self.buyers, getattr(self, metric), getattr(self, f"{metric}_squares"))


Arms = Mapping[str, Sums]
Counted = Sequence[Arms]
"""The arms of each plan, in the order of the plans."""


@dataclass(frozen=True)
class Contrast:
    """One arm against another by one metric, per person. level: what the other brings; judged: there were enough people and buyers."""

    arm: str
    other: str
    metric: str
    plain: Range
    always: Range
    level: float
    judged: bool
    sure: Range
    always_sure: Range

    def beats(self, basis: str) -> int:
        """Return 1 or -1 where the range, widened for all comparisons, lies on one side of zero; by one look or by any number."""
        return (self.always_sure if basis == ALWAYS else self.sure).says if self.judged else 0

    def is_small(self, basis: str) -> bool:
        """Say whether whatever the difference is, it is too small to be worth money."""
        shown = self.always if basis == ALWAYS else self.plain
        return self.judged and self.level > 0 and shown.within(WORTH * self.level)


@dataclass(frozen=True)
class Verdict:
    """What it comes to. basis: which of the readings says so; contrast: the comparison it speaks of."""

    code: str
    basis: str = ""
    contrast: Contrast | None = None


@dataclass(frozen=True)
class Reading:
    """Everything there is to say at one moment. against: each arm over those who got nothing; ways: the best arm over each other one.

    totals: by arm over all plans. comparisons: how many were made by one metric.
    """

    totals: dict[str, Sums]
    against: list[Contrast] = field(default_factory=list)
    ways: list[Contrast] = field(default_factory=list)
    comparisons: int = 0
    split_chance: float = 1.0

    @property
    def is_alarmed(self) -> bool:
        """Say whether people did not come to the arms as the lots say."""
        return self.split_chance < ALARM

    def lead(self, metric: str = "orders") -> Contrast | None:
        """Return the comparison the verdict speaks of: the best arm over nothing, or where nobody was held out over the next arm."""
        found = [one for one in self.against or self.ways if one.metric == metric]
        return max(found, key=lambda one: one.plain.guess) if self.against and found else _closest(found)

    def same(self, contrast: Contrast) -> Contrast | None:
        """Return this reading's comparison of the same arms by the same metric, where there were enough people for it."""
        names = (contrast.arm, contrast.other, contrast.metric)
        rows = [one for one in [*self.against, *self.ways] if (one.arm, one.other, one.metric) == names]
        return next((one for one in rows if one.judged), None)


def read(counted: Counted, *, came: Sequence[tuple[Mapping[str, int], Mapping[str, int]]] = (), sure: float = SURE) -> Reading:
    """Compare the arms. came: by plan, the lots of every arm and how many people came to it, whether their time is over or not."""
    totals: dict[str, Sums] = {}
    for arms in counted:
        for name, sums in arms.items():
            totals[name] = totals.get(name, Sums()) + sums
    ways = sorted(name for name, sums in totals.items() if name != HELD_OUT and sums.people)
    held = bool(totals.get(HELD_OUT, Sums()).people)
    comparisons = len(ways) if held else len(ways) * (len(ways) - 1) // 2
    reading = Reading(totals, comparisons=comparisons, split_chance=chance_of_split(came))
    for metric in METRICS:
        if metric == "margin" and not is_costed(totals.values()):
            continue
        if held:
            reading.against.extend(_contrasts(counted, [(name, HELD_OUT) for name in ways], metric, comparisons, sure))
        if len(ways) > 1:
            best = max(ways, key=lambda name: totals[name].of(metric).mean)
            pairs = len(ways) * (len(ways) - 1) // 2
            reading.ways.extend(_contrasts(counted, [(best, name) for name in ways if name != best], metric, pairs, sure))
    return reading


def as_whole(counted: Counted) -> Counted:
    """Return the same with everybody written to as one arm, "a", whatever they got."""
    found: list[Arms] = []
    for arms in counted:
        written = sum((sums for name, sums in arms.items() if name != HELD_OUT), Sums())
        found.append({"a": written} | {name: sums for name, sums in arms.items() if name == HELD_OUT})
    return found


def is_costed(arms: Iterable[Sums]) -> bool:
    """Say whether the cost of what was bought is known well enough to speak of margin."""
    whole = sum(arms, Sums())
    return bool(whole.buyers) and whole.uncosted <= MOST_UNKNOWN * whole.buyers


def judge(now: Reading, planned: Reading | None, *, metric: str = "orders") -> Verdict:
    """Return the verdict. planned: the reading at the moment chosen beforehand, None while it is still to come."""
    if now.is_alarmed:
        return Verdict(ALARMED)
    lead = now.lead(metric)
    if lead is None:
        return Verdict(NOBODY if len(now.totals) < 2 else EARLY)
    ready = planned.same(lead) if planned is not None else None
    for basis, found in ((PLANNED, ready), (ALWAYS, lead)):
        if found is not None and found.beats(basis):
            return Verdict(WINS if found.beats(basis) > 0 else HARMS, basis, found)
    for basis, found in ((PLANNED, ready), (ALWAYS, lead)):
        if found is not None and found.is_small(basis):
            return Verdict(SAME, basis, found)
    return Verdict(UNCLEAR, PLANNED, ready) if ready is not None else Verdict(EARLY, "", lead)


def _contrasts(counted: Counted, pairs: Sequence[tuple[str, str]], metric: str, comparisons: int, sure: float) -> list[Contrast]:
    found = [_contrast(counted, arm, other, metric, shared_sure(comparisons, sure=sure), sure) for arm, other in pairs]
    return [one for one in found if one is not None]


def _contrast(counted: Counted, arm: str, other: str, metric: str, shared: float, sure: float) -> Contrast | None:
    both = [(arms[arm], arms[other]) for arms in counted if arm in arms and other in arms]
    strata: Strata = [(one.of(metric), two.of(metric)) for one, two in both]
    shares = metric == "orders"
    estimate = compare(strata, shares=shares)
    if estimate is None:
        return None
    plain = share_difference(strata, sure=sure) if shares else estimate.range_at(sure)
    wide = share_difference(strata, sure=shared) if shares else estimate.range_at(shared)
    one, two = (sum((pair[side] for pair in both), Sums()) for side in (0, 1))
    return Contrast(
        arm, other, metric,
        plain=plain or estimate.range_at(sure),
        always=always_valid(estimate, sure=sure),
        level=two.of(metric).mean,
        judged=min(one.people, two.people) >= FEWEST_EACH and one.buyers + two.buyers >= FEWEST_BUYERS,
        sure=wide or estimate.range_at(shared),
        always_sure=always_valid(estimate, sure=shared),
    )  # fmt: skip


def _closest(found: Sequence[Contrast]) -> Contrast | None:
    """Return the best arm over the one that comes nearest to it: what holds over that one holds over all."""
    return min(found, key=lambda one: one.plain.guess) if found else None
