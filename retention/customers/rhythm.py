"""How often somebody buys, and what is different now: the sentence a customer's page opens with. No database here."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from retention.customers.models import Customer
from retention.dashboard.figures import write_number

_LATE, _EARLY = 1.25, 0.5  # of the usual gap: later is late, sooner is early
_A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Rhythm:
    """The usual gap between two orders, and the time since the last, in days."""

    gap_days: int
    since_days: int

    @property
    def late_days(self) -> int:
        """Return how many days past the usual gap the person is; 0 while it is not striking."""
        return self.since_days - self.gap_days if self.since_days > self.gap_days * _LATE else 0


def rhythm_of(customer: Customer, *, now: datetime) -> Rhythm | None:
    """Return somebody's rhythm, or None with fewer than two orders or all of them on one day."""
    first, last = customer.first_order_at, customer.last_order_at
    if first is None or last is None or customer.orders_count < 2 or last - first < _A_DAY:
        return None
    gap = (last - first) / (customer.orders_count - 1)
    return Rhythm(max(1, round(gap / _A_DAY)), max(0, (now - last) // _A_DAY))


def lead_sentences(customer: Customer, *, now: datetime) -> list[str]:
    """Return the sentences about somebody's rhythm and what is different now."""
    first, last = customer.first_order_at, customer.last_order_at
    if first is None or last is None:
        return [_heard_of(customer)]
    month = formats.date_format(timezone.localtime(first), "F Y")
    count = {"count": write_number(customer.orders_count), "month": month}
    rhythm = rhythm_of(customer, now=now)
    if rhythm is None:
        return [
            ngettext("%(count)s order, in %(month)s.", "%(count)s orders since %(month)s.", customer.orders_count) % count,
            _since(last, now=now),
        ]
    every = ngettext(
        "%(count)s orders since %(month)s, about one every day.",
        "%(count)s orders since %(month)s, about one every %(gap)s days.",
        rhythm.gap_days,
    )
    return [every % (count | {"gap": write_number(rhythm.gap_days)}), _now(rhythm)]


def _heard_of(customer: Customer) -> str:
    day = formats.date_format(timezone.localtime(customer.created_at), "j F Y")
    return _("First heard of on %(day)s. No order yet.") % {"day": day}


def _since(last: datetime, *, now: datetime) -> str:
    days = max(0, (now - last) // _A_DAY)
    return (
        ngettext("That was %(days)s day ago.", "That was %(days)s days ago.", days) % {"days": write_number(days)}
        if days
        else _("That was today.")
    )


def _now(rhythm: Rhythm) -> str:
    since = {"days": write_number(rhythm.since_days), "late": write_number(rhythm.late_days)}
    if rhythm.late_days:
        late = ngettext("%(late)s day late this time", "%(late)s days late this time", rhythm.late_days) % since
        return _("%(late)s: the last order is %(days)s days ago.") % {"late": late, "days": since["days"]}
    if rhythm.since_days <= rhythm.gap_days * _EARLY:
        return (
            ngettext(
                "The next one is not due yet: the last was %(days)s day ago.",
                "The next one is not due yet: the last was %(days)s days ago.",
                rhythm.since_days,
            )
            % since
        )
    return (
        ngettext(
            "The next one is due about now: the last was %(days)s day ago.",
            "The next one is due about now: the last was %(days)s days ago.",
            rhythm.since_days,
        )
        % since
    )
