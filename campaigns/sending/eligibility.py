"""May this message leave now? Facts in, verdict out; the same answer for the claim, a preview and the decision trace. Pure.

The order of the questions is the order in which the reason is shown: what is over first, then what is forbidden, then what must wait.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from campaigns.sending.arbiter import ASK_AGAIN, GAP
from campaigns.sending.pacing import USUAL, QuietHours, next_allowed, zone_of
from segments.rules.visits import SILENCE


class Do(StrEnum):
    """What happens to the message."""

    SEND = "send"
    LEAVE = "leave"  # give the reservation back: its journey is paused, or it must be rendered again
    HOLD = "hold"  # try again at `until`
    SUPPRESS = "suppress"  # never: it must not be sent
    SKIP = "skip"  # never: it is too late


@dataclass(slots=True)  # as `Facts`
class Verdict:
    """The answer and the reason for it, one of our words."""

    do: Do
    reason: str = ""
    until: datetime | None = None


@dataclass(frozen=True)
class Caps:
    """At most so many marketing messages in 24 hours and in 7 days. Source: issue on the arbiter, 2 and 5."""

    per_day: int = 2
    per_week: int = 5

    def within(self, other: "Caps") -> "Caps":
        """Return the stricter of both."""
        return Caps(min(self.per_day, other.per_day), min(self.per_week, other.per_week))


@dataclass(frozen=True)
class Budget:
    """A store's contact budget: over all marketing channels together, and of single channels beside it."""

    together: Caps = Caps()
    channels: Mapping[str, Caps] = field(default_factory=dict)


USUAL_BUDGET = Budget()

NUMBER_WAIT = timedelta(minutes=5)
"""How long an SMS of a campaign waits for another one to its number before it asks again."""
RARELY = Caps(per_day=1, per_week=1)
"""For a person who asked to be written to less often."""


@dataclass(slots=True)  # not frozen: there is one for every message, and a frozen one takes three times as long to make
class Facts:
    """Everything the gate knows about one message, read in the claim's own transaction.

    contacts: moments of earlier marketing messages to this person in the last seven days; on_channel: of those, the ones by its own
    channel, told only where the budget caps it. wins: no other message to this person is worth more; winner_waits: the one that is has not
    left yet, and may never leave. cart_open is None without a basket.
    on_break, less_often: what the person asked for in their preferences. untrue: why what it says does not hold any more, one of our
    words; `changed` asks for rendering it again. number: of an SMS of a campaign, the same for all to one phone number;
    number_taken: another customer's went there; number_waits: one is on its way there. apart: they get no marketing, to compare with.
    seen_at: when they last did something in the shop, told only of a message that waits until they are quiet.
    """

    channel: str
    transactional: bool
    due_at: datetime
    expires_at: datetime | None
    source_live: bool
    run_going: bool
    cart_open: bool | None
    has_address: bool
    consent: bool
    suppressed: bool
    wins: bool
    contacts: tuple[datetime, ...] = ()
    on_channel: tuple[datetime, ...] = ()
    budget: Budget = USUAL_BUDGET
    on_break: bool = False
    less_often: bool = False
    customer_zone: str = ""
    store_zone: str = ""
    untrue: str = ""
    number: str = ""
    number_taken: bool = False
    number_waits: bool = False
    apart: bool = False
    seen_at: datetime | None = None
    winner_waits: bool = False


Question = Callable[[Facts, datetime], bool | None]

ENDS: dict[str, tuple[Question, Do, str]] = {
    "run": (lambda facts, now: facts.run_going, Do.SUPPRESS, "run_ended"),
    "basket": (lambda facts, now: facts.cart_open, Do.SUPPRESS, "cart_closed"),
    "age": (lambda facts, now: facts.expires_at is None or facts.expires_at > now, Do.SKIP, "too_late"),
    "source": (lambda facts, now: facts.source_live, Do.LEAVE, "paused"),
    "address": (lambda facts, now: facts.has_address, Do.SUPPRESS, "no_address"),
    "blocked": (lambda facts, now: not facts.suppressed if facts.has_address else None, Do.SUPPRESS, "suppressed"),
    "break": (lambda facts, now: None if facts.transactional else not facts.on_break, Do.SUPPRESS, "on_break"),
    "consent": (lambda facts, now: None if facts.transactional else facts.consent, Do.SUPPRESS, "no_consent"),
    "number": (lambda facts, now: not facts.number_taken if facts.number else None, Do.SUPPRESS, "same_number"),
    "compared": (lambda facts, now: None if facts.transactional else not facts.apart, Do.SUPPRESS, "store_holdout"),
}
"""Questions a no to which ends it, in their order, with what then happens and why. None: not asked of such a message."""


def judge(facts: Facts, *, now: datetime, quiet: dict[str, QuietHours] | None = None) -> Verdict:
    """Return what happens to a message at `now`: the first no decides."""
    for passed, do, reason in ENDS.values():
        if passed(facts, now) is False:
            return Verdict(do, reason)
    if facts.transactional:
        wait, reason = _after_same_number(facts, now)
    else:
        wait, reason = _wait(facts, now, USUAL if quiet is None else quiet)
    if wait <= now:
        return _if_true(facts)
    if facts.expires_at is not None and wait >= facts.expires_at:
        if facts.winner_waits:  # nothing left in its place: time alone ends it
            return Verdict(Do.HOLD, reason, until=facts.expires_at)
        return Verdict(Do.SUPPRESS, reason)
    return Verdict(Do.HOLD, reason, until=wait)


def answer_all(facts: Facts, *, now: datetime) -> dict[str, bool | None]:
    """Answer every question, also those `judge` does not come to; None where one is not asked. Keys: ENDS, first, budget, hours, truth."""
    told = {name: passed(facts, now) for name, (passed, _do, _reason) in ENDS.items()}
    waits: dict[str, bool | None] = dict.fromkeys(("first", "budget", "hours", "moves"))
    if facts.number_waits:
        told["number"] = False
    if not facts.transactional:
        waits["first"] = _after_others(facts, now) <= now
        waits["budget"] = max(_in_budget(facts, now), _in_channel_budget(facts, now)) <= now
        waits["hours"] = _awake(facts, now, USUAL) == now
        waits["moves"] = _when_quiet(facts, now) <= now if facts.seen_at is not None else None
    return told | waits | {"truth": not facts.untrue}


def _if_true(facts: Facts) -> Verdict:
    """Let it go unless what it says is not so; asked last, for what is not true now may be when its hour comes."""
    if facts.untrue == "changed":
        return Verdict(Do.LEAVE, "changed")
    return Verdict(Do.SUPPRESS, facts.untrue) if facts.untrue else Verdict(Do.SEND)


def _wait(facts: Facts, now: datetime, quiet: dict[str, QuietHours]) -> tuple[datetime, str]:
    """Return the first moment all pacing rules allow, and the rule that asks for the longest wait."""
    if (
        not (facts.contacts or facts.on_channel)
        and facts.wins
        and not facts.number_waits
        and facts.seen_at is None
        and facts.channel not in quiet
    ):
        return now, ""  # nothing asks for a wait, as for most
    others, budget = (_after_others(facts, now), "other_message_first"), (_in_budget(facts, now), "frequency_cap")
    channel, quiet_from = (_in_channel_budget(facts, now), "channel_cap"), (_when_quiet(facts, now), "still_moving")
    wait, reason = max(others, budget, channel, _after_same_number(facts, now), quiet_from, key=lambda one: one[0])
    allowed = _awake(facts, wait, quiet)
    if not facts.wins:  # without the winner nothing would keep it waiting
        return allowed, "outbid"
    return (allowed, "quiet_hours") if allowed > wait else (wait, reason)


def _after_same_number(facts: Facts, now: datetime) -> tuple[datetime, str]:
    """Return when to ask again whether the other message to this number left, with the reason."""
    return (now + NUMBER_WAIT if facts.number_waits else now), "number_on_its_way"


def _when_quiet(facts: Facts, now: datetime) -> datetime:
    """Return when they will have done nothing in the shop for long enough, if they do nothing more."""
    return max(now, facts.seen_at + SILENCE) if facts.seen_at is not None and facts.channel != "onsite" else now


def _after_others(facts: Facts, now: datetime) -> datetime:
    """Return when other messages to this person leave room for this one."""
    last = max(facts.contacts) + GAP if facts.contacts else now
    return max(now, last, now if facts.wins else now + ASK_AGAIN)


def _in_budget(facts: Facts, now: datetime) -> datetime:
    """Return when this person has had few enough messages."""
    together = facts.budget.together
    return _free(facts.contacts, together.within(RARELY) if facts.less_often else together, now)


def _in_channel_budget(facts: Facts, now: datetime) -> datetime:
    """Return when this person has had few enough messages by its channel."""
    caps = facts.budget.channels.get(facts.channel)
    return now if caps is None else _free(facts.on_channel, caps, now)


def _free(moments: Sequence[datetime], caps: Caps, now: datetime) -> datetime:
    moment, contacts = now, sorted(moments)
    for cap, window in ((caps.per_day, timedelta(days=1)), (caps.per_week, timedelta(days=7))):
        inside = [contact for contact in contacts if contact > now - window]
        if len(inside) >= cap:
            moment = max(moment, inside[len(inside) - cap] + window)
    return moment


def _awake(facts: Facts, moment: datetime, quiet: dict[str, QuietHours]) -> datetime:
    """Return the first moment from this one on that is no quiet hour where they are."""
    hours = quiet.get(facts.channel)
    return moment if hours is None else next_allowed(moment, quiet=hours, zone=zone_of(facts.customer_zone, facts.store_zone))
