"""Return asked for: what happens next, at once, and support knows; when it is closed, whether it was put right. Part of the order."""

from campaigns.personalization.ready.messages import ReadyMessage, letter
from campaigns.personalization.ready.shell import text
from campaigns.playbooks.base import AFTER, END, RETURNS, Playbook, days, send, until
from retention.kit.words import Phrase, gettext_noop
from segments.library import did, last, rule_of


def _state(*states: str) -> list[dict[str, object]]:
    return [{"property": "state", "type": "text", "op": "is", "values": list(states)}]


RETURNING = Playbook(
    key="returning",
    aim=AFTER,
    icon="arrow-back-up",
    name=Phrase(gettext_noop("Return asked for")),
    summary=Phrase(gettext_noop("Says at once what happens next and tells your support; asks whether it was put right when it is closed.")),
    definition={
        "trigger": {"event": "Return Updated", "key": "return_id", "where": _state("requested")},
        "exits": [{"event": "Return Updated", "key": "return_id", "where": _state("declined", "cancelled")}],
        "stream": "transactional",
        "steps": [
            {
                "id": "support",
                "kind": "notify",
                "roles": ["support"],
                "subject": "A return was asked for",
                "text": "Look at what it was and why. A quick answer often keeps the customer.",
            },
            send("next", "return-next"),
            until("closed", "Return Updated", 30, then="breath", otherwise="end", key="return_id", where=_state("closed")),
            days("breath", 2),
            send("right", "return-right", hours=48),
            END,
        ],
    },
    templates=(
        ReadyMessage(
            "return-next",
            Phrase(gettext_noop("Return: what happens next")),
            "email",
            "We have your return",
            letter(
                "We have your return",
                "thank you for telling us. We look at it and write to you as soon as there is news.",
                "To the shop",
                text("Was it the wrong size, or not what you expected? Answer this mail; we may find something better."),
            ),
            "What happens next.",
        ),
        ReadyMessage(
            "return-right",
            Phrase(gettext_noop("Return: was it put right?")),
            "email",
            "Was it put right?",
            letter(
                "Was it put right?",
                "your return is closed. We would like to know whether it went as it should.",
                "To the shop",
                text("If it did not, answer this mail, and a person takes care of it."),
            ),
            "If it was not, tell us.",
        ),
    ),
    lately=rule_of(did("Return Updated", window=last(30), where=_state("requested"))),
    needs=(RETURNS,),
)
