"""The message calendar: what left, what is planned and to be expected, day by day, and who would get two at once."""

from datetime import date, timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from campaigns.contacts import counting
from campaigns.contacts.days import Day, Planned, days_of
from campaigns.sending.budgets import budget_of_store
from campaigns.sending.pacing import zone_of
from campaigns.views.broadcasts.showing import badge_of, word_of
from campaigns.views.journey_words import CHANNEL_ICONS, CHANNEL_WORDS
from retention.dashboard.access import may, needs
from retention.kit import clock

FARTHEST = timedelta(days=400)
"""So far from today one may turn the pages."""


@needs("messages.view")
@require_safe
def show_calendar(request: Any) -> HttpResponse:
    """Show a month or a week of messages."""
    store, now = request.store, clock.now()
    today = now.astimezone(zone_of(store.zone)).date()
    week = request.GET.get("by") == "week"
    at = _asked_for(request.GET.get("day", ""), today)
    first, last = _week(at) if week else _month(at)
    count = counting.ask(now=now)
    days = days_of(store, first=first, last=last, figures=count.figures if count else None, now=now)
    context = {
        "week": week,
        "at": at,
        "weeks": _weeks(request, days, at, today, week=week),
        "names": [formats.date_format(first + timedelta(days=number), "D") for number in range(7)],
        "ways": _ways(at, today, week=week),
        "turns": _turns(at, today, week=week),
        "title": title_of_week(first, last) if week else formats.date_format(at, "YEAR_MONTH_FORMAT"),
        "lead": _lead(days, today),
        "counted_at": count.counted_at if count else None,
        "counting": count is None or count.begun_at is not None,
        "may_write": may(request, "messages.write"),
        "budget": budget_of_store().together,
        "crowded_since": next((day.date for day in days if day.crowded_cut), None),
    }
    return render(request, "campaigns/contacts/calendar.html", context)


def _asked_for(written: str, today: date) -> date:
    """Return the day the address names, or today where it names none one may look at."""
    try:
        day = date.fromisoformat(written)
    except ValueError:
        return today
    return day if abs(day - today) <= FARTHEST else today


def _week(at: date) -> tuple[date, date]:
    first = at - timedelta(days=at.weekday())
    return first, first + timedelta(days=6)


def _month(at: date) -> tuple[date, date]:
    """Return the whole weeks a month lies in."""
    following = (at.replace(day=1) + timedelta(days=32)).replace(day=1)
    return _week(at.replace(day=1))[0], _week(following - timedelta(days=1))[1]


def _ways(at: date, today: date, *, week: bool) -> list[dict[str, Any]]:
    day = "" if at == today else f"&day={at.isoformat()}"
    return [
        {"label": _("Month"), "url": f"?by=month{day}", "current": not week},
        {"label": _("Week"), "url": f"?by=week{day}", "current": week},
    ]


def _turns(at: date, today: date, *, week: bool) -> dict[str, str]:
    """Return the addresses of the time before, of today and of the time after."""
    by = "week" if week else "month"
    before = at - timedelta(days=7) if week else at.replace(day=1) - timedelta(days=1)
    after = at + timedelta(days=7) if week else (at.replace(day=1) + timedelta(days=32)).replace(day=1)
    ways = {name: f"?by={by}&day={day.isoformat()}" for name, day in (("before", before), ("today", today), ("after", after))}
    return ways | {"today": f"{ways['today']}#today"}


def title_of_week(first: date, last: date) -> str:
    """Say from when to when; a month or a year both days share is said once."""
    begin = "j" if first.month == last.month else "j M" if first.year == last.year else "DATE_FORMAT"
    return _("%(first)s to %(last)s") % {"first": formats.date_format(first, begin), "last": formats.date_format(last, "DATE_FORMAT")}


def _weeks(request: Any, days: list[Day], at: date, today: date, *, week: bool) -> list[list[dict[str, Any]]]:
    shown = [_day(request, day, today, outside=not week and day.date.month != at.month) for day in days]
    return [shown[start : start + 7] for start in range(0, len(shown), 7)]


def _day(request: Any, day: Day, today: date, *, outside: bool) -> dict[str, Any]:
    names = {"journey": _("journeys"), "cell": _("recovery plan")}
    return {
        "day": day,
        "is_today": day.date == today,
        "is_past": day.date < today,
        "outside": outside,
        "is_empty": not (day.campaigns or day.sent or day.expected or day.pairs or day.pairs_left or day.crowded),
        "sent": [
            {"icon": CHANNEL_ICONS[key], "name": word, "count": day.sent[key]} for key, word in CHANNEL_WORDS.items() if day.sent[key]
        ],
        "expected": [(names[kind], count) for kind, count in sorted(day.expected.items())],
        "campaigns": [_campaign(request, one) for one in day.campaigns],
    }


def _campaign(request: Any, one: Planned) -> dict[str, Any]:
    campaign = one.campaign
    return {
        "name": campaign.name,
        "icon": CHANNEL_ICONS.get(campaign.channel, "send"),
        "at": one.at,
        "badge": badge_of(campaign),
        "word": word_of(campaign),
        "people": one.people,
        "local": campaign.when == campaign.When.LOCAL,
        "url": reverse("campaigns:campaign", args=[request.store.slug, campaign.public_id]),
    }


def _lead(days: list[Day], today: date) -> str:
    """Say what is ahead: how many campaigns, and whether people would get several."""
    ahead = [day for day in days if day.date >= today]
    campaigns = sum(one.is_ahead for day in ahead for one in day.campaigns)
    pairs = sum(len(day.pairs) for day in ahead)
    left = sum(day.pairs_left for day in ahead)
    if not ahead:
        sent = sum(day.sent_count for day in days)
        return ngettext("%(count)s message left in this time.", "%(count)s messages left in this time.", sent) % {"count": sent}
    said = ngettext("%(count)s campaign is ahead.", "%(count)s campaigns are ahead.", campaigns) % {"count": campaigns}
    if not campaigns:
        return _("No campaign is ahead.")
    more = []
    if pairs:
        warned = ngettext(
            "%(count)s pair of them wants the same people within a day.",
            "%(count)s pairs of them want the same people within a day.",
            pairs,
        )
        more.append(warned % {"count": pairs})
    if left:
        unsure = ngettext(
            "%(count)s more pair leaves within a day of each other and was not compared.",
            "%(count)s more pairs leave within a day of each other and were not compared.",
            left,
        )
        more.append(unsure % {"count": left})
    return " ".join([said, *(more or [_("None of them wants the same people within a day.")])])
