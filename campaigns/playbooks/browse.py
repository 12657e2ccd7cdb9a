"""Browsing left: something was looked at twice and nothing put into the basket; a push an hour later, a mail the next day."""

from campaigns.personalization.blocks.kinds import BY_KEY
from campaigns.personalization.ready.messages import ReadyMessage, letter, short
from campaigns.playbooks.base import COME_BACK, END, ORDERED, VIEWS, Playbook, by_rule, ladder
from retention.kit.words import Phrase, gettext_noop
from segments.library import did, last, orders, rule_of

BROWSE = Playbook(
    key="browse",
    aim=COME_BACK,
    icon="eye",
    name=Phrase(gettext_noop("Looked and left")),
    summary=Phrase(
        gettext_noop("Reminds who looked at something twice and put nothing into the basket. Adding something or ordering ends it.")
    ),
    definition={
        "trigger": {"event": "Product Viewed"},
        "again": {"rule": "after", "days": 14},
        "exits": [{"event": "Product Added"}, {"event": "Checkout Started"}, ORDERED],
        "people": [
            by_rule(rule_of(did("Product Viewed", "at_least", 2, window=last(2)))),
            by_rule(rule_of(did("Product Added", window=last(2))), inside=False),
        ],
        "calm_minutes": 60,
        "steps": [
            {"id": "hour", "kind": "wait", "hours": 1},
            ladder("remind", ("push", "browse-push", 0), ("email", "browse-mail", 20 * 60), most=2),
            END,
        ],
    },
    templates=(
        ReadyMessage(
            "browse-push",
            Phrase(gettext_noop("Looked and left: push")),
            "push",
            "Still on your mind?",
            short("What you looked at is where you left it."),
        ),
        ReadyMessage(
            "browse-mail",
            Phrase(gettext_noop("Looked and left: mail")),
            "email",
            "Is it still on your mind?",
            letter("Is it still on your mind?", "this is what you looked at last.", "Have another look", BY_KEY["products"].source),
            "What you looked at last.",
        ),
    ),
    lately=rule_of(
        did("Product Viewed", "at_least", 2, window=last(30)),
        did("Product Added", "equals", 0, window=last(30)),
        orders("equals", 0, window=last(30)),
    ),
    needs=(VIEWS,),
    rows=("product",),
)
