"""Category left: lists were looked through and nothing in them was opened; one message, by push or by mail."""

from campaigns.personalization.blocks.kinds import BY_KEY
from campaigns.personalization.ready.messages import ReadyMessage, letter, short
from campaigns.personalization.ready.shell import titled
from campaigns.playbooks.base import COME_BACK, END, LISTS, ORDERED, Playbook, by_rule, first_that_reaches
from retention.kit.words import Phrase, gettext_noop
from segments.library import did, last, rule_of

_MANY_LISTS = did("Product List Viewed", "at_least", 3, window=last(2))
CATEGORY = Playbook(
    key="category",
    aim=COME_BACK,
    icon="layout-grid",
    name=Phrase(gettext_noop("Looked through lists, opened nothing")),
    summary=Phrase(
        gettext_noop("Helps who looked through three lists and opened nothing. One message only; opening a product or ordering ends it.")
    ),
    definition={
        "trigger": {"event": "Product List Viewed"},
        "again": {"rule": "after", "days": 14},
        "exits": [{"event": "Product Viewed"}, {"event": "Product Added"}, ORDERED],
        "people": [by_rule(rule_of(_MANY_LISTS)), by_rule(rule_of(did("Product Viewed", window=last(2))), inside=False)],
        "calm_minutes": 60,
        "steps": [
            {"id": "hours", "kind": "wait", "hours": 2},
            first_that_reaches("help", ("push", "category-push"), ("email", "category-mail")),
            END,
        ],
    },
    templates=(
        ReadyMessage(
            "category-push",
            Phrase(gettext_noop("Lists looked through: push")),
            "push",
            "Not found yet?",
            short("Tell us what you are looking for, and we help."),
        ),
        ReadyMessage(
            "category-mail",
            Phrase(gettext_noop("Lists looked through: mail")),
            "email",
            "Did you find what you were looking for?",
            letter(
                "Did you find it?",
                "you looked around and opened nothing. Answer this mail with what you are looking for, and a person helps.",
                "Look again",
                titled(BY_KEY["fits"].source, "What others chose"),
            ),
            "Tell us, and a person helps.",
        ),
    ),
    lately=rule_of(did("Product List Viewed", "at_least", 3, window=last(30)), did("Product Viewed", "equals", 0, window=last(30))),
    needs=(LISTS,),
    rows=("list",),
)
