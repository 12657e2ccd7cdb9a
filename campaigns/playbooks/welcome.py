"""Welcome: a mail at once, answers after three days, what others like after a week; the first order ends it."""

from campaigns.personalization.blocks.kinds import BY_KEY
from campaigns.personalization.ready import READY_MAILS
from campaigns.personalization.ready.messages import ReadyMessage, letter, short
from campaigns.personalization.ready.shell import text, titled
from campaigns.playbooks.base import END, MEET, ORDERED, SIGN_UPS, Playbook, days, first_that_reaches, send
from retention.kit.words import Phrase, gettext_noop
from segments.library import did, last, rule_of

_HELLO = READY_MAILS["welcome"]
WELCOME = Playbook(
    key="welcome",
    aim=MEET,
    icon="hand-click",
    name=Phrase(gettext_noop("Welcome")),
    summary=Phrase(gettext_noop("Says hello to who signed up, answers first questions, and shows what others like. An order ends it.")),
    definition={
        "trigger": {"event": "Signed Up"},
        "exits": [ORDERED],
        "steps": [
            send("hello", "welcome-hello"),
            days("settle", 3),
            send("answers", "welcome-answers", hours=48),
            days("look", 4),
            first_that_reaches("popular", ("push", "welcome-push"), ("email", "welcome-popular"), hours=48),
            END,
        ],
    },
    templates=(
        ReadyMessage("welcome-hello", Phrase(gettext_noop("Welcome: hello")), "email", _HELLO.subject, _HELLO.source, _HELLO.preheader),
        ReadyMessage(
            "welcome-answers",
            Phrase(gettext_noop("Welcome: first questions")),
            "email",
            "Anything you would like to know first?",
            letter(
                "Anything you would like to know first?",
                "most people ask about delivery, returns, or which one suits them.",
                "Look around",
                text("Answer this mail with your question, and a person writes back."),
            ),
            "Answer this mail, and a person writes back.",
        ),
        ReadyMessage(
            "welcome-push",
            Phrase(gettext_noop("Welcome: what others like, push")),
            "push",
            "What others like",
            short("Have a look around."),
        ),
        ReadyMessage(
            "welcome-popular",
            Phrase(gettext_noop("Welcome: what others like")),
            "email",
            "What others like at {{ shop.name }}",
            letter(
                "What others like",
                "this is what people come back for.",
                "See it in the shop",
                titled(BY_KEY["fits"].source, "What others like"),
            ),
            "What people come back for.",
        ),
    ),
    lately=rule_of(did("Signed Up", window=last(30))),
    needs=(SIGN_UPS,),
)
