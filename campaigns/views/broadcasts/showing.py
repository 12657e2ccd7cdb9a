"""The list of campaigns, and one of them: before the start what will happen, afterwards what came of it."""

from typing import Any
from uuid import UUID

from csp.decorators import csp, csp_update
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from campaigns.broadcasts import reading
from campaigns.broadcasts.audience import Audience
from campaigns.broadcasts.content import wording_of
from campaigns.broadcasts.planning import salt_of
from campaigns.broadcasts.reach import reach
from campaigns.broadcasts.running import faults_of
from campaigns.models import Campaign, CampaignVariant
from campaigns.personalization.push_texts import PushText
from campaigns.sending.previewing import preview
from campaigns.sending.reasons import words_of
from campaigns.views.frames import FRAME_POLICY, show_message
from retention.dashboard.access import allows, needs
from retention.dashboard.paging import read_page
from retention.kit import clock

PAGE_SIZE = 25
BADGES = {
    "draft": "draft",
    "scheduled": "scheduled",
    "sending": "sending",
    "paused": "paused",
    "finished": "done",
    "cancelled": "ended",
    "archived": "ended",
}


@needs("messages.view")
@require_safe
def list_campaigns(request: Any) -> HttpResponse:
    """Show the campaigns that are not put away, newest first, with what came of them."""
    page = read_page(Campaign.objects.kept(), order=["-created_at", "-id"], cursor=request.GET.get("cursor", ""), size=PAGE_SIZE)
    figures = reading.figures_of((one.pk for one in page.rows), currency=request.store.currency)
    rows = [{"campaign": one, "badge": BADGES[one.state], "word": one.get_state_display(), "figures": figures[one.pk]} for one in page.rows]
    context = {"page": page, "rows": rows, "may_edit": allows(request.role, capability="messages.edit")}
    return render(request, "campaigns/campaigns.html", context)


@needs("messages.view")
@csp_update({"frame-src": ["'self'"]})  # type: ignore[arg-type]
@require_safe
def show_campaign(request: Any, public_id: UUID) -> HttpResponse:
    """Show one campaign: a draft as what will happen, a started one as its report."""
    campaign = get_object_or_404(Campaign.objects.all(), public_id=public_id)
    context = shown(request, campaign)
    if campaign.is_editable:
        now = clock.now()
        faults = faults_of(campaign, store=request.store, now=now)
        found = reach_of(campaign)
        context |= {
            "faults": [phrase.render(_) for phrase in faults.values()],
            "reach": found,
            "dropped": [(words_of(reason, channel=campaign.channel).render(_), count) for reason, count in found.dropped],
        }
        return render(request, "campaigns/campaign_review.html", context)
    difference = reading.difference_of(campaign, currency=request.store.currency)
    context |= {
        "reasons": [
            (words_of(reason, channel=campaign.channel).render(_), count) for _state, reason, count in reading.reasons_of(campaign)
        ],
        "variants": reading.variants_of(campaign),
        "links": reading.links_of(campaign),
        "difference": difference,
        "amounts": [round(value) for value in (difference.guess, difference.low, difference.high)] if difference else [],
    }
    return render(request, "campaigns/campaign.html", context)


@needs("messages.view")
@require_safe
@csp(FRAME_POLICY)  # type: ignore[arg-type]
@xframe_options_sameorigin
def preview_campaign(request: Any, public_id: UUID) -> HttpResponse:
    """Show what a campaign says as the example person sees it, for its frame. Parameter: variant, a letter."""
    variant = get_object_or_404(
        CampaignVariant.objects.filter(campaign__public_id=public_id).select_related("template"), letter=request.GET.get("variant", "a")[:1]
    )
    wording, kind = wording_of(variant)
    look = PushText.read(wording.source).look if kind == "push" else ""
    return show_message(request, preview(wording, kind, store=request.store, customer=None, now=clock.now()), kind=kind, look=look)


@needs("messages.view")
@require_safe
def show_progress(request: Any, public_id: UUID) -> HttpResponse:
    """Show how far a campaign is; the page asks again every two seconds while it sends."""
    campaign = get_object_or_404(Campaign.objects.all(), public_id=public_id)
    return render(request, "campaigns/_campaign_progress.html", shown(request, campaign))


def shown(request: Any, campaign: Campaign) -> dict[str, Any]:
    """Return what every page of one campaign shows."""
    figures = reading.figures_of([campaign.pk], currency=request.store.currency)[campaign.pk]
    rows = campaign.segments.select_related("segment").order_by("segment__name")
    return {
        "campaign": campaign,
        "badge": BADGES[campaign.state],
        "figures": figures,
        "done": figures.chosen - figures.waiting,
        "include": [row.segment for row in rows if row.side == "include"],
        "exclude": [row.segment for row in rows if row.side == "exclude"],
        "ways": list(campaign.variants.select_related("template", "version").order_by("letter")),
        "may_edit": allows(request.role, capability="messages.edit"),
        "may_send": allows(request.role, capability="messages.send"),
    }


def reach_of(campaign: Campaign, audience: Audience | None = None, *, holdout_share: float | None = None, channel: str = "") -> Any:
    """Count who would get a draft now; audience and share may be those of a form that is not saved."""
    share = campaign.holdout_share if holdout_share is None else holdout_share
    return reach(
        audience or Audience.of(campaign),
        channel=channel or campaign.channel,
        holdout_share=share,
        salt=salt_of(campaign, "holdout"),
        now=clock.now(),
    )
