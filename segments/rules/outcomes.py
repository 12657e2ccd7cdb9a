"""What becomes of messages, by channel: the event that says so, and how a sentence says it. A new outcome is one entry."""

from typing import NamedTuple

from retention.kit.words import gettext_noop


class Outcome(NamedTuple):
    """One thing that becomes of messages. event: its name on the timeline; any, none, one, many: how a sentence says it."""

    event: str
    label: str
    any: str
    none: str
    one: str
    many: str


OUTCOMES: dict[str, Outcome] = {
    "clicked": Outcome(
        "Email Link Clicked", gettext_noop("e-mail: clicked in"), gettext_noop("clicked in an e-mail%(which)s%(when)s"),
        gettext_noop("did not click in an e-mail%(which)s%(when)s"), gettext_noop("clicked %(times)s time in e-mails%(which)s%(when)s"),
        gettext_noop("clicked %(times)s times in e-mails%(which)s%(when)s"),
    ),
    "opened": Outcome(
        "Email Opened", gettext_noop("e-mail: opened"), gettext_noop("opened an e-mail%(which)s%(when)s"),
        gettext_noop("did not open an e-mail%(which)s%(when)s"), gettext_noop("opened %(times)s e-mail%(which)s%(when)s"),
        gettext_noop("opened %(times)s e-mails%(which)s%(when)s"),
    ),
    "delivered": Outcome(
        "Email Delivered", gettext_noop("e-mail: delivered"), gettext_noop("got an e-mail%(which)s%(when)s"),
        gettext_noop("got no e-mail%(which)s%(when)s"), gettext_noop("got %(times)s e-mail%(which)s%(when)s"),
        gettext_noop("got %(times)s e-mails%(which)s%(when)s"),
    ),
    "bounced": Outcome(
        "Email Bounced", gettext_noop("e-mail: came back"), gettext_noop("have an address from which an e-mail%(which)s came back%(when)s"),
        gettext_noop("have no address from which an e-mail%(which)s came back%(when)s"),
        gettext_noop("have an address from which %(times)s e-mail%(which)s came back%(when)s"),
        gettext_noop("have an address from which %(times)s e-mails%(which)s came back%(when)s"),
    ),
    "complained": Outcome(
        "Email Complained", gettext_noop("e-mail: called unwanted"), gettext_noop("called an e-mail%(which)s unwanted%(when)s"),
        gettext_noop("called no e-mail%(which)s unwanted%(when)s"), gettext_noop("called %(times)s e-mail%(which)s unwanted%(when)s"),
        gettext_noop("called %(times)s e-mails%(which)s unwanted%(when)s"),
    ),
    "unsubscribed": Outcome(
        "Unsubscribed", gettext_noop("any: answered with a no"), gettext_noop("said no to further messages%(which)s%(when)s"),
        gettext_noop("did not say no to further messages%(which)s%(when)s"),
        gettext_noop("said no to further messages%(which)s %(times)s time%(when)s"),
        gettext_noop("said no to further messages%(which)s %(times)s times%(when)s"),
    ),
    "sms_clicked": Outcome(
        "SMS Link Clicked", gettext_noop("SMS: clicked in"), gettext_noop("clicked in an SMS%(which)s%(when)s"),
        gettext_noop("did not click in an SMS%(which)s%(when)s"), gettext_noop("clicked %(times)s time in SMS%(which)s%(when)s"),
        gettext_noop("clicked %(times)s times in SMS%(which)s%(when)s"),
    ),
    "sms_delivered": Outcome(
        "SMS Delivered", gettext_noop("SMS: delivered"), gettext_noop("got an SMS%(which)s%(when)s"),
        gettext_noop("got no SMS%(which)s%(when)s"), gettext_noop("got %(times)s SMS%(which)s%(when)s"),
        gettext_noop("got %(times)s SMS%(which)s%(when)s"),
    ),
    "sms_failed": Outcome(
        "SMS Failed", gettext_noop("SMS: did not arrive"), gettext_noop("have a number at which an SMS%(which)s did not arrive%(when)s"),
        gettext_noop("have no number at which an SMS%(which)s did not arrive%(when)s"),
        gettext_noop("have a number at which %(times)s SMS%(which)s did not arrive%(when)s"),
        gettext_noop("have a number at which %(times)s SMS%(which)s did not arrive%(when)s"),
    ),
    "push_clicked": Outcome(
        "Push Clicked", gettext_noop("push: clicked"), gettext_noop("clicked a push message%(which)s%(when)s"),
        gettext_noop("clicked no push message%(which)s%(when)s"), gettext_noop("clicked %(times)s push message%(which)s%(when)s"),
        gettext_noop("clicked %(times)s push messages%(which)s%(when)s"),
    ),
    "push_delivered": Outcome(
        "Push Delivered", gettext_noop("push: delivered"), gettext_noop("got a push message%(which)s%(when)s"),
        gettext_noop("got no push message%(which)s%(when)s"), gettext_noop("got %(times)s push message%(which)s%(when)s"),
        gettext_noop("got %(times)s push messages%(which)s%(when)s"),
    ),
    "onsite_shown": Outcome(
        "On-site Shown", gettext_noop("on the site: seen"), gettext_noop("saw a message on the site%(which)s%(when)s"),
        gettext_noop("saw no message on the site%(which)s%(when)s"), gettext_noop("saw %(times)s message on the site%(which)s%(when)s"),
        gettext_noop("saw %(times)s messages on the site%(which)s%(when)s"),
    ),
    "onsite_clicked": Outcome(
        "On-site Clicked", gettext_noop("on the site: clicked"), gettext_noop("clicked a message on the site%(which)s%(when)s"),
        gettext_noop("clicked no message on the site%(which)s%(when)s"),
        gettext_noop("clicked %(times)s message on the site%(which)s%(when)s"),
        gettext_noop("clicked %(times)s messages on the site%(which)s%(when)s"),
    ),
    "onsite_closed": Outcome(
        "On-site Closed", gettext_noop("on the site: put away"), gettext_noop("put a message on the site%(which)s away%(when)s"),
        gettext_noop("put no message on the site%(which)s away%(when)s"),
        gettext_noop("put %(times)s message on the site%(which)s away%(when)s"),
        gettext_noop("put %(times)s messages on the site%(which)s away%(when)s"),
    ),
}  # fmt: skip
