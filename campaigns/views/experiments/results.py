"""The result of an experiment: the verdict first, both ways of counting money side by side, the comparison over time, every figure."""

from typing import Any, NamedTuple
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from campaigns.broadcasts import comparing
from campaigns.broadcasts import reading as campaign_figures
from campaigns.broadcasts.freezing import report_of
from campaigns.journeys import reading as journey_figures
from campaigns.journeys.versions import held_back_shares
from campaigns.measurement import results, store_wide
from campaigns.measurement.assignment import journey_key
from campaigns.measurement.attribution import window_days, windows
from campaigns.measurement.outcomes import Outcome
from campaigns.measurement.statistics.reading import METRICS, is_costed
from campaigns.measurement.wording import Wording
from campaigns.models import Campaign, Journey
from campaigns.views.experiments import figures
from retention.dashboard.access import needs
from retention.dashboard.figures import write_number, write_share
from retention.kit import clock


class Crumb(NamedTuple):
    """One step back: its words and its address."""

    words: str
    url: str


@needs("messages.view")
@require_safe
def show_campaign_result(request: Any, public_id: UUID) -> HttpResponse:
    """Show what came of a started campaign against those held out, and of its variants against each other. Parameters: metric, arm."""
    campaign = get_object_or_404(Campaign.objects.exclude(state=Campaign.State.DRAFT), public_id=public_id)
    currency, now = request.store.currency, clock.now()
    outcome = comparing.outcome_of(campaign, currency=currency, now=now)
    told = campaign_figures.figures_of([campaign.pk], currency=currency)[campaign.pk]
    crumbs = [
        Crumb(_("Campaigns"), _address(request, "campaigns")),
        Crumb(campaign.name, _address(request, "campaign", campaign.public_id)),
    ]
    days = {"days": write_number(window_days(campaign.channel))}
    context = {
        "name": campaign.name,
        "has_left": report_of(campaign) is not None,
        "report_url": _address(request, "campaign", campaign.public_id),
        "crumbs": crumbs,
        "last_click": told.revenue_minor,
        "last_click_orders": told.orders,
        "last_click_words": _("Every order within %(days)s days of a click counts, also of those who would have bought anyway.") % days,
        "counting": _("Everybody chosen counts, whether or not their message left: until orders are not credited to it any more."),
    }
    return _page(request, outcome, comparing.wording_of(campaign, currency=currency), context)


@needs("messages.view")
@require_safe
def show_journey_result(request: Any, public_id: UUID) -> HttpResponse:
    """Show what came of a journey against those who entered it and got nothing. Parameters: metric, arm."""
    journey = get_object_or_404(Journey.objects.no_shadows(), public_id=public_id)
    currency, now = request.store.currency, clock.now()
    outcome = results.outcome_of_key(journey_key(journey.pk), currency=currency, now=now)
    told = journey_figures.figures_of([journey.pk], currency=currency)[journey.pk]
    share = held_back_shares([journey]).get(journey.pk, 0)
    context = {
        "name": journey.name,
        "share": share,
        "crumbs": [
            Crumb(_("Journeys"), _address(request, "journeys")),
            Crumb(journey.name, _address(request, "journey", journey.public_id)),
        ],
        "last_click": told.revenue_minor,
        "last_click_orders": told.orders,
        "last_click_words": _(
            "Every order soon after a click counts, also of those who would have bought anyway: e-mail %(email)s days, SMS %(sms)s, push "
            "%(push)s, on the site %(onsite)s."
        )
        % {key: write_number(value) for key, value in windows().items()},
        "counting": _counting(outcome),
    }
    return _page(request, outcome, results.wording(currency), context)


@needs("insight.view")
@require_safe
def show_store_result(request: Any) -> HttpResponse:
    """Show what all marketing together brings in, against those who get none. Parameters: metric, arm."""
    currency, now = request.store.currency, clock.now()
    outcome = results.outcome_of_key(store_wide.KEY, currency=currency, now=now)
    context = {"name": "", "crumbs": [], "whole_store": True, "last_click": None, "counting": _counting(outcome)}
    return _page(request, outcome, results.wording(currency), context)


def _page(request: Any, outcome: Outcome | None, wording: Wording, context: dict[str, Any]) -> HttpResponse:
    if outcome is None:
        return render(request, "campaigns/experiment.html", context)
    metrics = [name for name in METRICS if name != "margin" or is_costed(outcome.now.totals.values())]
    wanted = request.GET.get("metric", "")
    metric, arm = (wanted if wanted in metrics else "orders"), request.GET.get("arm", "")
    drawn = figures.chart(outcome, wording, arm=arm, metric=metric)
    lead = outcome.verdict.contrast
    context |= {
        "outcome": outcome,
        "verdict": wording.verdict(outcome),
        "drawn": wording.drawing(outcome) if lead is not None else "",
        "people": figures.people_words(outcome),
        "brought": figures.brought_in(outcome, currency=wording.currency),
        "arms": figures.arm_lines(outcome, wording),
        "comparisons": figures.comparisons(outcome, wording),
        "chart": drawn,
        "metrics": [_choice(figures.SHORT_WORDS[name], {"metric": name, "arm": arm}, current=name == metric) for name in metrics],
        "ways": _ways(outcome, wording, drawn, metric),
        "split": wording.split(outcome),
        "several": wording.comparisons(outcome),
        "chance": write_share(outcome.now.split_chance, decimals=1),
    }
    return render(request, "campaigns/experiment.html", context)


def _ways(outcome: Outcome, wording: Wording, drawn: dict[str, Any] | None, metric: str) -> list[dict[str, Any]]:
    """Return the arms one can look at over time, where there are several."""
    arms = [one.arm for one in outcome.now.against if one.metric == metric]
    if len(arms) < 2:
        return []
    current = drawn["arm"] if drawn else ""
    return [_choice(wording.name(name), {"metric": metric, "arm": name}, current=name == current) for name in arms]


def _choice(label: Any, query: dict[str, str], *, current: bool) -> dict[str, Any]:
    told = "&".join(f"{name}={value}" for name, value in query.items() if value)
    return {"label": label, "url": f"?{told}#over-time", "current": current}


def _counting(outcome: Outcome | None) -> str:
    if outcome is None:
        return ""
    days = {"days": write_number(outcome.window.days)}
    return _("Each person counts for %(days)s days from their own first time, on both sides alike, and from the day those are over.") % days


def _address(request: Any, route: str, *ids: UUID) -> str:
    return reverse(f"campaigns:{route}", args=[request.store.slug, *ids])
