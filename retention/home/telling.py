"""The one sentence on top of the home page, and what happened since yesterday: counts in whole sentences.

What a message brought in by last click is never the headline: some of these baskets would have come back by themselves.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.models import Message
from retention.customers.models import Customer, CustomerEvent
from retention.dashboard.figures import write_money, write_number
from retention.orders.models import Cart, Order
from retention.orders.revenue import sales_by_day
from retention.orders.telling import COUNTS

MONTH = timedelta(days=30)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class News:
    """One line of what happened since yesterday."""

    icon: str
    title: str
    text: str
    tone: str = ""


def first_name(name: str) -> str:
    """Return the first word of a name, or what there is."""
    return name.split()[0] if name.split() else name


def greeting(moment: datetime, *, name: str) -> str:
    """Greet by the time of day where the store is. moment: in the store's zone."""
    words = (
        _("Good morning, %(name)s")
        if moment.hour < 12
        else _("Good afternoon, %(name)s")
        if moment.hour < 18
        else _("Good evening, %(name)s")
    )
    return words % {"name": first_name(name)}


def sentence(store: Any, *, now: datetime) -> str:
    """Say in one sentence how the last 30 days were, beginning with what matters most of what there is."""
    since = now - MONTH
    back = Cart.objects.filter(state=Cart.State.RECOVERED, closed_at__gte=since).count()
    if back:
        words = ngettext(
            "%(count)s basket came back after a message in the last 30 days.",
            "%(count)s baskets came back after a message in the last 30 days.",
            back,
        )
        return words % {"count": write_number(back)}
    sent = Message.objects.filter(planned_at__gte=since, state=Message.State.SENT).count()
    if sent:
        words = ngettext(
            "%(count)s message left in the last 30 days; no basket has come back yet.",
            "%(count)s messages left in the last 30 days; no basket has come back yet.",
            sent,
        )
        return words % {"count": write_number(sent)}
    days = sales_by_day(currency=store.currency, zone=store.timezone, now=now)  # as the card and the chart below count them
    orders = sum(day.orders for day in days)
    if orders:
        words = ngettext(
            "%(count)s order in the last 30 days; no message has left yet.",
            "%(count)s orders in the last 30 days; no message has left yet.",
            orders,
        )
        return words % {"count": write_number(orders)}
    known = Customer.objects.known().count()
    if known:
        return ngettext("You know %(count)s customer by name.", "You know %(count)s customers by name.", known) % {
            "count": write_number(known)
        }
    return _("Nothing has happened yet. Your shop is quiet, or not connected.")


def caution(*, now: datetime) -> str:
    """Say what the sentence does not prove, when it speaks of baskets that came back; else nothing."""
    if not Cart.objects.filter(state=Cart.State.RECOVERED, closed_at__gte=now - MONTH).exists():
        return ""
    return _("Some of them would have come back by themselves. We do not know yet how many: that takes a group that gets nothing.")


def since_yesterday(request: Any, *, now: datetime) -> list[News]:
    """Return what happened in the last 24 hours, most telling first; nothing that did not happen."""
    since = now - DAY
    return [
        news
        for news in (_came_back(request, since), _ordered(request, since), _sent(since), _met(since), _refused(since))
        if news is not None
    ]


def _came_back(request: Any, since: datetime) -> News | None:
    currency = request.store.currency
    found = Cart.objects.filter(state=Cart.State.RECOVERED, closed_at__gte=since, currency=currency).aggregate(
        n=Count("id"), worth=Sum("total_minor")
    )
    if not found["n"]:
        return None
    words = ngettext("%(count)s basket came back", "%(count)s baskets came back", found["n"]) % {"count": write_number(found["n"])}
    return News(
        "arrow-back-up", words, _("worth %(amount)s") % {"amount": write_money(found["worth"] or 0, currency=currency, cents=True)}, "good"
    )


def _ordered(request: Any, since: datetime) -> News | None:
    currency = request.store.currency
    found = Order.objects.filter(COUNTS, placed_at__gte=since, currency=currency).aggregate(n=Count("id"), worth=Sum("total_minor"))
    if not found["n"]:
        return None
    words = ngettext("%(count)s order", "%(count)s orders", found["n"]) % {"count": write_number(found["n"])}
    return News("package", words, _("for %(amount)s") % {"amount": write_money(found["worth"] or 0, currency=currency, cents=True)})


def _sent(since: datetime) -> News | None:
    states = dict(Message.objects.filter(planned_at__gte=since).values_list("state").annotate(Count("id")))
    sent, held = states.get("sent", 0), states.get("suppressed", 0) + states.get("skipped", 0)
    if not sent and not held:
        return None
    words = ngettext("%(count)s message left", "%(count)s messages left", sent) % {"count": write_number(sent)}
    return News("send", words, _("%(count)s held back") % {"count": write_number(held)})


def _met(since: datetime) -> News | None:
    count = Customer.objects.known().filter(created_at__gte=since).count()
    if not count:
        return None
    words = ngettext("%(count)s new customer", "%(count)s new customers", count) % {"count": write_number(count)}
    return News("users", words, _("people whose address you did not know before"))


def _refused(since: datetime) -> News | None:
    count = CustomerEvent.objects.filter(received_at__gte=since).exclude(refusal="").count()
    if not count:
        return None
    words = ngettext("%(count)s event was not counted", "%(count)s events were not counted", count) % {"count": write_number(count)}
    return News("alert-triangle", words, _("The reason stands beside each under What is arriving."), "warn")
