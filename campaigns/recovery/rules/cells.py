"""What one cell of the plan says to people: the ladder of messages, the reason to come back, the guards, who is held back. Pure.

Read from JSON with every fault named by its place. `compiling.py` makes a journey of it, `saying.py` sentences.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

from campaigns.recovery.rules.groups import BY_KEY, COMPARING, FIRST_ORDER, LOOKING
from retention.kit.fields import Fields, Problem
from retention.kit.words import Phrase, gettext_noop

CHANNELS = ("push", "sms", "email", "onsite")
"""From the lightest to the heaviest. "onsite" is the talk: shown at the next visit, it invites to ask."""
USUAL_MINUTES = {"push": 30, "sms": 4 * 60, "email": 20 * 60, "onsite": 44 * 60}
"""After leaving. Source: field guide 4b."""
MOST_MINUTES = 14 * 24 * 60
LEAST_HOLDOUT, USUAL_HOLDOUT = 0.05, 0.10
"""Where few people come in a month more is held back all the same: the lot sees to it by their real number."""
GIFTS = ("none", "answers", "percent", "amount", "shipping")
GIFTED_GROUPS = (LOOKING, COMPARING, FIRST_ORDER)
"""Only for these a gift is a reason to come back; others would have bought without, or want answers. Source: field guide 4b."""


class CellError(ValueError):
    """The data is no cell; `problems` says where and why."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{problem.path}: {problem.phrase.render(str)}" for problem in problems))
        self.problems = problems


@dataclass(frozen=True)
class Rung:
    """One message of the ladder. template: the key of what is said, with its languages inside.

    minutes: after leaving, or after what was sold out is back.
    plain: the key of what is said instead to those who get no gift; empty where the message gives none.
    """

    channel: str
    minutes: int
    template: str
    plain: str = ""


@dataclass(frozen=True)
class Gift:
    """The reason to come back. amount: percent, or smallest units of money; pool: the public id of the pool its codes come from.

    ceiling_share: it costs at most this part of the basket's margin, or is not given; rest_days: not within so many days after a code
    of theirs was used.
    """

    kind: str = "none"
    amount: int = 0
    ceiling_share: float = 0.2
    rest_days: int = 60
    pool: str = ""

    @property
    def costs(self) -> bool:
        """Say whether it takes money off."""
        return self.kind in {"percent", "amount", "shipping"}


@dataclass(frozen=True)
class CellPlan:
    """One version of a cell. expires_hours: after its moment a message is too late; holdout_share: who gets nothing, to compare with.

    learns: which channel goes first is drawn by lot, and follows what works (`measurement/learning.py`); the moments stay.
    waits: of a stage about what is sold out, the ladder begins when it is back. Plans of before that was so do not say it, and do not wait.
    """

    rungs: tuple[Rung, ...]
    gift: Gift = Gift()
    expires_hours: int = 12
    holdout_share: float = USUAL_HOLDOUT
    learns: bool = False
    waits: bool = False

    def as_json(self) -> dict[str, object]:
        """Return it as it is stored."""
        return {
            "rungs": [asdict(rung) for rung in self.rungs],
            "gift": asdict(self.gift),
            "expires_hours": self.expires_hours,
            "holdout_share": self.holdout_share,
            "learns": self.learns,
            "waits": self.waits,
        }

    def rung(self, channel: str) -> Rung | None:
        """Return the message on a channel, or None when the ladder leaves it out."""
        return next((rung for rung in self.rungs if rung.channel == channel), None)

    def with_rung(self, rung: Rung) -> "CellPlan":
        """Return the plan with another message on its channel; the ladder stays in the order of its moments."""
        others = [one for one in self.rungs if one.channel != rung.channel]
        return replace(self, rungs=tuple(sorted([*others, rung], key=_by_moment)))

    def without_rung(self, channel: str) -> "CellPlan":
        """Return the plan without the message on a channel."""
        return replace(self, rungs=tuple(one for one in self.rungs if one.channel != channel))


def _by_moment(rung: Rung) -> tuple[int, int]:
    return rung.minutes, CHANNELS.index(rung.channel)


def read_cell(data: object, *, group: str) -> CellPlan:
    """Read a cell's plan from JSON; raises CellError with every problem found. group: whose cell it is, which decides about gifts."""
    problems: list[Problem] = []
    fields = Fields(data if isinstance(data, Mapping) else {}, "cell", problems)
    rungs = tuple(_rung(part) for part in fields.parts("rungs", most=len(CHANNELS)))
    channels = [rung.channel for rung in rungs]
    if len(set(channels)) < len(channels):
        fields.fault("rungs", Phrase(gettext_noop("may have one message on each channel")))
    if not rungs:
        fields.fault("rungs", Phrase(gettext_noop("must have a message")))
    gift = _gift(fields.part("gift"), group=group) if fields.told("gift") else Gift()
    plan = CellPlan(
        rungs=tuple(sorted(rungs, key=_by_moment)),
        gift=gift,
        expires_hours=fields.whole("expires_hours", low=1, high=720, default=12),
        holdout_share=fields.number("holdout_share", low=LEAST_HOLDOUT, high=0.5, default=USUAL_HOLDOUT),
        learns=fields.flag("learns", default=False),
        waits=fields.flag("waits", default=False),
    )
    fields.close()
    if problems:
        raise CellError(problems)
    return plan


def _rung(fields: Fields) -> Rung:
    channel = fields.choice("channel", CHANNELS)
    rung = Rung(
        channel=channel,
        minutes=fields.whole("minutes", low=30, high=MOST_MINUTES, default=USUAL_MINUTES[channel]),
        template=fields.text("template", longest=60),
        plain=fields.text("plain", default="", longest=60),
    )
    fields.close()
    return rung


def _gift(fields: Fields, *, group: str) -> Gift:
    kind = fields.choice("kind", GIFTS, default="none")
    gift = Gift(
        kind=kind,
        amount=fields.whole("amount", low=0, high=100 if kind == "percent" else 10**9, default=0),
        ceiling_share=fields.number("ceiling_share", low=0, high=1, default=0.2),
        rest_days=fields.whole("rest_days", low=0, high=730, default=60),
        pool=fields.text("pool", default="", longest=36),
    )
    fields.close()
    if kind in {"percent", "amount"} and not gift.amount:
        fields.fault("amount", Phrase(gettext_noop("must say how much is given")))
    if gift.costs and group in BY_KEY and group not in GIFTED_GROUPS:
        fields.fault("kind", Phrase(gettext_noop("may be a gift only for those who look, compare, or have their first order open")))
    return gift
