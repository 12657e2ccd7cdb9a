"""What the home page says about people and arriving events."""

from datetime import datetime, timedelta

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from retention.customers.models import Customer, CustomerEvent
from retention.dashboard.figures import write_number
from retention.dashboard.home_parts import Counter, Step


def customers_counter(request: HttpRequest, now: datetime) -> Counter:
    """Count the people we know by address, and the new ones of a week."""
    known = Customer.objects.known()
    count, fresh = known.count(), known.filter(created_at__gte=now - timedelta(days=7)).count()
    sub = ngettext("%(count)s new in 7 days", "%(count)s new in 7 days", fresh) % {"count": write_number(fresh)}
    return Counter(_("Customers"), write_number(count), sub if count else _("Nobody told us a name yet"), order=10, zero=not count)


def arrived_counter(request: HttpRequest, now: datetime) -> Counter:
    """Count what storefronts sent in a day."""
    recent = CustomerEvent.objects.exclude(kind="own").filter(received_at__gte=now - timedelta(days=1))
    count, refused = recent.count(), recent.exclude(refusal="").count()
    sub = ngettext("%(count)s not counted", "%(count)s not counted", refused) % {"count": write_number(refused)}
    quiet = _("Nothing heard in 24 hours")
    return Counter(
        _("Events arrived today"),
        write_number(count),
        (sub if refused else _("All of them counted")) if count else quiet,
        order=40,
        zero=not count,
        url=_arriving(request) if refused else "",
    )


def first_event_step(request: HttpRequest, now: datetime) -> Step:
    """Ask for the first event of a new store."""
    heard = CustomerEvent.objects.exclude(kind="own").exists()
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
