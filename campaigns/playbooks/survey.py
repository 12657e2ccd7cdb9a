"""Survey: five days after the parcel arrived, one question; the answer becomes attributes, and a bad one is told to support."""

from campaigns.journeys.surveying import ANSWERED, KINDS, SCORE
from campaigns.personalization.ready.messages import ReadyMessage, letter
from campaigns.personalization.ready.shell import text
from campaigns.playbooks.base import AFTER, DELIVERED, DELIVERIES, END, RETURNED, Playbook, by_rule, days, send, until
from retention.kit.words import Phrase, gettext_noop
from segments.library import did, last, rule_of

SURVEY = Playbook(
    key="survey",
    aim=AFTER,
    icon="forms",
    name=Phrase(gettext_noop("One question after delivery")),
    summary=Phrase(
        gettext_noop(
            "Asks five days after the parcel arrived how it went. The answer is kept with the customer; a bad one goes to support."
        )
    ),
    definition={
        "trigger": DELIVERED,
        "again": {"rule": "after", "days": 21},
        "exits": [RETURNED | {"key": ""}],
        "steps": [
            days("days", 5),
            send("ask", "survey-ask", hours=48),
            until("answer", ANSWERED, 14, then="judge", otherwise="end"),
            {
                "id": "judge",
                "kind": "branch",
                "paths": [
                    {
                        "name": "It went badly",
                        "people": [by_rule(rule_of({"is": "attribute", "key": SCORE, "op": "at_most", "value": 2}))],
                        "go": "support",
                    }
                ],
                "then": "end",
            },
            {
                "id": "support",
                "kind": "notify",
                "roles": ["support"],
                "subject": "A delivery went badly",
                "text": "They said so in the survey. Their words stand on their page; write to them today.",
            },
            END,
        ],
    },
    templates=(
        ReadyMessage(
            "survey-ask",
            Phrase(gettext_noop("Survey: the question")),
            "email",
            "One question about your order",
            letter(
                "How did it go?",
                "one question: how was your order, from choosing to unpacking? It takes half a minute.",
                "Answer it",
                text("Your answer goes to us alone, and a person reads what you write."),
                href="{{ survey_url }}",
            ),
            "It takes half a minute.",
        ),
    ),
    lately=rule_of(did("Shipment Updated", window=last(30), where=DELIVERED["where"])),
    needs=(DELIVERIES,),
    attributes=KINDS,
)
