"""Wishlist: three days after a wish, once for all wishes of a fortnight; with a code if a pool is chosen."""

from campaigns.personalization.blocks.kinds import BY_KEY
from campaigns.personalization.ready.messages import ReadyMessage, letter
from campaigns.personalization.ready.shell import titled
from campaigns.playbooks.base import COME_BACK, END, ORDERED, WISHES, Gift, Playbook, days, send
from retention.kit.words import Phrase, gettext_noop
from segments.library import did, last, rule_of

_SEEN, _CODE = titled(BY_KEY["products"].source, "What you looked at"), BY_KEY["coupon"].source
WISHLIST = Playbook(
    key="wishlist",
    aim=COME_BACK,
    icon="list-check",
    name=Phrase(gettext_noop("Wishlist")),
    summary=Phrase(
        gettext_noop("Three days after somebody wished for something it is brought to mind once. An order or a basket ends it.")
    ),
    definition={
        "trigger": {"event": "Product Added to Wishlist"},
        "again": {"rule": "after", "days": 14},
        "exits": [{"event": "Product Added"}, {"event": "Product Removed from Wishlist"}, ORDERED],
        "steps": [days("days", 3), send("remind", "wishlist-mail", hours=48), END],
    },
    templates=(
        ReadyMessage(
            "wishlist-mail",
            Phrase(gettext_noop("Wishlist: reminder")),
            "email",
            "Your wish is still here",
            letter("Your wish is still here", "you put something on your list. Have another look while it is there.", "To the shop", _SEEN),
            "Have another look.",
        ),
        ReadyMessage(
            "wishlist-gift",
            Phrase(gettext_noop("Wishlist: reminder with a code")),
            "email",
            "Something off your wish",
            letter("Something off your wish", "you put something on your list. This makes it cheaper.", "To the shop", _CODE, _SEEN),
            "A code of your own.",
        ),
    ),
    lately=rule_of(did("Product Added to Wishlist", window=last(30))),
    needs=(WISHES,),
    gifts=(Gift("remind", "wishlist-mail", "wishlist-gift", Phrase(gettext_noop("A code in the reminder"))),),
)
