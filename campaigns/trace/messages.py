"""The trace of messages: each with the questions the gate asked, what it answered and when, what was changed, and what comes next."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from campaigns.models import Campaign, Decision, Journey, Message
from campaigns.sending.answers import NO, QUESTIONS, YES
from campaigns.sending.reasons import words_of
from campaigns.truth.deciding import Do
from retention.kit.words import Phrase, gettext_noop

Say = Callable[[str], str]
Names = Mapping[tuple[str, int], str]
WEEK = timedelta(days=7)

_VERDICTS = {
    "send": gettext_noop("It left"),
    "hold": gettext_noop("It waits"),
    "leave": gettext_noop("It waits"),
    "suppress": gettext_noop("It was held back"),
    "skip": gettext_noop("It was not sent"),
}
_CHANGES = {
    Do.SHOW: gettext_noop("“%(name)s” is shown with its price of now"),
    Do.SWAP: gettext_noop("“%(instead)s” is shown in place of “%(name)s”"),
    Do.LEAVE_OUT: gettext_noop("“%(name)s” is left out"),
    Do.FALLBACK: gettext_noop("“%(name)s” is left out and other words are said"),
    Do.BLOCK: gettext_noop("“%(name)s” kept it from leaving"),
}
_WON = {
    "priority": gettext_noop("Messages that wanted this person: %(among)s. This one went first: the shop says so"),
    "worth": gettext_noop("Messages that wanted this person: %(among)s. This one went first: it brings in more"),
    "kind": gettext_noop(
        "Messages that wanted this person: %(among)s. This one went first: cells go before journeys, journeys before campaigns"
    ),
    "wait": gettext_noop("Messages that wanted this person: %(among)s. This one went first: it had waited longer"),
    "order": gettext_noop("Messages that wanted this person: %(among)s. This one went first: it was planned first"),
}
_LOST = {
    "priority": gettext_noop("Messages that wanted this person: %(among)s. “%(winner)s” goes first: the shop says so"),
    "worth": gettext_noop("Messages that wanted this person: %(among)s. “%(winner)s” goes first: it brings in more"),
    "kind": gettext_noop(
        "Messages that wanted this person: %(among)s. “%(winner)s” goes first: cells go before journeys, journeys before campaigns"
    ),
    "wait": gettext_noop("Messages that wanted this person: %(among)s. “%(winner)s” goes first: it had waited longer"),
    "order": gettext_noop("Messages that wanted this person: %(among)s. “%(winner)s” goes first: it was planned first"),
}
_NAMELESS = gettext_noop("another one")
_BEFORE = gettext_noop("These had gone before: %(names)s")
_AFTER_OTHERS = ("frequency_cap", "channel_cap", "other_message_first")
MOST_NAMED = 5
# Ways a message ends after the gate let it go: the gate has said yes to everything.
_AFTER_THE_GATE = ("sent", "sending", "failed", "unknown")


@dataclass(frozen=True)
class Gone:
    """What had gone to people: when, and its source, the newest first."""

    found: Mapping[int, Sequence[tuple[datetime, tuple[str, int]]]]

    @property
    def sources(self) -> set[tuple[str, int]]:
        """Return all of their sources."""
        return {source for several in self.found.values() for _at, source in several}

    def of(self, one: Decision) -> list[tuple[str, int]]:
        """Return the sources of what stood in the way of one decision."""
        if one.reason not in _AFTER_OTHERS:
            return []
        several = self.found.get(one.customer_id, ())
        return [source for at, source in several if one.last_at - WEEK < at <= one.last_at][:MOST_NAMED]


@dataclass(frozen=True)
class Known:
    """What the words of a page's decisions need."""

    names: Names
    before: Gone


@dataclass(frozen=True)
class Gate:
    """One question and its answer. passed is None for what was not asked."""

    key: str
    question: str
    passed: bool | None


@dataclass(frozen=True)
class Told:
    """One answer of the gate in words. contest: how it did against others that wanted the same person, "" where there were none."""

    verdict: str
    words: str
    why: str
    gates: tuple[Gate, ...]
    changes: tuple[str, ...]
    first_at: datetime
    last_at: datetime
    times: int
    until: datetime | None
    contest: str = ""


@dataclass(frozen=True)
class Trace:
    """One message with everything that was decided about it, the oldest first. source: the journey's or campaign's name."""

    message: Message
    source: str
    why: str
    told: tuple[Told, ...] = field(default=())


def traces_of(messages: Sequence[Message], *, say: Say) -> list[Trace]:
    """Return the traces of a page of messages, in their order, in three queries. say: gettext."""
    decisions: dict[int, list[Decision]] = {}
    for one in Decision.objects.filter(message__in=messages).order_by("last_at", "id"):
        decisions.setdefault(one.message_id, []).append(one)
    everything = [one for several in decisions.values() for one in several]
    before = _gone_before(everything)
    names = _names({*_sources(messages), *(_source_of(one.contest) for one in everything if one.contest), *before.sources})
    return [
        Trace(
            message,
            names.get((message.source_kind, message.source_id), ""),
            words_of(message.reason, channel=message.channel).render(say) if message.reason else "",
            _told(message, decisions.get(message.pk, []), Known(names, before), say),
        )
        for message in messages
    ]


def _told(message: Message, decisions: Sequence[Decision], known: Known, say: Say) -> tuple[Told, ...]:
    found = [_in_words(one, message.channel, known, say) for one in decisions]
    left = message.state in _AFTER_THE_GATE and message.first_attempt_at is not None
    if left and message.first_attempt_at is not None and not any(one.verdict == "send" for one in decisions):
        gates = _gates(YES * len(QUESTIONS), say)
        moment = message.first_attempt_at
        found.append(Told("send", say(_VERDICTS["send"]), "", gates, (), moment, moment, message.attempts, None))
    return tuple(found)


def _in_words(one: Decision, channel: str, known: Known, say: Say) -> Told:
    why = words_of(one.reason, channel=channel).render(say) if one.reason else ""
    changes = tuple(Phrase(_CHANGES[Do(change["do"])], change).render(say) for change in one.changes)
    words = say(_VERDICTS[one.verdict])
    contest = _of_contest(one.contest, known.names, say) if one.contest else _of_those_before(one, known, say)
    return Told(one.verdict, words, why, _gates(one.answers, say), changes, one.first_at, one.last_at, one.times, one.until, contest)


def _of_contest(told: Mapping[str, Any], names: Names, say: Say) -> str:
    """Say who else wanted the person, who won and why. Kept by `sending/arbiter.py`."""
    values = {"among": told["among"], "winner": names.get(_source_of(told)) or Phrase(_NAMELESS)}
    return Phrase((_WON if told["won"] else _LOST)[told["by"]], values).render(say)


def _source_of(told: Mapping[str, Any]) -> tuple[str, int]:
    return ("journey" if told["kind"] == "cell" else told["kind"], told["source"])


def _gates(answers: str, say: Say) -> tuple[Gate, ...]:
    passed = {YES: True, NO: False}
    return tuple(
        Gate(key, question.render(say), passed.get(sign)) for (key, question), sign in zip(QUESTIONS.items(), answers, strict=False)
    )


def _of_those_before(one: Decision, known: Known, say: Say) -> str:
    """Say what had gone to the person before, where that is why it waited or did not go; the newest first."""
    gone = known.before.of(one)
    names = [known.names.get(source) or say(_NAMELESS) for source in gone]
    return Phrase(_BEFORE, {"names": ", ".join(dict.fromkeys(names))}).render(say) if names else ""


def _gone_before(decisions: Sequence[Decision]) -> Gone:
    """Read what had gone to the people of those decisions that others stood in the way of: one statement, by the index of contacts."""
    asked = [one for one in decisions if one.reason in _AFTER_OTHERS]
    if not asked:
        return Gone({})
    since, until = min(one.last_at for one in asked) - WEEK, max(one.last_at for one in asked)
    rows = Message.objects.filter(
        customer_id__in={one.customer_id for one in asked}, state__in=("sending", "sent", "unknown"), stream="marketing",
        first_attempt_at__gt=since, first_attempt_at__lte=until,
    )  # fmt: skip
    found: dict[int, list[tuple[datetime, tuple[str, int]]]] = {}
    for customer_id, at, kind, pk in rows.order_by("-first_attempt_at", "-id").values_list(
        "customer_id", "first_attempt_at", "source_kind", "source_id"
    ):
        found.setdefault(customer_id, []).append((at, (kind, pk)))
    return Gone(found)


def _sources(messages: Sequence[Message]) -> set[tuple[str, int]]:
    return {(message.source_kind, message.source_id) for message in messages}


def _names(sources: Collection[tuple[str, int]]) -> Names:
    """Return the names of these sources."""
    found: dict[tuple[str, int], str] = {}
    for kind, model in (("journey", Journey), ("campaign", Campaign)):
        wanted = {pk for of, pk in sources if of == kind}
        found |= {(kind, pk): name for pk, name in model.objects.filter(pk__in=wanted).values_list("pk", "name")} if wanted else {}
    return found
