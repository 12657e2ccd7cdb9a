"""Writing a campaign: choose a beginning, then who, what and when on one page with the live reach beside it."""

from datetime import date, time
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from campaigns.broadcasts import drafting
from campaigns.broadcasts.audience import Audience
from campaigns.broadcasts.content import Words
from campaigns.broadcasts.drafting import Told, Way
from campaigns.broadcasts.ready_made import READY_MADE
from campaigns.models import Campaign, Template
from campaigns.sending.reasons import words_of
from campaigns.views.broadcasts.showing import reach_of
from retention.dashboard.access import needs
from retention.kit import clock
from retention.kit.words import one_line
from retention.stores import auditing
from segments.models import Segment

MOST_SEGMENTS = 200


@needs("messages.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def new_campaign(request: Any) -> HttpResponse:
    """Choose a ready-made campaign or a blank one; it begins as a draft."""
    if request.method != "POST":
        ready = [{"key": one.key, "icon": one.icon, "name": one.name.render(_), "summary": one.summary.render(_)} for one in READY_MADE]
        return render(request, "campaigns/new_campaign.html", {"ready": ready})
    key = request.POST.get("ready_made", "")
    if key and key not in READY_MADE:
        raise Http404
    with transaction.atomic():
        campaign = drafting.make(ready_made=key, user_id=request.user.pk, now=clock.now())
        auditing.note(request, "campaign.made", target=f"campaign:{campaign.public_id}")
    return redirect("campaigns:campaign_edit", request.store.slug, campaign.public_id)


@needs("messages.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def edit_campaign(request: Any, public_id: UUID) -> HttpResponse:
    """Change a draft; the next page says in plain words what will happen."""
    campaign = get_object_or_404(Campaign.objects.filter(state=Campaign.State.DRAFT), public_id=public_id)
    if request.method != "POST":
        return render(request, "campaigns/campaign_edit.html", _form(campaign))
    told, faults = _read(request.POST, campaign)
    if not faults:
        try:
            with transaction.atomic():
                drafting.change(campaign, told)
                auditing.note(request, "campaign.changed", target=f"campaign:{campaign.public_id}")
            return redirect("campaigns:campaign", request.store.slug, public_id)
        except drafting.Faulty as refusal:
            faults = {name: phrase.render(_) for name, phrase in refusal.faults.items()}
    context = _form(campaign) | {"told": request.POST, "faults": faults}
    context |= {"chosen": set(told.include), "barred": set(told.exclude), "everybody": told.everybody}
    return render(request, "campaigns/campaign_edit.html", context, status=422)


@needs("messages.edit")
@require_POST
def show_reach(request: Any, public_id: UUID) -> HttpResponse:
    """Count the audience of the form as it stands, saved or not."""
    campaign = get_object_or_404(Campaign.objects.all(), public_id=public_id)
    told, _faults = _read(request.POST, campaign)
    ids = {str(one.public_id): one.pk for one in Segment.objects.live()}
    audience = Audience(
        tuple(ids[one] for one in told.include if one in ids), tuple(ids[one] for one in told.exclude if one in ids), told.everybody
    )
    templates = {str(one.public_id): one for one in Template.objects.filter(channel__in=drafting.CHANNELS)}
    channel = drafting.channels_of(told, templates)[0]
    found = reach_of(campaign, audience, holdout_share=min(max(told.holdout_share, 0), 0.5), channel=channel)
    context = {"reach": found, "dropped": [(words_of(reason, channel=channel).render(_), count) for reason, count in found.dropped]}
    return render(request, "campaigns/_campaign_reach.html", context)


def _form(campaign: Campaign) -> dict[str, Any]:
    """Return a saved draft as its form shows it."""
    ways = list(campaign.variants.select_related("template").order_by("letter"))
    words = Words.read(ways[0].words if ways else {})
    told = {
        "name": campaign.name,
        "subject": ways[0].subject if ways else "",
        "subject_b": ways[1].subject if len(ways) > 1 else "",
        "template": str(ways[0].template.public_id) if ways and ways[0].template else "",
        "heading": words.heading,
        "text": words.text,
        "button": words.button,
        "url": words.url,
        "when": campaign.when,
        "wall_day": campaign.wall_day.isoformat() if campaign.wall_day else "",
        "wall_time": campaign.wall_time.strftime("%H:%M") if campaign.wall_time else "",
        "ramp_hours": campaign.ramp_hours or "",
        "holdout": round(campaign.holdout_share * 100),
    }
    sides = {side: {str(row.segment.public_id) for row in campaign.segments.filter(side=side)} for side in ("include", "exclude")}
    return {
        "campaign": campaign,
        "told": told,
        "faults": {},
        "chosen": sides["include"],
        "barred": sides["exclude"],
        "everybody": campaign.to_everyone,
        "segments": [(str(one.public_id), one) for one in Segment.objects.live().order_by("name", "id")[:MOST_SEGMENTS]],
        "templates": [
            (
                word,
                [
                    (str(one.public_id), one.name)
                    for one in Template.objects.kept().by_name().filter(channel=channel, live_number__isnull=False)
                ],
            )
            for channel, word in (("email", _("E-mail")), ("push", _("Push")), ("onsite", _("On the site")))
        ],
        "whens": Campaign.When.choices,
    }


def _read(form: Any, campaign: Campaign) -> tuple[Told, dict[str, str]]:
    """Return the draft a form tells, and what in it cannot be read, by field."""
    faults: dict[str, str] = {}
    day, wall = _day(form.get("wall_day", ""), faults), _time(form.get("wall_time", ""), faults)
    when = form.get("when") or "now"
    words = Words(
        *(form.get(name, "").strip()[:most] for name, most in (("heading", 300), ("text", 20_000), ("button", 80), ("url", 2000)))
    )
    template = form.get("template", "")
    subjects = [one_line(form.get(name, ""), longest=300) for name in ("subject", "subject_b")]
    ways = [Way(subject, words, template) for index, subject in enumerate(subjects) if subject or (template and not index)]
    ramp, holdout = _whole(form.get("ramp_hours", ""), "ramp_hours", faults), _whole(form.get("holdout", ""), "holdout_share", faults)
    told = Told(
        name=one_line(form.get("name", ""), longest=120),
        include=tuple(form.getlist("include")),
        exclude=tuple(form.getlist("exclude")),
        everybody=bool(form.get("everybody")),
        when=when,
        wall_day=None if when == "now" else day,
        wall_time=None if when == "now" else wall,
        ramp_hours=ramp or None,
        holdout_share=(holdout or 0) / 100,
        test_share=campaign.test_share,
        decide_metric=campaign.decide_metric,
        decide_hours=campaign.decide_hours,
        ways=tuple(ways),
    )
    return told, faults


def _day(text: str, faults: dict[str, str]) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        faults["wall_day"] = _("This is not a date.")
        return None


def _time(text: str, faults: dict[str, str]) -> time | None:
    try:
        return time.fromisoformat(text).replace(tzinfo=None) if text else None
    except ValueError:
        faults["wall_day"] = _("This is not a time.")
        return None


def _whole(text: str, name: str, faults: dict[str, str]) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 5):
        faults[name] = _("This is not a whole number.")
        return None
    return int(text)
