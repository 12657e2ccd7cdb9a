"""The kinds of steps, one file each. A new kind: copy `wait.py`, add a line here, and a table of cases in its test."""

from campaigns.journeys.steps.base import Effect, Outcome, Plan, Step, Withdraw
from campaigns.journeys.steps.exit import Exit
from campaigns.journeys.steps.send import Send
from campaigns.journeys.steps.wait import Wait
from retention.kit.register import Register

KINDS: Register[type[Step]] = Register("journey step")
KINDS.add(Send.kind, Send)
KINDS.add(Wait.kind, Wait)
KINDS.add(Exit.kind, Exit)

__all__ = ["KINDS", "Effect", "Exit", "Outcome", "Plan", "Send", "Step", "Wait", "Withdraw"]
