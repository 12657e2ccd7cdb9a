"""The list of campaigns, and what every page of one campaign shows."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from campaigns.broadcasts import costing, reading
from campaigns.broadcasts.audience import Audience
from campaigns.broadcasts.explaining import next_steps
from campaigns.broadcasts.holding import share_of
from campaigns.broadcasts.marking import standing_mark, stays_inside, turned
from campaigns.broadcasts.planning import salt_of
from campaigns.broadcasts.reach import Reach, reach
from campaigns.channels.onsite.channel import ONSITE
from campaigns.models import Campaign, CampaignVariant
from campaigns.models.campaign import LETTERS
from campaigns.sending import breaking
from campaigns.sending.shelving import KEPT
from campaigns.views.journey_words import CHANNEL_WORDS
from campaigns.views.looking import OF_PERSON, OF_STORE, seconds_to_wait, take_for_a_heavy_one
from retention.dashboard.access import may, needs
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
    """Show the campaigns, newest first, with what came of them: those that are not put away, or with `?away=1` those that are."""
    away = request.GET.get("away") == "1"
    rows = Campaign.objects.filter(state=Campaign.State.ARCHIVED) if away else Campaign.objects.kept()
    page = read_page(rows.order_by(), order=["-created_at", "-id"], cursor=request.GET.get("cursor", ""), size=PAGE_SIZE)
    figures = reading.figures_of((one.pk for one in page.rows), currency=request.store.currency)
    lines = [
        {"campaign": one, "badge": badge_of(one), "word": word_of(one), "figures": figures[one.pk]} for one in page.rows
    ]  # fmt: skip
    context = {"page": page, "rows": lines, "away": away, "may_write": may(request, "messages.write")}
    return render(request, "campaigns/campaigns.html", context)


def badge_of(campaign: Campaign) -> str:
    """Return the state a campaign is drawn as: a draft somebody waits for a yes to needs a person."""
    return "needs" if campaign.is_editable and campaign.asked_at is not None else BADGES[campaign.state]


def word_of(campaign: Campaign) -> str:
    """Return the word of a campaign's state."""
    if campaign.is_editable and campaign.asked_at is not None:
        return _("Waits for a yes")
    if campaign.channel == ONSITE.key and campaign.state == Campaign.State.FINISHED:
        return _("Waits on the site") if is_on_site(campaign, now=clock.now()) else _("Over")
    return str(campaign.get_state_display())


def is_on_site(campaign: Campaign, *, now: datetime) -> bool:
    """Say whether messages of a campaign on the site that has kept them all may still be shown."""
    over = campaign.finished_at
    return campaign.channel == ONSITE.key and campaign.state == Campaign.State.FINISHED and over is not None and over + KEPT > now


def shown(request: Any, campaign: Campaign) -> dict[str, Any]:
    """Return what every page of one campaign shows."""
    figures = reading.figures_of([campaign.pk], currency=request.store.currency)[campaign.pk]
    where = turned(campaign) if campaign.state == Campaign.State.PAUSED else ""
    asks = campaign.pause_reason in Campaign.ASKS
    standing = standing_mark(campaign) if asks or where else ""  # first, so that it is never newer than what is shown
    rows = campaign.segments.select_related("segment").order_by("segment__name")
    waits = campaign.state in (Campaign.State.DRAFT, Campaign.State.SCHEDULED)
    steps = next_steps(campaign, store=request.store, now=clock.now()) if waits else []
    return {
        "campaign": campaign,
        "standing": standing,
        "on_site": is_on_site(campaign, now=clock.now()),
        "next_steps": [phrase.render(_) for phrase in steps],
        "channel_word": CHANNEL_WORDS.get(campaign.channel, campaign.channel),
        "badge": badge_of(campaign),
        "word": word_of(campaign),
        "figures": figures,
        "done": figures.chosen - figures.waiting,
        "include": [row.segment for row in rows if row.side == "include"],
        "exclude": [row.segment for row in rows if row.side == "exclude"],
        "ways": list(campaign.variants.select_related("template", "version", "sender").order_by("letter")),
        "stop": breaking.open_stop("campaign", campaign.pk) if campaign.state == Campaign.State.PAUSED else None,
        "to_inbox": stays_inside(campaign),
        "turned": where,
        "may_see_inbox": may(request, "inbox.view"),
        "may_write": may(request, "messages.write"),
        "may_edit": may(request, "messages.edit"),
        "may_send": may(request, "messages.send"),
    }


def reach_of(campaign: Campaign, audience: Audience | None = None, *, holdout_share: float | None = None, channel: str = "") -> Any:
    """Count who would get a draft now; audience and share may be those of a form that is not saved."""
    chosen = audience or Audience.of(campaign)
    return reach(
        chosen,
        channel=channel or campaign.channel,
        holdout_share=share_of(campaign) if holdout_share is None else holdout_share,
        salt=salt_of(campaign, "holdout"),
        now=clock.now(),
    )


def cost_of(request: Any, variants: list[CampaignVariant], audience: Audience, found: Reach) -> dict[str, Any]:
    """Return what an SMS to those reached takes and costs, in words; nothing on other channels and for nobody."""
    if audience.channel != "sms" or not found.reached:
        return {}
    seconds = seconds_to_wait(request, of_person=OF_PERSON, of_store=OF_STORE, times=len(variants))
    if seconds:
        words = _("The cost is not known yet: that were many previews. Try again in %(seconds)d seconds.")
        return {"cost": [words % {"seconds": seconds}]}
    try:
        worked_out = costing.estimate(variants, audience, people=found.reached, store=request.store, now=clock.now())
    except costing.TakesTooLong:
        take_for_a_heavy_one(request)
        return {"cost": [_("The cost is not known yet: the texts take too long to make.")]}
    sentences = costing.words_of_estimate(worked_out, store=request.store) if worked_out else []
    return {"cost": [phrase.render(_) for phrase in sentences]}


def variant_of(public_id: UUID, letter: str) -> CampaignVariant:
    """Return a campaign's variant with this letter, with what it says and who sends it; raises Http404."""
    rows = CampaignVariant.objects.filter(campaign__public_id=public_id).select_related("campaign", "template", "version", "sender")
    found: CampaignVariant = get_object_or_404(rows, letter=letter if letter in LETTERS else "")
    return found
