"""New arrivals: on the fifth of the month, what is new, what each person likes first; only to those who read."""

from campaigns.personalization.blocks.kinds import BY_KEY
from campaigns.personalization.ready.messages import ReadyMessage
from campaigns.personalization.ready.shell import NAME, button, hero, mail, part, titled
from campaigns.playbooks.base import END, PRODUCTS, STAY, STORE, Playbook, ReadySegment, send
from retention.kit.words import Phrase, gettext_noop
from segments.library import MAY_MAIL, did, either, last, moment, rule_of

_READERS = rule_of(
    MAY_MAIL,
    either(did("Email Link Clicked", window=last(180)), moment("last_order_at", last(180)), moment("created_at", last(90))),
)
NEW_ARRIVALS = Playbook(
    key="new_arrivals",
    aim=STAY,
    icon="sparkles",
    name=Phrase(gettext_noop("New arrivals day")),
    summary=Phrase(gettext_noop("On the fifth of each month, one mail with what is new, for each person what they like first.")),
    definition={
        "trigger": {"kind": "schedule", "every": "month", "day": 5, "at": "10:00", "segment": STORE + "readers"},
        "steps": [send("digest", "arrivals-digest", hours=48), END],
    },
    templates=(
        ReadyMessage(
            "arrivals-digest",
            Phrase(gettext_noop("New arrivals: the digest")),
            "email",
            "New at {{ shop.name }} this month",
            mail(
                hero("JUST IN", "New this month", f"Hello {NAME}, this is new on the shelf, what you like first."),
                part(titled(BY_KEY["newest"].source, "Just arrived"), button("See all that is new")),
            ),
            "What is new, what you like first.",
        ),
    ),
    lately=_READERS,
    needs=(PRODUCTS,),
    segments=(
        ReadySegment(
            "readers",
            Phrase(gettext_noop("Reads our mails")),
            Phrase(gettext_noop("Clicked, ordered or joined lately: gets the new arrivals of the month.")),
            _READERS,
        ),
    ),
)
