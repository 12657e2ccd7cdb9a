"""The plan a store begins with: seven stages, and for every visitor group what is said there or why nothing is. Data, no database.

Source: field guide 4b. Lookers and comparers get a reason to come back, researchers get answers, who came to buy and the loyal get their
basket. Values to test, not facts: each live cell is compared with people who get nothing.
"""

from dataclasses import dataclass, replace

from campaigns.recovery.rules.cells import CellPlan, Gift, Rung
from campaigns.recovery.rules.groups import BUYING, COMPARING, FIRST_ORDER, LOOKING, LOYAL, RESEARCHING
from retention.kit.words import Phrase, gettext_noop

LIST, PRODUCT, IDLE, SHIPPING, PAYMENT, UNANSWERED, GONE = "list", "product", "idle", "shipping", "payment", "unanswered", "gone"


@dataclass(frozen=True)
class ReadyStage:
    """One row. position: on pages, from shallow to deep; depth: which rule counts when several hold."""

    key: str
    name: Phrase
    position: int
    depth: int
    rule: dict[str, object]


STAGES: tuple[ReadyStage, ...] = (
    ReadyStage(LIST, Phrase(gettext_noop("Left a list or search")), 1, 10, {"kind": "list", "views": 3}),
    ReadyStage(PRODUCT, Phrase(gettext_noop("Product seen, not added")), 2, 20, {"kind": "product", "times": 2, "seconds": 60}),
    ReadyStage(IDLE, Phrase(gettext_noop("Basket idle")), 3, 50, {"kind": "idle"}),
    ReadyStage(SHIPPING, Phrase(gettext_noop("Left at shipping cost")), 4, 60, {"kind": "shipping", "step": 2}),
    ReadyStage(PAYMENT, Phrase(gettext_noop("Payment failed")), 5, 70, {"kind": "payment"}),
    ReadyStage(UNANSWERED, Phrase(gettext_noop("Asked, no answer")), 6, 40, {"kind": "unanswered"}),
    ReadyStage(GONE, Phrase(gettext_noop("Wanted, sold out")), 7, 30, {"kind": "gone"}),
)

_HOUR = 60
_PUSH, _SMS, _MAIL, _TALK = "recovery-push", "recovery-sms", "recovery-mail", "recovery-talk"
_BACK, _ANSWERS, _GIFT, _SHIPPING, _PAY = "recovery-back", "recovery-answers", "recovery-gift", "recovery-shipping", "recovery-payment"
IN_STOCK = "recovery-in-stock"


def _plan(*rungs: tuple[str, int, str] | tuple[str, int, str, str], gift: Gift | None = None, expires_hours: int = 12) -> CellPlan:
    return CellPlan(tuple(Rung(*rung) for rung in rungs), gift or Gift(), expires_hours)


def when_back(plan: CellPlan) -> CellPlan:
    """Return a plan that says nothing before what was sold out is back, and then that it is; the rest of it stays."""
    return replace(plan, rungs=(Rung("email", 30, IN_STOCK),), waits=True)


_LADDER = _plan(("push", 30, _PUSH), ("sms", 4 * _HOUR, _SMS), ("email", 20 * _HOUR, _MAIL), ("onsite", 44 * _HOUR, _TALK))
_WHEN_BACK = when_back(CellPlan(()))
_ASKING = _plan(("email", 4 * _HOUR, _ANSWERS), ("onsite", 20 * _HOUR, _TALK), gift=Gift("answers"))
_TEN, _EIGHT, _FIVE = Gift("percent", 10), Gift("percent", 8), Gift("percent", 5)
CELLS: dict[tuple[str, str], CellPlan | None] = {
    (LIST, BUYING): None,
    (LIST, LOOKING): None,
    (LIST, RESEARCHING): None,
    (LIST, COMPARING): None,
    (LIST, LOYAL): None,
    (LIST, FIRST_ORDER): None,
    (PRODUCT, BUYING): _plan(("push", 1 * _HOUR, _PUSH), ("email", 20 * _HOUR, _BACK)),
    (PRODUCT, LOOKING): None,
    (PRODUCT, RESEARCHING): _plan(("email", 4 * _HOUR, _ANSWERS), ("onsite", 20 * _HOUR, _TALK), gift=Gift("answers")),
    (PRODUCT, COMPARING): None,
    (PRODUCT, LOYAL): _plan(("push", 4 * _HOUR, _PUSH), ("email", 20 * _HOUR, _BACK)),
    (PRODUCT, FIRST_ORDER): None,
    (IDLE, BUYING): _LADDER,
    (IDLE, LOOKING): _plan(("push", 30, _PUSH), ("email", 20 * _HOUR, _GIFT, _MAIL), gift=_TEN),
    (IDLE, RESEARCHING): _ASKING,
    (IDLE, COMPARING): _plan(("push", 1 * _HOUR, _PUSH), ("email", 20 * _HOUR, _GIFT, _MAIL), gift=_EIGHT),
    (IDLE, LOYAL): _plan(("push", 30, _PUSH), ("email", 4 * _HOUR, _MAIL)),
    (IDLE, FIRST_ORDER): _plan(("email", 2 * _HOUR, _GIFT, _MAIL), gift=_FIVE),
    (SHIPPING, BUYING): _plan(("push", 30, _PUSH), ("sms", 4 * _HOUR, _SMS), ("email", 20 * _HOUR, _SHIPPING)),
    (SHIPPING, LOOKING): None,
    (SHIPPING, RESEARCHING): _ASKING,
    (SHIPPING, COMPARING): _plan(("email", 4 * _HOUR, _SHIPPING)),
    (SHIPPING, LOYAL): _plan(("push", 30, _PUSH), ("email", 4 * _HOUR, _SHIPPING)),
    (SHIPPING, FIRST_ORDER): _plan(("email", 2 * _HOUR, _SHIPPING)),
    (PAYMENT, BUYING): _plan(("sms", 30, _SMS), ("email", 1 * _HOUR, _PAY), ("onsite", 4 * _HOUR, _TALK)),
    (PAYMENT, LOOKING): _plan(("email", 1 * _HOUR, _PAY)),
    (PAYMENT, RESEARCHING): _plan(("email", 1 * _HOUR, _PAY), ("onsite", 4 * _HOUR, _TALK), gift=Gift("answers")),
    (PAYMENT, COMPARING): _plan(("email", 1 * _HOUR, _PAY)),
    (PAYMENT, LOYAL): _plan(("sms", 30, _SMS), ("email", 1 * _HOUR, _PAY), ("onsite", 4 * _HOUR, _TALK)),
    (PAYMENT, FIRST_ORDER): _plan(("email", 1 * _HOUR, _PAY)),
    (UNANSWERED, BUYING): _ASKING,
    (UNANSWERED, LOOKING): None,
    (UNANSWERED, RESEARCHING): _ASKING,
    (UNANSWERED, COMPARING): None,
    (UNANSWERED, LOYAL): _ASKING,
    (UNANSWERED, FIRST_ORDER): _ASKING,
    (GONE, BUYING): _WHEN_BACK,
    (GONE, LOOKING): None,
    (GONE, RESEARCHING): _WHEN_BACK,
    (GONE, COMPARING): None,
    (GONE, LOYAL): _WHEN_BACK,
    (GONE, FIRST_ORDER): None,
}
"""None: empty on purpose."""
