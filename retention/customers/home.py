"""What the home page says about people and arriving events."""

from datetime import datetime, timedelta

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from retention.customers.models import Customer, CustomerEvent
from retention.customers.totals import Counted, count_arrived, count_new, count_up_to, store_totals
from retention.dashboard.figures import write_number
from retention.dashboard.home_parts import Counter, Step


def customers_counter(request: HttpRequest, now: datetime) -> Counter:
    """Count the people we know by address, and the new ones of a week; bounded, for every open page asks again every 15 seconds."""
    totals = store_totals(now=now)
    known = Counted(totals.known) if totals else count_up_to(Customer.objects.known())
    fresh = count_new(since=now - timedelta(days=7))
    sub = ngettext("%(count)s new in 7 days", "%(count)s new in 7 days", fresh.number) % {"count": _figure(fresh)}
    return Counter(_("Customers"), _figure(known), sub if known.number else _("Nobody told us a name yet"), order=10, zero=not known.number)


def arrived_counter(request: HttpRequest, now: datetime) -> Counter:
    """Count what storefronts sent in a day; of more than `MOST` it says so."""
    found = count_arrived(since=now - timedelta(days=1))
    sub = ngettext("%(count)s not counted", "%(count)s not counted", found.refused) % {"count": write_number(found.refused)}
    quiet = _("Nothing heard in 24 hours")
    return Counter(
        _("Events arrived today"),
        _figure(Counted(found.number, found.more)),
        (sub if found.refused else _("All of them counted")) if found.number else quiet,
        order=40,
        zero=not found.number,
        url=_arriving(request) if found.refused else "",
    )


def _figure(counted: Counted) -> str:
    number = write_number(counted.number)
    return _("%(count)s+") % {"count": number} if counted.more else number


def first_event_step(request: HttpRequest, now: datetime) -> Step:
    """Ask for the first event of a new store."""
    heard = CustomerEvent.objects.told().exists()
    return Step(
        _("Connect your shop"),
        _("Paste one line into your shop's pages. We show the first visitor the moment they arrive."),
        done=heard,
        button=_("See what is arriving"),
        url=_arriving(request),
        done_text=_("Your shop is heard."),
        template="home/_connect.html",
        minutes=5,
    )


def _arriving(request: HttpRequest) -> str:
    return reverse("customers:arriving", kwargs={"store_slug": request.store.slug})  # type: ignore[attr-defined]
