"""What an experiment comes to, in words: the verdict, what must be known beside it, and how its figures are written."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.measurement.lots import HELD_OUT
from campaigns.measurement.outcomes import Outcome
from campaigns.measurement.statistics import FEWEST_BUYERS, FEWEST_EACH, Range
from campaigns.measurement.statistics.reading import ALARMED, ALWAYS, EARLY, HARMS, NOBODY, PLANNED, SAME, WINS, Contrast
from retention.dashboard import drawings
from retention.dashboard.figures import write_change, write_money, write_number


class Told(NamedTuple):
    """A judgement. tone: good, bad, warn or nothing."""

    tone: str
    strong: str
    text: str


@dataclass(frozen=True)
class Wording:
    """How one experiment speaks. ways: what each arm is called; where there is only one, it is writing against not writing."""

    ways: Mapping[str, str]
    currency: str

    def name(self, arm: str) -> str:
        """Return what an arm is called."""
        return _("Held back to compare") if arm == HELD_OUT else self.ways.get(arm, arm)

    def amount(self, metric: str, value: float) -> str:
        """Write a difference with its sign: points of those who ordered, or money per person."""
        if metric == "orders":
            return write_change(value * 100, points=True, decimals=2)
        return _money(round(value), currency=self.currency, signed=True)

    def ends(self, metric: str, found: Range) -> dict[str, str]:
        """Write a range's ends; points without the word, which stands beside the best guess."""
        if metric == "orders":
            return {"low": write_number(found.low * 100, decimals=2), "high": write_number(found.high * 100, decimals=2)}
        return {name: _money(round(getattr(found, name)), currency=self.currency, signed=True) for name in ("low", "high")}

    def range(self, metric: str, found: Range) -> str:
        """Write a range as a finding: the best guess and between what it lies."""
        return _("%(guess)s, 95%% sure between %(low)s and %(high)s") % (
            self.ends(metric, found) | {"guess": self.amount(metric, found.guess)}
        )

    def verdict(self, outcome: Outcome) -> Told:
        """Return the verdict in words."""
        found = outcome.verdict
        if found.code == ALARMED:
            return Told("bad", _("Do not trust these figures."), self.split(outcome))
        if found.code == NOBODY:
            return Told("", _("Nobody is held back, so nobody can say what it really brings in."), "")
        if found.code == EARLY or found.contrast is None:
            return Told("", _("Too early to say."), self._early(outcome, found.contrast))
        shown = found.contrast.always if found.basis == ALWAYS else found.contrast.plain
        basis = self._basis(found.basis, outcome)
        values = self.ends("orders", shown) | {"guess": self.amount("orders", shown.guess)}
        if found.code in (WINS, HARMS):
            text = _("So many more of a hundred people ordered; 95%% sure between %(low)s and %(high)s.") % values
            return Told("good" if found.code == WINS else "bad", self._strong(found.code, found.contrast, values), f"{text} {basis}")
        if found.code == SAME:
            text = (
                _("Whatever the difference is, it lies between %(low)s and %(high)s points: less than a tenth of what comes anyway.")
                % values
            )
            return Told("", _("No difference worth money."), f"{text} {basis}")
        text = _("Anything between %(low)s and %(high)s points fits.") % values
        return Told("", _("No clear difference."), f"{text} {basis}")

    def drawing(self, outcome: Outcome) -> str:
        """Draw the range the verdict speaks of; nothing where there are too few people for one."""
        found = outcome.verdict
        if found.contrast is None or not found.contrast.judged:
            return ""
        shown = found.contrast.plain if found.basis == PLANNED else found.contrast.always
        return drawings.interval(
            shown.low, shown.guess, shown.high, scale=(shown.low, shown.high), label=self.range("orders", shown), width=210
        )

    def split(self, outcome: Outcome) -> str:
        """Say whether people came to the arms as the lots say."""
        if not outcome.now.is_alarmed:
            return _("People came to the sides as the lots say.")
        return _(
            "People did not come to the sides as the lots say; by luck this happens less than once in a thousand. Somebody is lost on one "
            "side, by a filter, an import or an error, and every comparison may be wrong because of it."
        )

    def comparisons(self, outcome: Outcome) -> str:
        """Say how many comparisons were made, and what that does to a winner; nothing where there is one."""
        count = outcome.now.comparisons
        if count < 2:
            return ""
        text = ngettext(
            "%(count)s comparison stands here.",
            "%(count)s comparisons stand here, and of many one looks good by luck. A winner is only named when its range stays on one side "
            "also when it is widened so that all of them hold together; the ranges shown are those of each one alone.",
            count,
        )
        return text % {"count": write_number(count)}

    def _strong(self, code: str, contrast: Contrast, values: Mapping[str, str]) -> str:
        words = {"guess": values["guess"], "way": self.name(contrast.arm), "other": self.name(contrast.other)}
        if contrast.other != HELD_OUT:
            return _("%(way)s wins over %(other)s: %(guess)s.") % words
        if len(self.ways) > 1:
            won, lost = _("%(way)s wins: %(guess)s."), _("%(way)s keeps people from buying: %(guess)s.")
        else:
            won, lost = _("It brings people back: %(guess)s."), _("It keeps people from buying: %(guess)s.")
        return (won if code == WINS else lost) % words

    def _early(self, outcome: Outcome, contrast: Contrast | None) -> str:
        planned = _planned_words(outcome.planned_at)
        if contrast is None or not contrast.judged:
            least = {"people": write_number(FEWEST_EACH), "buyers": write_number(FEWEST_BUYERS)}
            text = _("It takes at least %(people)s people on each side and %(buyers)s who ordered.") % least
        else:
            text = _("Anything between %(low)s and %(high)s points fits, however often you look.") % self.ends("orders", contrast.always)
        return f"{text} {planned}".strip()

    def _basis(self, basis: str, outcome: Outcome) -> str:
        if basis == ALWAYS:
            return _("This holds however often you look.")
        day = _day(outcome.planned_at) if outcome.planned_at else ""
        return _("This is the one look that was planned beforehand, for %(day)s.") % {"day": day}


def _money(minor: int, *, currency: str, signed: bool) -> str:
    text = write_money(minor, currency=currency, cents=True)
    return f"+{text}" if signed and minor > 0 else text


def _planned_words(moment: datetime | None) -> str:
    return _("The one look that was planned beforehand is on %(day)s.") % {"day": _day(moment)} if moment else ""


def _day(moment: datetime) -> str:
    return formats.date_format(timezone.localtime(moment), "DATE_FORMAT")
