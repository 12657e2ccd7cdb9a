"""The trace of messages: each with the questions the gate asked, what it answered and when, what was changed, and what comes next."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from campaigns.models import Campaign, Decision, Journey, Message
from campaigns.sending.answers import NO, QUESTIONS, YES
from campaigns.sending.reasons import words_of
from campaigns.truth.deciding import Do
from retention.kit.words import Phrase, gettext_noop

Say = Callable[[str], str]

_VERDICTS = {
    "send": gettext_noop("It left"),
    "hold": gettext_noop("It waits"),
    "leave": gettext_noop("It waits"),
    "suppress": gettext_noop("It was held back"),
    "skip": gettext_noop("It was too late"),
}
_CHANGES = {
    Do.SHOW: gettext_noop("“%(name)s” is shown with its price of now"),
    Do.SWAP: gettext_noop("“%(instead)s” is shown in place of “%(name)s”"),
    Do.LEAVE_OUT: gettext_noop("“%(name)s” is left out"),
    Do.FALLBACK: gettext_noop("“%(name)s” is left out and other words are said"),
    Do.BLOCK: gettext_noop("“%(name)s” kept it from leaving"),
}
# Ways a message ends after the gate let it go: the gate has said yes to everything.
_AFTER_THE_GATE = ("sent", "sending", "failed", "unknown")


@dataclass(frozen=True)
class Gate:
    """One question and its answer. passed is None for what was not asked."""

    key: str
    question: str
    passed: bool | None


@dataclass(frozen=True)
class Told:
    """One answer of the gate in words."""

    verdict: str
    words: str
    why: str
    gates: tuple[Gate, ...]
    changes: tuple[str, ...]
    first_at: datetime
    last_at: datetime
    times: int
    until: datetime | None


@dataclass(frozen=True)
class Trace:
    """One message with everything that was decided about it, the oldest first. source: the journey's or campaign's name."""

    message: Message
    source: str
    why: str
    told: tuple[Told, ...] = field(default=())


def traces_of(messages: Sequence[Message], *, say: Say) -> list[Trace]:
    """Return the traces of a page of messages, in their order, in three queries. say: gettext."""
    names = _names(messages)
    decisions: dict[int, list[Decision]] = {}
    for one in Decision.objects.filter(message__in=messages).order_by("last_at", "id"):
        decisions.setdefault(one.message_id, []).append(one)
    return [
        Trace(
            message,
            names.get((message.source_kind, message.source_id), ""),
            words_of(message.reason, channel=message.channel).render(say) if message.reason else "",
            _told(message, decisions.get(message.pk, []), say),
        )
        for message in messages
    ]


def _told(message: Message, decisions: Sequence[Decision], say: Say) -> tuple[Told, ...]:
    found = [_in_words(one, message.channel, say) for one in decisions]
    left = message.state in _AFTER_THE_GATE and message.first_attempt_at is not None
    if left and message.first_attempt_at is not None and not any(one.verdict == "send" for one in decisions):
        gates = _gates(YES * len(QUESTIONS), say)
        moment = message.first_attempt_at
        found.append(Told("send", say(_VERDICTS["send"]), "", gates, (), moment, moment, message.attempts, None))
    return tuple(found)


def _in_words(one: Decision, channel: str, say: Say) -> Told:
    why = words_of(one.reason, channel=channel).render(say) if one.reason else ""
    changes = tuple(Phrase(_CHANGES[Do(change["do"])], change).render(say) for change in one.changes)
    words = say(_VERDICTS[one.verdict])
    return Told(one.verdict, words, why, _gates(one.answers, say), changes, one.first_at, one.last_at, one.times, one.until)


def _gates(answers: str, say: Say) -> tuple[Gate, ...]:
    passed = {YES: True, NO: False}
    return tuple(
        Gate(key, question.render(say), passed.get(sign)) for (key, question), sign in zip(QUESTIONS.items(), answers, strict=False)
    )


def _names(messages: Sequence[Message]) -> dict[tuple[str, int], str]:
    found: dict[tuple[str, int], str] = {}
    for kind, model in (("journey", Journey), ("campaign", Campaign)):
        wanted = {message.source_id for message in messages if message.source_kind == kind}
        found |= {(kind, pk): name for pk, name in model.objects.filter(pk__in=wanted).values_list("pk", "name")} if wanted else {}
    return found
