"""The kinds of steps, one file each. A new kind: copy `wait.py`, add a line here, and a table of cases in its test."""

from campaigns.journeys.steps.base import (
    Call,
    Change,
    Draw,
    Effect,
    Facts,
    Here,
    Needs,
    Notify,
    Outcome,
    Plan,
    Run,
    Step,
    Way,
    Withdraw,
)
from campaigns.journeys.steps.branch import Branch
from campaigns.journeys.steps.coupon import Coupon
from campaigns.journeys.steps.exit import Exit
from campaigns.journeys.steps.ladder import Ladder, Rung
from campaigns.journeys.steps.notify import NotifyTeam
from campaigns.journeys.steps.send import Send
from campaigns.journeys.steps.split import Split
from campaigns.journeys.steps.update import Update
from campaigns.journeys.steps.wait import Wait
from campaigns.journeys.steps.wait_date import WaitDate
from campaigns.journeys.steps.wait_event import WaitEvent
from campaigns.journeys.steps.webhook import Webhook
from retention.kit.register import Register

KINDS: Register[type[Step]] = Register("journey step")
for _kind in (Send, Wait, WaitDate, WaitEvent, Branch, Split, Ladder, Coupon, Update, Webhook, NotifyTeam, Exit):
    KINDS.add(_kind.kind, _kind)

__all__ = [
    "KINDS",
    "Branch",
    "Call",
    "Change",
    "Coupon",
    "Draw",
    "Effect",
    "Exit",
    "Facts",
    "Here",
    "Ladder",
    "Needs",
    "Notify",
    "NotifyTeam",
    "Outcome",
    "Plan",
    "Run",
    "Rung",
    "Send",
    "Split",
    "Step",
    "Update",
    "Wait",
    "WaitDate",
    "WaitEvent",
    "Way",
    "Webhook",
    "Withdraw",
]
