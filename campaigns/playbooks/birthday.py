"""Birthday: at nine on the day where they live, by mail or by SMS; with a code if a pool is chosen."""

from campaigns.personalization.blocks.kinds import BY_KEY
from campaigns.personalization.ready import READY_MAILS
from campaigns.personalization.ready.messages import ReadyMessage
from campaigns.personalization.ready.shell import NAME, button, festive, mail, part
from campaigns.playbooks.base import BIRTHDAYS, END, STAY, Gift, Playbook, first_that_reaches
from retention.kit.words import Phrase, gettext_noop
from segments.library import rule_of

_DAY = READY_MAILS["birthday"]
BIRTHDAY = Playbook(
    key="birthday",
    aim=STAY,
    icon="cake",
    name=Phrase(gettext_noop("Birthday")),
    summary=Phrase(gettext_noop("Congratulates at nine in the morning of the day, where each person lives. Each year again.")),
    definition={
        "trigger": {"kind": "date", "date": "birthday", "at": "09:00"},
        "steps": [first_that_reaches("greet", ("email", "birthday-mail"), ("sms", "birthday-sms"), hours=12), END],
    },
    templates=(
        ReadyMessage("birthday-mail", Phrase(gettext_noop("Birthday: mail")), "email", _DAY.subject, _DAY.source, _DAY.preheader),
        ReadyMessage(
            "birthday-gift",
            Phrase(gettext_noop("Birthday: mail with a code")),
            "email",
            _DAY.subject,
            mail(
                festive("🎂", f"Happy birthday, {NAME}", "All of us wish you a good year, and have something for you."),
                part(BY_KEY["coupon"].source, button("Choose something")),
            ),
            "Something of your own.",
        ),
        ReadyMessage(
            "birthday-sms",
            Phrase(gettext_noop("Birthday: SMS")),
            "sms",
            "",
            "Happy birthday{% if profile.first_name != blank %}, {{ profile.first_name }}{% endif %}, from all of us at {{ shop.name }}.",
        ),
    ),
    lately=rule_of({"is": "birthday", "op": "last", "count": 30}),
    needs=(BIRTHDAYS,),
    gifts=(Gift("greet", "birthday-mail", "birthday-gift", Phrase(gettext_noop("A code as a present"))),),
)
