"""A cell in plain sentences: who gets what and when. Pure; templates and API translate."""

from campaigns.recovery.rules.cells import CellPlan, Gift, Rung
from campaigns.recovery.rules.compiling import WAITS_DAYS
from retention.kit.words import Phrase, gettext_noop

CHANNEL_NAMES = {
    "push": gettext_noop("Push message"),
    "sms": gettext_noop("SMS"),
    "email": gettext_noop("E-mail"),
    "onsite": gettext_noop("Talk, a window at the next visit"),
}
CHANNEL_ICONS = {"push": "bell", "sms": "message-2", "email": "mail", "onsite": "messages"}
_MISSING = {
    "push": gettext_noop("No push permission: straight to the next"),
    "sms": gettext_noop("No SMS permission: straight to the next"),
    "email": gettext_noop("No e-mail permission: straight to the next"),
    "onsite": gettext_noop("Shown when they come back"),
}
_DAY, _HOUR = 24 * 60, 60


def short_delay(minutes: int) -> Phrase:
    """Return a delay for narrow places: 30m, 20h, 3d."""
    if minutes % _HOUR or minutes < _HOUR:
        return Phrase(gettext_noop("%(count)sm"), {"count": minutes})
    if minutes % _DAY or minutes < 3 * _DAY:
        return Phrase(gettext_noop("%(count)sh"), {"count": minutes // _HOUR})
    return Phrase(gettext_noop("%(count)sd"), {"count": minutes // _DAY})


def long_delay(minutes: int) -> Phrase:
    """Return a delay in words."""
    if minutes == _HOUR:
        return Phrase(gettext_noop("1 hour"))
    if minutes % _HOUR or minutes < _HOUR:
        return Phrase(gettext_noop("%(count)s minutes"), {"count": minutes})
    if minutes % _DAY or minutes < 3 * _DAY:
        return Phrase(gettext_noop("%(count)s hours"), {"count": minutes // _HOUR})
    return Phrase(gettext_noop("%(count)s days"), {"count": minutes // _DAY})


def missing_words(channel: str) -> Phrase:
    """Say what happens where a channel may not be used."""
    return Phrase(_MISSING[channel])


def gift_words(gift: Gift, *, amount: str = "") -> Phrase:
    """Return the reason to come back in two words. amount: money as the page writes it."""
    if gift.kind == "percent":
        return Phrase(gettext_noop("%(count)s%% off"), {"count": gift.amount})
    if gift.kind == "amount":
        return Phrase(gettext_noop("%(amount)s off"), {"amount": amount})
    words = {"answers": gettext_noop("Answers"), "shipping": gettext_noop("Free shipping")}
    return Phrase(words.get(gift.kind, gettext_noop("No gift")))


def rung_sentence(rung: Rung, *, template: str, waits: bool = False) -> Phrase:
    """Say when which message goes. template: the mail's name; waits: for a product that is sold out."""
    text = gettext_noop("%(channel)s “%(template)s” %(delay)s after leaving")
    if waits:
        text = gettext_noop("%(channel)s “%(template)s” %(delay)s after it is back")
    return Phrase(text, {"channel": Phrase(CHANNEL_NAMES[rung.channel]), "template": template, "delay": long_delay(rung.minutes)})


def lead_sentence(plan: CellPlan, *, stage: str, group: Phrase) -> Phrase:
    """Say who gets how many messages, and how soon the first."""
    values = {"group": group, "stage": stage, "count": len(plan.rungs), "delay": long_delay(plan.rungs[0].minutes), "days": WAITS_DAYS}
    if plan.waits:
        text = gettext_noop(
            "%(group)s, left at “%(stage)s”: they hear of it %(delay)s after it is back. Nothing is said while it is gone, and nobody "
            "waits for longer than %(days)s days."
        )
        return Phrase(text, values)
    if len(plan.rungs) == 1:
        return Phrase(gettext_noop("%(group)s, left at “%(stage)s”: they get one message about it, %(delay)s after leaving."), values)
    text = gettext_noop("%(group)s, left at “%(stage)s”: they get at most %(count)s messages about it, the first %(delay)s after leaving.")
    return Phrase(text, values)


def plan_sentences(plan: CellPlan, *, stage: str, group: Phrase, names: dict[str, str]) -> list[Phrase]:
    """Say what the cell does, sentence by sentence. names: of templates by key."""
    sentences = [lead_sentence(plan, stage=stage, group=group)]
    sentences += [rung_sentence(rung, template=names.get(rung.template, rung.template), waits=plan.waits) for rung in plan.rungs]
    return sentences
