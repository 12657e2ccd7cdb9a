"""A gift a month after an order: more for larger orders, by two bands of what orders come to in this shop."""

from campaigns.personalization.blocks.kinds import BY_KEY
from campaigns.personalization.ready.messages import ReadyMessage, letter
from campaigns.personalization.ready.shell import text
from campaigns.playbooks.base import AFTER, COSTS, END, ORDERS, RETURNED, STORE, Gift, Playbook, by_rule, days, send
from retention.kit.words import Phrase, gettext_noop
from segments.library import last, orders, rule_of

_CODE = BY_KEY["coupon"].source


def _spent(least: str) -> list[dict[str, object]]:
    return [by_rule(rule_of(orders("at_least", STORE + least, measure="sum", window=last(45))))]


def _thanks(key: str, name: str) -> ReadyMessage:
    more = text("Nothing to order today? Then just keep it in mind: we are glad you are here.")
    words = letter("A month with you", "a month ago you ordered from us. Thank you.", "To the shop", more)
    return ReadyMessage(key, Phrase(name), "email", "A month with you", words, "Thank you.")


def _present(key: str, name: str) -> ReadyMessage:
    words = letter("A small present", "a month ago you ordered from us. This is for you, with thanks.", "Choose something", _CODE)
    return ReadyMessage(key, Phrase(name), "email", "A small present for you", words, "With thanks.")


GIFT = Playbook(
    key="gift",
    aim=AFTER,
    icon="ticket",
    name=Phrase(gettext_noop("A present later on")),
    summary=Phrase(
        gettext_noop("A month after an order, thanks with a present: a larger one for the largest third of orders, none for the smallest.")
    ),
    definition={
        "trigger": {"event": "Order Completed"},
        "again": {"rule": "after", "days": 90},
        "exits": [RETURNED | {"key": ""}],
        "steps": [
            days("month", 30),
            {
                "id": "band",
                "kind": "branch",
                "paths": [
                    {"name": "Large orders", "people": _spent("band_high"), "go": "large"},
                    {"name": "Middle orders", "people": _spent("band_low"), "go": "middle"},
                ],
                "then": "end",
            },
            {**send("large", "gift-large-thanks", hours=72), "then": "end"},
            send("middle", "gift-middle-thanks", hours=72),
            END,
        ],
    },
    templates=(
        _thanks("gift-large-thanks", gettext_noop("A month later: thanks, large orders")),
        _present("gift-large", gettext_noop("A month later: present, large orders")),
        _thanks("gift-middle-thanks", gettext_noop("A month later: thanks, middle orders")),
        _present("gift-middle", gettext_noop("A month later: present, middle orders")),
    ),
    lately=rule_of(orders("at_least", 1, window=last(30))),
    needs=(ORDERS, COSTS),
    gifts=(
        Gift("large", "gift-large-thanks", "gift-large", Phrase(gettext_noop("Present for large orders"))),
        Gift("middle", "gift-middle-thanks", "gift-middle", Phrase(gettext_noop("Present for middle orders"))),
    ),
    says=(Phrase(gettext_noop("Without a pool the mails go out as thanks, without a present.")),),
)
