"""Quiet readers: who clicks nothing for 90 days is asked (buyers) or shown how (others), asked once more, and then let go.

The split of the engaged from the rest: who reads on is marked so, and who does not is in a segment to leave out of campaigns.
"""

from campaigns.personalization.blocks.kinds import BY_KEY
from campaigns.personalization.ready.messages import ReadyMessage, letter
from campaigns.personalization.ready.shell import heading, text
from campaigns.playbooks.base import END, ORDERED, STAY, STORE, Playbook, ReadySegment, by_rule, send, until
from retention.kit.words import Phrase, gettext_noop
from segments.library import MAY_MAIL, ago, figure, last, moment, orders, quiet, rule_of

_RHYTHM = "mail_rhythm"
_UNENGAGED = rule_of(MAY_MAIL, moment("created_at", ago(90)), quiet("Email Link Clicked", 90), orders("equals", 0, window=last(90)))


def _marked(word: str) -> dict[str, object]:
    return rule_of({"is": "attribute", "key": _RHYTHM, "op": "is", "values": [word]})


QUIET = Playbook(
    key="quiet",
    aim=STAY,
    icon="moon",
    name=Phrase(gettext_noop("Quiet readers: wake or let go")),
    summary=Phrase(
        gettext_noop(
            "Who clicked nothing for 90 days gets two mails that suit them. Who reads on stays; who does not is marked, and you leave "
            "them out of your campaigns."
        )
    ),
    definition={
        "trigger": {"kind": "segment", "segment": STORE + "unengaged", "move": "entered"},
        "again": {"rule": "after", "days": 180},
        "exits": [ORDERED],
        "steps": [
            {
                "id": "kind",
                "kind": "branch",
                "paths": [{"name": "Ordered before", "people": [by_rule(rule_of(figure("orders", "at_least", 1)))], "go": "ask"}],
                "then": "tips",
            },
            {**send("ask", "quiet-ask", hours=72), "then": "listen"},
            send("tips", "quiet-tips", hours=72),
            until("listen", "Email Link Clicked", 14, then="awake", otherwise="last"),
            send("last", "quiet-last", hours=72),
            until("listen_again", "Email Link Clicked", 14, then="awake", otherwise="sunset"),
            {"id": "sunset", "kind": "update", "set": {_RHYTHM: "sunset", "sunset_on": {"is": "today"}}, "then": "end"},
            {"id": "awake", "kind": "update", "set": {_RHYTHM: "engaged"}},
            END,
        ],
    },
    templates=(
        ReadyMessage(
            "quiet-ask",
            Phrase(gettext_noop("Quiet readers: a question")),
            "email",
            "May we ask you something?",
            letter(
                "May we ask you something?",
                "you ordered from us, and our mails seem not to be what you want. What should they be about?",
                "See what is new",
                text("Answer this mail with a word or two. Or choose below how often we write."),
            ),
            "A word or two is enough.",
        ),
        ReadyMessage(
            "quiet-tips",
            Phrase(gettext_noop("Quiet readers: how it is done")),
            "email",
            "Not found the right thing yet?",
            letter(
                "Not found the right thing yet?",
                "tell us what you are looking for, and we say honestly whether we have it.",
                "Have a look",
                heading("Where people begin"),
                BY_KEY["fits"].source,
            ),
            "Where people begin.",
        ),
        ReadyMessage(
            "quiet-last",
            Phrase(gettext_noop("Quiet readers: the last one")),
            "email",
            "Do you still want our mails?",
            letter(
                "Do you still want our mails?",
                "we have not seen you for a while. One press tells us that you want to read on.",
                "Yes, I do",
                text("You can also choose below to hear from us less often."),
            ),
            "One press, and we know.",
        ),
    ),
    lately=rule_of(
        MAY_MAIL,
        moment("created_at", ago(90)),
        quiet("Email Link Clicked", 90),
        orders("equals", 0, window=last(90)),
    ),
    segments=(
        ReadySegment(
            "unengaged",
            Phrase(gettext_noop("No click for 90 days")),
            Phrase(gettext_noop("The journey for quiet readers writes to who comes in.")),
            _UNENGAGED,
        ),
        ReadySegment(
            "sunset",
            Phrase(gettext_noop("Let go: to leave out")),
            Phrase(gettext_noop("Two mails and no click. They still get your campaigns until you leave this segment out.")),
            _marked("sunset"),
        ),
    ),
    attributes={_RHYTHM: "text", "sunset_on": "date"},
    says=(
        Phrase(
            gettext_noop(
                "Who is let go stays a customer and is only marked: leave the segment “Let go: to leave out” out of your campaigns."
            )
        ),
    ),
)
