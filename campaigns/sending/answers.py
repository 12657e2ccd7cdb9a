"""Every question the gate asks of a message, and each answer, told apart from the verdict: for the trace people read. Pure.

`judge` stops at the first no; here all are answered, so that a person sees what else would have stood in the way.
"""

from datetime import datetime, timedelta

from campaigns.sending.arbiter import GAP
from campaigns.sending.eligibility import RARELY, Caps, Facts
from campaigns.sending.pacing import USUAL, next_allowed, zone_of
from retention.kit.words import Phrase, gettext_noop

QUESTIONS: dict[str, Phrase] = {
    "run": Phrase(gettext_noop("Is the journey still going on for them?")),
    "basket": Phrase(gettext_noop("Is the basket still open?")),
    "age": Phrase(gettext_noop("Does it come in time?")),
    "source": Phrase(gettext_noop("Does the journey or campaign send now?")),
    "address": Phrase(gettext_noop("Is there an address?")),
    "blocked": Phrase(gettext_noop("Is the address free of blocks?")),
    "break": Phrase(gettext_noop("Do they want to hear from the shop now?")),
    "consent": Phrase(gettext_noop("Did they allow it?")),
    "first": Phrase(gettext_noop("Is no other message going first?")),
    "budget": Phrase(gettext_noop("Had they few enough messages lately?")),
    "hours": Phrase(gettext_noop("Is it no quiet hour there?")),
    "truth": Phrase(gettext_noop("Is what it says still true?")),
    "number": Phrase(gettext_noop("Is nobody else at this number written to?")),
}
"""In the order they are asked; a new one goes to the end, for answers are kept by their place."""

YES, NO, UNASKED = "y", "n", "-"


def answers_of(facts: Facts, *, now: datetime) -> str:
    """Return a sign for each question: y, n, or - for what is not asked of such a message."""
    marketing = not facts.transactional
    asked: dict[str, bool | None] = {
        "run": facts.run_going,
        "basket": facts.cart_open,
        "age": facts.expires_at is None or facts.expires_at > now,
        "source": facts.source_live,
        "address": facts.has_address,
        "blocked": not facts.suppressed if facts.has_address else None,
        "break": not facts.on_break if marketing else None,
        "consent": facts.consent if marketing else None,
        "first": facts.wins and not any(now < moment + GAP for moment in facts.contacts) if marketing else None,
        "budget": _in_budget(facts, now) if marketing else None,
        "hours": _awake(facts, now) if marketing else None,
        "truth": not facts.untrue,
        "number": not facts.number_taken if facts.number else None,
    }
    return "".join(UNASKED if asked[name] is None else YES if asked[name] else NO for name in QUESTIONS)


def _in_budget(facts: Facts, now: datetime) -> bool:
    caps = RARELY if facts.less_often else Caps()
    within = [(caps.per_day, timedelta(days=1)), (caps.per_week, timedelta(days=7))]
    return all(sum(moment > now - window for moment in facts.contacts) < cap for cap, window in within)


def _awake(facts: Facts, now: datetime) -> bool:
    zone = zone_of(facts.customer_zone, facts.store_zone)
    return next_allowed(now, quiet=USUAL.get(facts.channel), zone=zone) == now
