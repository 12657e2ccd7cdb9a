"""Writing a campaign: choose a beginning, then who, what and when on one page with the live reach beside it."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from campaigns.broadcasts import drafting
from campaigns.broadcasts.audience import Audience
from campaigns.broadcasts.holding import share_for
from campaigns.broadcasts.ready_made import READY_MADE
from campaigns.models import Campaign
from campaigns.sending.reasons import words_of
from campaigns.views.broadcasts import draft_form
from campaigns.views.broadcasts.showing import cost_of, reach_of
from campaigns.views.journey_words import CHANNEL_WORDS
from retention.dashboard.access import needs
from retention.kit import clock
from retention.stores import auditing
from segments.models import Segment


@needs("messages.write")
@require_http_methods(["GET", "HEAD", "POST"])
def new_campaign(request: Any) -> HttpResponse:
    """Choose a ready-made campaign or a blank one; it begins as a draft. Parameter: segment, whose people it is for."""
    segment = _segment(request.POST.get("segment", "") or request.GET.get("segment", ""))
    if request.method != "POST":
        ready = [{"key": one.key, "icon": one.icon, "name": one.name.render(_), "summary": one.summary.render(_)} for one in READY_MADE]
        channels = CHANNEL_WORDS.items()
        return render(request, "campaigns/new_campaign.html", {"ready": ready, "segment": segment, "channels": channels})
    key, channel = request.POST.get("ready_made", ""), request.POST.get("channel", "email")
    if (key and key not in READY_MADE) or channel not in drafting.CHANNELS:
        raise Http404
    with transaction.atomic():
        campaign = drafting.make(ready_made=key, channel=channel, segment=segment, user_id=request.user.pk, now=clock.now())
        auditing.note(request, "campaign.made", target=f"campaign:{campaign.public_id}")
    return redirect("campaigns:campaign_edit", request.store.slug, campaign.public_id)


@needs("messages.write")
@require_http_methods(["GET", "HEAD", "POST"])
def edit_campaign(request: Any, public_id: UUID) -> HttpResponse:
    """Change a draft; the next page says in plain words what will happen."""
    campaign = get_object_or_404(Campaign.objects.filter(state=Campaign.State.DRAFT), public_id=public_id)
    if request.method != "POST":
        return render(request, "campaigns/campaign_edit.html", draft_form.saved(campaign))
    do = request.POST.get("do", "")
    if do:
        return render(request, "campaigns/campaign_edit.html", draft_form.posted(request.POST, campaign, do=do))
    told, faults = draft_form.read(request.POST, channel=campaign.channel)
    if not faults:
        try:
            with transaction.atomic():
                drafting.change(campaign, told)
                auditing.note(request, "campaign.changed", target=f"campaign:{campaign.public_id}")
            return redirect("campaigns:campaign", request.store.slug, public_id)
        except drafting.NotADraft:
            return redirect("campaigns:campaign", request.store.slug, public_id)
        except drafting.Faulty as refusal:
            faults = {name: phrase.render(_) for name, phrase in refusal.faults.items()}
    context = draft_form.posted(request.POST, campaign) | {"faults": faults}
    return render(request, "campaigns/campaign_edit.html", context, status=422)


@needs("messages.write")
@require_POST
def show_reach(request: Any, public_id: UUID) -> HttpResponse:
    """Count the audience of the form as it stands, saved or not."""
    campaign = get_object_or_404(Campaign.objects.all(), public_id=public_id)
    told, _faults = draft_form.read(request.POST, channel=campaign.channel)
    ids = {str(one.public_id): one.pk for one in Segment.objects.live()}
    channel = campaign.channel
    include, exclude = (tuple(ids[one] for one in side if one in ids) for side in (told.include, told.exclude))
    audience = Audience(include, exclude, told.everybody, channel)
    held = share_for(audience) if told.holdout_share is None else min(max(told.holdout_share, 0), 0.5)
    found = reach_of(campaign, audience, holdout_share=held, channel=channel)
    context = {"reach": found, "dropped": [(words_of(reason, channel=channel).render(_), count) for reason, count in found.dropped]}
    context |= cost_of(request, drafting.unsaved(campaign, told), audience, found)
    return render(request, "campaigns/_campaign_reach.html", context)


def _segment(public_id: str) -> Segment | None:
    try:
        wanted = UUID(public_id)
    except ValueError:
        return None
    found: Segment | None = Segment.objects.live().filter(public_id=wanted).first()
    return found
