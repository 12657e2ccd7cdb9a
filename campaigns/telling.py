"""How the messages of the campaigns floor read on a customer's timeline."""

from django.utils.translation import gettext as _

from retention.customers.models import CustomerEvent
from retention.customers.panels import Words


def tell_message(event: CustomerEvent) -> Words:
    """Put what became of a message into words."""
    subject = event.properties.get("subject")
    about = f"“{subject[:200]}”" if isinstance(subject, str) and subject else ""
    titles = {
        "Email Delivered": Words("mail", _("E-mail delivered"), about),
        "Email Bounced": Words("alert-triangle", _("E-mail came back, the address does not exist"), about, tone="bad"),
        "Email Complained": Words("alert-triangle", _("Called an e-mail unwanted"), about, tone="bad"),
        "Email Link Clicked": Words("click", _("Clicked in an e-mail"), about, tone="good"),
        "Unsubscribed": Words("hand-stop", _("Said no to further messages"), about),
    }
    return titles[event.name]
