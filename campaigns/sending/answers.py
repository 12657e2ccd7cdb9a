"""Every question the gate asks of a message in words, and its answers in signs: for the trace people read. Pure.

`eligibility.py` asks them. Its `judge` stops at the first no; here all are answered, so that a person sees what else stood in the way.
"""

from datetime import datetime

from campaigns.sending.eligibility import Facts, answer_all
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
    "compared": Phrase(gettext_noop("Are they not among those who get no marketing, to compare with?")),
    "moves": Phrase(gettext_noop("Have they left the shop for now?")),
}
"""In the order they are asked; a new one goes to the end, for answers are kept by their place."""

YES, NO, UNASKED = "y", "n", "-"


def answers_of(facts: Facts, *, now: datetime) -> str:
    """Return a sign for each question: y, n, or - for what is not asked of such a message."""
    told = answer_all(facts, now=now)
    return "".join(UNASKED if told[name] is None else YES if told[name] else NO for name in QUESTIONS)
