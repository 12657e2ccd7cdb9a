"""Review: asked ten days after the parcel arrived, once for each order; who wrote one is noted."""

from campaigns.personalization.ready.messages import ReadyMessage, letter
from campaigns.personalization.ready.shell import text
from campaigns.playbooks.base import AFTER, DELIVERED, DELIVERIES, END, RETURNED, Playbook, days, send, until
from retention.kit.words import Phrase, gettext_noop
from segments.library import did, last, rule_of

REVIEW = Playbook(
    key="review",
    aim=AFTER,
    icon="message-2",
    name=Phrase(gettext_noop("Ask for a review")),
    summary=Phrase(gettext_noop("Ten days after the parcel arrived, asks what they think of it. A return ends it.")),
    definition={
        "trigger": DELIVERED | {"key": "order_id"},
        "exits": [RETURNED],
        "steps": [
            days("days", 10),
            send("ask", "review-ask", hours=48),
            until("written", "Product Reviewed", 14, then="note", otherwise="end"),
            {"id": "note", "kind": "update", "set": {"last_review": {"is": "today"}}},
            END,
        ],
    },
    templates=(
        ReadyMessage(
            "review-ask",
            Phrase(gettext_noop("Review: the question")),
            "email",
            "What do you think of it?",
            letter(
                "What do you think of it?",
                "you have had some days with your order. A few honest words help others to choose.",
                "Write a few words",
                text("Something not right? Answer this mail first, and we put it right."),
            ),
            "A few honest words help others.",
        ),
    ),
    lately=rule_of(did("Shipment Updated", window=last(30), where=DELIVERED["where"])),
    needs=(DELIVERIES,),
    attributes={"last_review": "date"},
    says=(
        Phrase(
            gettext_noop("Whether somebody wrote one is known where the shop sends “Product Reviewed”. Without it nothing else changes.")
        ),
    ),
)
