"""Companions: three days after the parcel arrived, what goes with it; a new order or a return ends it."""

from campaigns.personalization.blocks.kinds import BY_KEY
from campaigns.personalization.ready.messages import ReadyMessage, letter, short
from campaigns.playbooks.base import AFTER, DELIVERED, DELIVERIES, END, ORDERED, RETURNED, Playbook, days, ladder
from retention.kit.words import Phrase, gettext_noop
from segments.library import did, last, rule_of

COMPANIONS = Playbook(
    key="companions",
    aim=AFTER,
    icon="stack-2",
    name=Phrase(gettext_noop("What goes with it")),
    summary=Phrase(gettext_noop("Three days after the parcel arrived, shows what goes with it. A new order or a return ends it.")),
    definition={
        "trigger": DELIVERED | {"key": "order_id"},
        "exits": [RETURNED, ORDERED],
        "steps": [
            days("days", 3),
            ladder("show", ("email", "companions-mail", 0), ("push", "companions-push", 24 * 60), most=2, hours=48),
            END,
        ],
    },
    templates=(
        ReadyMessage(
            "companions-mail",
            Phrase(gettext_noop("What goes with it: mail")),
            "email",
            "What goes well with your order",
            letter(
                "What goes with it",
                "your parcel has been with you for a few days. This goes well with it.",
                "See more",
                BY_KEY["companions"].source,
            ),
            "A few things that fit.",
        ),
        ReadyMessage(
            "companions-push", Phrase(gettext_noop("What goes with it: push")), "push", "Goes well with it", short("A few things that fit.")
        ),
    ),
    lately=rule_of(did("Shipment Updated", window=last(30), where=DELIVERED["where"])),
    needs=(DELIVERIES,),
    says=(
        Phrase(
            gettext_noop(
                "What goes together is counted from your own orders: what stood beside it twice or more. Else best sellers stand there."
            )
        ),
    ),
)
