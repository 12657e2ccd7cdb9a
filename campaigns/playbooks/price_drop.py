"""Price drop: what somebody cared about costs at least a tenth less; one message, by push or by mail."""

from campaigns.personalization.ready.messages import ReadyMessage, letter, short
from campaigns.personalization.ready.shell import text
from campaigns.playbooks.base import COME_BACK, END, ORDERED, PRODUCTS, Playbook, first_that_reaches
from retention.kit.words import Phrase, gettext_noop
from segments.library import did, last, rule_of

_PAGE = "{{ event.url | default: shop.web_address }}"
PRICE_DROP = Playbook(
    key="price_drop",
    aim=COME_BACK,
    icon="trending-down",
    name=Phrase(gettext_noop("It costs less now")),
    summary=Phrase(
        gettext_noop("Tells who looked at something, wished for it or had it in the basket when its price falls by a tenth or more.")
    ),
    definition={
        "trigger": {"kind": "product", "what": "price_drop", "percent": 10, "within_days": 30},
        "again": {"rule": "after", "days": 30},
        "exits": [ORDERED],
        "steps": [first_that_reaches("tell", ("push", "drop-push"), ("email", "drop-mail")), END],
    },
    templates=(
        ReadyMessage(
            "drop-push",
            Phrase(gettext_noop("Costs less: push")),
            "push",
            "It costs less now",
            short("{{ event.name }} costs less now.", _PAGE),
        ),
        ReadyMessage(
            "drop-mail",
            Phrase(gettext_noop("Costs less: mail")),
            "email",
            "{{ event.name }} costs less now",
            letter(
                "The price went down",
                "{{ event.name }} costs less now.",
                "See the new price",
                text("Prices are as of now; the shop always has the last word."),
                href=_PAGE,
            ),
            "The price went down.",
        ),
    ),
    lately=rule_of(did("Product Viewed", window=last(30))),
    needs=(PRODUCTS,),
    says=(
        Phrase(
            gettext_noop(
                "It is for those among them who cared about the very thing that costs less; how many that is depends on what it is."
            )
        ),
    ),
)
