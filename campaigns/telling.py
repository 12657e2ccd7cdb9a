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
        "Email Opened": Words("mail", _("Opened an e-mail"), about, tone="good"),
        "Email Link Clicked": Words("click", _("Clicked in an e-mail"), about, tone="good"),
        "SMS Delivered": Words("message-2", _("SMS delivered"), about),
        "SMS Failed": Words("alert-triangle", _("SMS did not arrive"), about, tone="bad"),
        "SMS Link Clicked": Words("click", _("Clicked in an SMS"), about, tone="good"),
        "Push Delivered": Words("bell", _("Push message delivered"), about),
        "Push Failed": Words("alert-triangle", _("Push message did not arrive, the browser is gone"), about, tone="bad"),
        "Push Clicked": Words("click", _("Clicked a push message"), about, tone="good"),
        "On-site Shown": Words("layout-grid", _("Saw a message on the site"), about),
        "On-site Clicked": Words("click", _("Clicked a message on the site"), about, tone="good"),
        "On-site Closed": Words("x", _("Put a message on the site away"), about),
        "Unsubscribed": Words("hand-stop", _("Said no to further messages"), about),
    }
    return titles[event.name]


def tell_reply(event: CustomerEvent) -> Words:
    """Show what a person wrote back."""
    text = event.properties.get("text")
    return Words("message-2", _("Wrote back"), f"“{text[:300]}”" if isinstance(text, str) and text else "")


def tell_answer(event: CustomerEvent) -> Words:
    """Show how somebody answered the question after a delivery."""
    score, note = event.properties.get("score"), event.properties.get("note")
    title = _("Answered how it went: %(score)s of 5") % {"score": score}
    return Words("message-2", title, f"“{note[:300]}”" if isinstance(note, str) and note else "")
