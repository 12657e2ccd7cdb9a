"""May this message leave now? Facts in, verdict out; the same answer for the claim, a preview and the decision trace. Pure.

The order of the questions is the order in which the reason is shown: what is over first, then what is forbidden, then what must wait.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from campaigns.sending.arbiter import GAP
from campaigns.sending.pacing import USUAL, QuietHours, next_allowed, zone_of


class Do(StrEnum):
    """What happens to the message."""

    SEND = "send"
    LEAVE = "leave"  # give the reservation back: its journey is paused, or it must be rendered again
    HOLD = "hold"  # try again at `until`
    SUPPRESS = "suppress"  # never: it must not be sent
    SKIP = "skip"  # never: it is too late


@dataclass(frozen=True)
class Verdict:
    """The answer and the reason for it, one of our words."""

    do: Do
    reason: str = ""
    until: datetime | None = None


@dataclass(frozen=True)
class Caps:
    """The contact budget over all marketing channels. Source: issue on the arbiter, 2 per 24 h and 5 per 7 days."""

    per_day: int = 2
    per_week: int = 5


RARELY = Caps(per_day=1, per_week=1)
"""For a person who asked to be written to less often."""


@dataclass(frozen=True)
class Facts:
    """Everything the gate knows about one message, read in the claim's own transaction.

    contacts: moments of earlier marketing messages to this person in the last seven days. cart_open is None without a basket.
    on_break, less_often: what the person asked for in their preferences. untrue: why what it says does not hold any more, one of our
    words; `changed` asks for rendering it again. number: of an SMS of a campaign, the same for all to one phone number;
    number_taken: another customer's went there.
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
    on_break: bool = False
    less_often: bool = False
    customer_zone: str = ""
    store_zone: str = ""
    untrue: str = ""
    number: str = ""
    number_taken: bool = False


def judge(facts: Facts, *, now: datetime, caps: Caps | None = None, quiet: dict[str, QuietHours] | None = None) -> Verdict:
    """Return what happens to a message at `now`."""
    ended = _over(facts, now)
    if ended is not None:
        return ended
    if not facts.source_live:
        return Verdict(Do.LEAVE, "paused")
    forbidden = _forbidden(facts)
    if forbidden:
        return Verdict(Do.SUPPRESS, forbidden)
    if facts.transactional:
        return _if_true(facts)
    wait, reason = _wait(facts, now, caps or (RARELY if facts.less_often else Caps()), USUAL if quiet is None else quiet)
    if wait <= now:
        return _if_true(facts)
    if facts.expires_at is not None and wait >= facts.expires_at:
        return Verdict(Do.SUPPRESS, reason)
    return Verdict(Do.HOLD, reason, until=wait)


def _if_true(facts: Facts) -> Verdict:
    """Let it go unless what it says is not so; asked last, for what is not true now may be when its hour comes."""
    if facts.untrue == "changed":
        return Verdict(Do.LEAVE, "changed")
    return Verdict(Do.SUPPRESS, facts.untrue) if facts.untrue else Verdict(Do.SEND)


def _over(facts: Facts, now: datetime) -> Verdict | None:
    if not facts.run_going:
        return Verdict(Do.SUPPRESS, "run_ended")
    if facts.cart_open is False:
        return Verdict(Do.SUPPRESS, "cart_closed")
    if facts.expires_at is not None and facts.expires_at <= now:
        return Verdict(Do.SKIP, "too_late")
    return None


def _forbidden(facts: Facts) -> str:
    if not facts.has_address:
        return "no_address"
    if facts.suppressed:
        return "suppressed"
    if facts.on_break and not facts.transactional:
        return "on_break"
    if not facts.consent and not facts.transactional:
        return "no_consent"
    return "same_number" if facts.number_taken else ""


def _wait(facts: Facts, now: datetime, caps: Caps, quiet: dict[str, QuietHours]) -> tuple[datetime, str]:
    """Return the first moment all pacing rules allow, and the rule that asks for the longest wait."""
    waits = [(now, "")]
    if not facts.wins:
        waits.append((now + GAP, "other_message_first"))
    contacts = sorted(facts.contacts)
    if contacts:
        waits.append((contacts[-1] + GAP, "other_message_first"))
    for cap, window in ((caps.per_day, timedelta(days=1)), (caps.per_week, timedelta(days=7))):
        inside = [moment for moment in contacts if moment > now - window]
        if len(inside) >= cap:
            waits.append((inside[len(inside) - cap] + window, "frequency_cap"))
    zone = zone_of(facts.customer_zone, facts.store_zone)
    wait, reason = max(waits)
    allowed = next_allowed(wait, quiet=quiet.get(facts.channel), zone=zone)
    return (allowed, "quiet_hours") if allowed > wait else (wait, reason)
