"""Second order: the day after, a personal thanks; with a code for the third if a pool is chosen."""

from campaigns.personalization.blocks.kinds import BY_KEY
from campaigns.personalization.ready.messages import ReadyMessage, letter
from campaigns.personalization.ready.shell import text
from campaigns.playbooks.base import AFTER, END, ORDERS, RETURNED, Gift, Playbook, by_rule, days, send
from retention.kit.words import Phrase, gettext_noop
from segments.library import figure, last, moment, rule_of

_CODE = BY_KEY["coupon"].source
SECOND_ORDER = Playbook(
    key="second_order",
    aim=AFTER,
    icon="repeat",
    name=Phrase(gettext_noop("Two orders: one of us")),
    summary=Phrase(gettext_noop("Who came back once often comes back again: a personal thanks the day after the second order.")),
    definition={
        "trigger": {"event": "Order Completed"},
        "exits": [RETURNED | {"key": ""}],
        "people": [by_rule(rule_of(figure("orders", "equals", 2)))],
        "steps": [days("day", 1), send("thanks", "second-order-thanks", hours=48), END],
    },
    templates=(
        ReadyMessage(
            "second-order-thanks",
            Phrase(gettext_noop("Second order: thanks")),
            "email",
            "You came back, and we noticed",
            letter(
                "You came back, and we noticed",
                "two orders are no accident. Thank you.",
                "To the shop",
                text("What should we have that we do not have yet? Answer this mail, and tell us."),
            ),
            "Two orders are no accident.",
        ),
        ReadyMessage(
            "second-order-gift",
            Phrase(gettext_noop("Second order: thanks with a code")),
            "email",
            "You came back, and we noticed",
            letter("You came back, and we noticed", "two orders are no accident. This is for the third.", "Use it", _CODE),
            "A code of your own.",
        ),
    ),
    lately=rule_of(figure("orders", "equals", 2), moment("last_order_at", last(30))),
    needs=(ORDERS,),
    gifts=(Gift("thanks", "second-order-thanks", "second-order-gift", Phrase(gettext_noop("A code for the third order"))),),
)
