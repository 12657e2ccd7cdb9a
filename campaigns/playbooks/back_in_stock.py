"""Back in stock: what somebody wanted and could not have is there again; at once, by the first channel that reaches them."""

from campaigns.personalization.ready.messages import ReadyMessage, letter, short
from campaigns.personalization.ready.shell import text
from campaigns.playbooks.base import COME_BACK, END, ORDERED, STOCK, Playbook, first_that_reaches
from retention.kit.words import Phrase, gettext_noop
from segments.library import did, last, rule_of

_PAGE = "{{ event.url | default: shop.web_address }}"
BACK_IN_STOCK = Playbook(
    key="back_in_stock",
    aim=COME_BACK,
    icon="truck-delivery",
    name=Phrase(gettext_noop("Wanted, and back again")),
    summary=Phrase(
        gettext_noop("Tells who looked at something, wished for it or had it in the basket as soon as it is back. At once, and once.")
    ),
    definition={
        "trigger": {"kind": "product", "what": "back_in_stock", "within_days": 30},
        "again": {"rule": "after", "days": 14},
        "exits": [ORDERED],
        "steps": [
            first_that_reaches("tell", ("push", "back-push"), ("sms", "back-sms"), ("email", "back-mail")),
            END,
        ],
    },
    templates=(
        ReadyMessage(
            "back-push",
            Phrase(gettext_noop("Back again: push")),
            "push",
            "It is back",
            short("{{ event.name }} can be bought again.", _PAGE),
        ),
        ReadyMessage(
            "back-sms",
            Phrase(gettext_noop("Back again: SMS")),
            "sms",
            "",
            "{{ shop.name }}: {{ event.name }} can be bought again. " + _PAGE,
        ),
        ReadyMessage(
            "back-mail",
            Phrase(gettext_noop("Back again: mail")),
            "email",
            "{{ event.name }} is back",
            letter(
                "It is back",
                "{{ event.name }} can be bought again.",
                "Get it now",
                text("It went quickly last time. We cannot keep one for you, but we wanted you to know early."),
                href=_PAGE,
            ),
            "Back on the shelf, as long as it lasts.",
        ),
    ),
    lately=rule_of(did("Product Viewed", window=last(30))),
    needs=(STOCK,),
    rows=("gone",),
    says=(
        Phrase(
            gettext_noop(
                "It is for those among them who cared about the very thing that comes back; how many that is depends on what it is."
            )
        ),
    ),
)
