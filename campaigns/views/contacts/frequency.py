"""How many messages people really got, who got most, what they said to it, and what to change."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from campaigns.contacts import counting
from campaigns.contacts.adding import MOST, PERIODS
from campaigns.contacts.advice import Advice, advise
from campaigns.sending.budgets import budget_of_store
from campaigns.sending.eligibility import Budget
from campaigns.views.journey_words import CHANNEL_WORDS
from retention.customers.models import Customer
from retention.dashboard.access import allows, needs
from retention.dashboard.figures import write_number, write_share
from retention.kit import clock


@needs("insight.view")
@require_safe
def show_frequency(request: Any) -> HttpResponse:
    """Show how often people were written to in 7 or 30 days, as it was counted last."""
    now = clock.now()
    count = counting.ask(now=now)
    days = 7 if request.GET.get("days") == "7" else 30
    context: dict[str, Any] = {
        "days": days,
        "periods": [{"label": _period(one), "url": f"?days={one}", "current": one == days} for one in PERIODS],
        "counted_at": count.counted_at if count else None,
        "counting": count is None or count.begun_at is not None,
        "may_open": allows(request.role, capability="customers.view"),
    }
    if count is not None and count.figures is not None:
        context |= _figures(count.figures, days, budget_of_store(), may_open=context["may_open"])
    return render(request, "campaigns/contacts/frequency.html", context)


def _figures(figures: dict[str, Any], days: int, budget: Budget, *, may_open: bool) -> dict[str, Any]:
    histogram: dict[str, list[int]] = figures["people"][str(days)]
    everybody = histogram.get("", [])
    people = sum(everybody)
    channels = [key for key in CHANNEL_WORDS if key in histogram]
    most = max((number for number, count in enumerate(everybody) if count), default=0)  # below it nobody is left to show
    advice = advise(figures["noes"], over=figures["over"], written=figures["written"], per_week=budget.together.per_week)
    return {
        "people": people,
        "rows": [_row(number, histogram, channels, people) for number in range(1, most + 1)],
        "channels": [CHANNEL_WORDS[key] for key in channels],
        "over": figures["over"],
        "over_share": figures["over"] / figures["written"] if figures["written"] else 0.0,
        "written": figures["written"],
        "budget": budget.together,
        "lead": _lead(everybody, days),
        "answers": [_answer(number, row) for number, row in enumerate(figures["noes"]) if row[0]],
        "busiest": _busiest(figures["busiest"]) if may_open else [],
        "advice": [_advice_words(one, budget) for one in advice],
    }


def _period(days: int) -> str:
    return ngettext("%(days)s day", "%(days)s days", days) % {"days": days}


def _lead(everybody: list[int], days: int) -> str:
    """Say in a sentence how many most people got: the middle one of all who got anything."""
    people = sum(everybody)
    if not people:
        return ngettext("Nobody got a message in %(days)s day.", "Nobody got a message in %(days)s days.", days) % {"days": days}
    passed, middle = 0, 0
    for number, count in enumerate(everybody):
        passed += count
        if passed * 2 >= people:
            middle = number
            break
    half = ngettext("half of them at most %(count)s message", "half of them at most %(count)s messages", middle) % {"count": middle}
    return _("In %(days)s days %(people)s people got something: %(half)s.") % {
        "days": days,
        "people": write_number(people),
        "half": half,
    }


def _row(number: int, histogram: dict[str, list[int]], channels: list[str], people: int) -> dict[str, Any]:
    count = histogram[""][number]
    return {
        "name": _messages(number),
        "count": count,
        "share": count / people,
        "width": count / max(histogram[""]),
        "channels": [(CHANNEL_WORDS[key], histogram[key][number]) for key in channels],
    }


def _messages(number: int) -> str:
    if number == MOST:
        return _("%(count)s messages or more") % {"count": number}
    return ngettext("%(count)s message", "%(count)s messages", number) % {"count": number}


def _answer(number: int, row: list[int]) -> dict[str, Any]:
    """Return how people who got so many messages took it; shares only where enough were asked."""
    people, noes, complaints = row
    enough = people >= 100
    return {
        "name": _messages(number),
        "people": people,
        "noes": noes,
        "noes_share": noes / people if enough else None,
        "complaints": complaints,
        "complaints_share": complaints / people if enough else None,
    }


def _busiest(rows: list[list[int]]) -> list[dict[str, Any]]:
    """Return who got most, as far as they are still there."""
    found = Customer.objects.in_bulk([customer_id for *_counts, customer_id in rows])
    return [{"customer": found[customer_id], "month": month, "week": week} for month, week, customer_id in rows if customer_id in found]


def _advice_words(advice: Advice, budget: Budget) -> str:
    """Say what to change and why."""
    values = {
        "count": write_number(advice.count),
        "from": advice.messages,
        "high": write_share(advice.high),
        "low": write_share(advice.low),
        "day": budget.together.per_day,
        "week": budget.together.per_week,
        "fewer": max(1, advice.messages - 1),
    }
    words = {
        "over": _(
            "People who had more than the budget of %(day)s in 24 hours and %(week)s in 7 days: %(count)s. New messages keep it; these "
            "left before it was lowered, or while what a service had taken was not known."
        ),
        "tired": _(
            "Of people with %(from)s messages or more in 30 days %(high)s said no or complained, of those with fewer %(low)s. Lower the "
            "budget, or let fewer journeys want the same people."
        ),
        "calm": _(
            "People with %(from)s messages or more in 30 days did not say no more often (%(high)s) than those with fewer (%(low)s). "
            "The budget may stay."
        ),
        "early": _("Too few people to say whether more messages make more of them say no. Nothing needs to change yet."),
    }
    return words[advice.code] % values
