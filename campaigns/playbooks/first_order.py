"""First order: thanks two hours later, and how to get the most out of it five days on; a second order or a return ends it."""

from campaigns.personalization.ready.messages import ReadyMessage, letter, short
from campaigns.personalization.ready.shell import text
from campaigns.playbooks.base import AFTER, END, ORDERS, RETURNED, Playbook, by_rule, days, first_that_reaches, send
from retention.kit.words import Phrase, gettext_noop
from segments.library import figure, last, moment, rule_of

FIRST_ORDER = Playbook(
    key="first_order",
    aim=AFTER,
    icon="package",
    name=Phrase(gettext_noop("First order: thanks")),
    summary=Phrase(gettext_noop("Thanks who ordered for the first time, and asks five days later whether help is needed.")),
    definition={
        "trigger": {"event": "Order Completed"},
        "exits": [RETURNED | {"key": ""}],
        "people": [by_rule(rule_of(figure("orders", "equals", 1)))],
        "steps": [
            {"id": "hours", "kind": "wait", "hours": 2},
            send("thanks", "first-order-thanks"),
            days("days", 5),
            first_that_reaches("help", ("push", "first-order-push"), ("email", "first-order-help"), hours=48),
            END,
        ],
    },
    templates=(
        ReadyMessage(
            "first-order-thanks",
            Phrase(gettext_noop("First order: thanks")),
            "email",
            "Thank you, {{ profile.first_name | default: 'and welcome' }}",
            letter(
                "Thank you for your first order",
                "it means a lot to us that you chose this shop.",
                "To the shop",
                text("If anything is not as it should be, answer this mail. A person reads it and puts it right."),
            ),
            "It means a lot to us.",
        ),
        ReadyMessage(
            "first-order-push", Phrase(gettext_noop("First order: help, push")), "push", "All well with your order?", short("We are here.")
        ),
        ReadyMessage(
            "first-order-help",
            Phrase(gettext_noop("First order: help")),
            "email",
            "Getting the most out of it",
            letter(
                "Getting the most out of it",
                "you have had a few days with it, or soon will.",
                "To the shop",
                text("Not sure how to use it, look after it, or what goes with it? Answer this mail, and a person writes back."),
            ),
            "Questions? A person writes back.",
        ),
    ),
    lately=rule_of(figure("orders", "equals", 1), moment("first_order_at", last(30))),
    needs=(ORDERS,),
)
