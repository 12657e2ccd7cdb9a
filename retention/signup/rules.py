"""Does a sign-up need a second yes? A preset by country that a shop can tighten and never loosen. No database here.

The preset is a cautious reading of practice, not legal advice: where courts or authorities hold the sender to prove that the owner of an
address agreed, one click in a form does not prove it. Source: German BGH I ZR 164/09; Austrian DSB; Swiss UWG art. 3 lit. o practice.
"""

from dataclasses import dataclass
from datetime import timedelta

DOUBLE = frozenset({"AT", "CH", "DE", "GR", "LI", "LU", "NO"})
MAIL_EVERY = timedelta(hours=24)
GOOD_FOR = timedelta(days=7)
SILENT_FOR = timedelta(days=30)
KEPT_FOR = timedelta(days=30)


@dataclass(frozen=True)
class Rule:
    """What a form asks for in one place. double: a second yes. forced: the country wants it, so "never" has no say."""

    double: bool
    forced: bool


def rule_of(opt_in: str, *, countries: tuple[str, ...]) -> Rule:
    """Return the rule for a form's setting (country, always or never) and every country that has a say.

    countries: the shop's, and that of the phone number where one is given; the strictest counts.
    """
    forced = bool(DOUBLE & set(countries))
    return Rule(double=forced or opt_in == "always", forced=forced)
