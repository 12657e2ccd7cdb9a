"""What the home page says about messages and baskets that came back."""

from datetime import datetime, timedelta

from django.db.models import Count, Sum
from django.http import HttpRequest
from django.utils.translation import gettext as _

from campaigns.measurement.statistics import FEWEST_EACH
from campaigns.models import Attribution, Journey, Message
from retention.customers.models import CustomerEvent
from retention.dashboard.figures import write_money, write_number
from retention.dashboard.home_parts import Counter
from retention.orders.models import Cart

_DAYS = timedelta(days=30)


def messages_counter(request: HttpRequest, now: datetime) -> Counter:
    """Count the messages that left in 30 days, and those whose fate is not known."""
    recent = Message.objects.filter(planned_at__gte=now - _DAYS)
    states = dict(recent.values_list("state").annotate(Count("id")))
    sent, unknown = states.get("sent", 0), states.get("unknown", 0)
    if unknown:
        sub = _("in 30 days; of %(count)s we do not know whether they arrived") % {"count": write_number(unknown)}
    elif sent:
        sub = _("in 30 days, none of them twice")
    elif Journey.objects.live().no_shadows().exists():  # cells of the recovery plan are among them
        sub = _("None in 30 days. What is live writes to whoever comes into it.")
    else:
        sub = _("Messages leave once a journey, the recovery plan or a campaign is live.")
    return Counter(label=_("Messages sent"), value=write_number(sent), sub=sub, order=40, zero=not sent)


def came_back_counter(request: HttpRequest, now: datetime) -> Counter:
    """Count the baskets that came back by a message in 30 days, and what they brought in the store's currency."""
    currency = request.store.currency  # type: ignore[attr-defined]
    count = Cart.objects.filter(state=Cart.State.RECOVERED, closed_at__gte=now - _DAYS).count()
    credits = Attribution.objects.filter(credited_at__gte=now - _DAYS, currency=currency)
    total = credits.aggregate(total=Sum("total_minor"))["total"] or 0
    if count or total:
        sub = _("%(amount)s by last click in 30 days, also of those who would have come anyway") % {
            "amount": write_money(total, currency=currency)
        }
    else:
        sub = _("Baskets bought after a click on a reminder.")
    return Counter(label=_("Baskets that came back"), value=write_number(count), sub=sub, order=50, zero=not count)


def complaint_share(*, now: datetime) -> float | None:
    """Return which share of the e-mails of 30 days was called unwanted; None when fewer than a hundred left."""
    sent = Message.objects.filter(channel="email", state="sent", planned_at__gte=now - _DAYS).count()
    if sent < FEWEST_EACH:
        return None
    told = CustomerEvent.objects.filter(
        name="Email Complained", kind="own", customer__isnull=False, refusal="", occurred_at__gte=now - _DAYS
    )
    return told.count() / sent
