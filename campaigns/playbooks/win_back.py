"""Win-back: four months after somebody's last order; a question first, a reason to come back a week later."""

from campaigns.personalization.blocks.kinds import BY_KEY
from campaigns.personalization.ready import READY_MAILS
from campaigns.personalization.ready.messages import ReadyMessage, letter
from campaigns.personalization.ready.shell import text
from campaigns.playbooks.base import END, ORDERED, ORDERS, STAY, STORE, Gift, Playbook, ReadySegment, days, send
from retention.kit.words import Phrase, gettext_noop
from segments.library import ago, figure, last, moment, rule_of

_BACK, _FITS, _CODE = READY_MAILS["win_back"], BY_KEY["fits"].source, BY_KEY["coupon"].source
WIN_BACK = Playbook(
    key="win_back",
    aim=STAY,
    icon="history",
    name=Phrase(gettext_noop("Win-back")),
    summary=Phrase(
        gettext_noop("Asks who has not ordered for four months what was missing, and gives a reason to come back a week later.")
    ),
    definition={
        "trigger": {"kind": "segment", "segment": STORE + "lapsed", "move": "entered"},
        "again": {"rule": "after", "days": 180},
        "exits": [ORDERED],
        "steps": [
            send("ask", "win-back-ask", hours=48),
            days("week", 7),
            send("back", "win-back-mail", hours=48),
            END,
        ],
    },
    templates=(
        ReadyMessage(
            "win-back-ask",
            Phrase(gettext_noop("Win-back: the question")),
            "email",
            "What was missing?",
            letter(
                "What was missing?",
                "it has been a while. We would rather know why than send you one more offer.",
                "To the shop",
                text("One line is enough: answer this mail, and a person reads it."),
            ),
            "One line is enough.",
        ),
        ReadyMessage("win-back-mail", Phrase(gettext_noop("Win-back: mail")), "email", _BACK.subject, _BACK.source, _BACK.preheader),
        ReadyMessage(
            "win-back-gift",
            Phrase(gettext_noop("Win-back: mail with a code")),
            "email",
            "A reason to come back",
            letter("A reason to come back", "it has been a while. This is for your next order.", "Use it now", _CODE, _FITS),
            "A code of your own.",
        ),
    ),
    lately=rule_of(figure("orders", "at_least", 1), moment("last_order_at", ago(120)), moment("last_order_at", last(150))),
    needs=(ORDERS,),
    segments=(
        ReadySegment(
            "lapsed",
            Phrase(gettext_noop("Quiet for four months")),
            Phrase(gettext_noop("The win-back journey writes to who comes in.")),
            rule_of(figure("orders", "at_least", 1), moment("last_order_at", ago(120)), moment("last_order_at", last(365))),
        ),
    ),
    gifts=(Gift("back", "win-back-mail", "win-back-gift", Phrase(gettext_noop("A code in the second mail"))),),
)
