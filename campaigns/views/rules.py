"""What a template, a campaign or a journey step does when what it shows is no longer true, and whose coupon codes it carries."""

from typing import Any
from uuid import UUID

from django.contrib import messages as toasts
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from campaigns.broadcasts.running import look_again
from campaigns.forms import RuleForm
from campaigns.journeys.drafting import draft_of, sent_at
from campaigns.journeys.versions import definition_of
from campaigns.models import Campaign, Journey, JourneyVersion, SendRule, Template, TemplateVersion
from campaigns.truth.using import FALLBACK, uses, uses_of
from retention.dashboard.access import needs
from retention.kit import clock
from retention.stores import auditing


@needs("messages.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def template_rule(request: Any, public_id: UUID) -> HttpResponse:
    """Show and keep the rule of a template."""
    template = get_object_or_404(Template.objects.all(), public_id=public_id)
    back = reverse("campaigns:template", args=[request.store.slug, public_id])
    place = {"template": template}
    return _page(request, place, name=template.name, back=back, usual="", has_place=_has_place([template]))


@needs("messages.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def campaign_rule(request: Any, public_id: UUID) -> HttpResponse:
    """Show and keep the rule of a campaign; it goes before that of its template."""
    campaign = get_object_or_404(Campaign.objects.all(), public_id=public_id)
    back = reverse("campaigns:campaign", args=[request.store.slug, public_id])
    ways = list(campaign.variants.select_related("template", "version"))
    written = all("fallback" in "".join(str(part) for part in one.words.values()) for one in ways if one.template is None)
    has_place = written and _has_place([one.template for one in ways if one.template is not None])
    return _page(request, {"campaign": campaign}, name=campaign.name, back=back, usual=_("As its mail says"), has_place=has_place)


@needs("messages.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def step_rule(request: Any, public_id: UUID, step: str) -> HttpResponse:
    """Show and keep the rule of a journey's step, in its newest version or its draft; it goes before that of its template."""
    journey = get_object_or_404(Journey.objects.no_shadows(), public_id=public_id)
    version = JourneyVersion.objects.filter(journey=journey).order_by("-number").first()
    sent = definition_of(version.pk, version.definition).sent if version is not None else ()
    draft = draft_of(journey)
    keys = [template for step_id, _channel, template in sent if step_id == step] or (sent_at(draft, step) if draft is not None else [])
    if not keys:
        raise Http404
    back = reverse("campaigns:journey", args=[request.store.slug, public_id])
    templates = list(Template.objects.filter(key__in=keys).order_by("pk"))
    name = f"{journey.name}: {', '.join(one.name for one in templates) or step}"
    place = {"journey": journey, "step": step}
    return _page(request, place, name=name, back=back, usual=_("As its mail says"), has_place=_has_place(templates))


def _has_place(templates: list[Template]) -> bool:
    """Say whether every one of these mails has a place for the other words, in what is live or being written."""
    live = {one.pk: one.live_number for one in templates}
    versions = [one for one in TemplateVersion.objects.filter(template__in=templates) if one.number == live[one.template_id]]
    drafts = [one for one in templates if one.draft and FALLBACK in uses_of([str(one.draft)])]
    placed = {one.template_id for one in versions if FALLBACK in uses(one)} | {one.pk for one in drafts}
    return placed == set(live)


def _page(request: Any, place: dict[str, Any], *, name: str, back: str, usual: str, has_place: bool) -> HttpResponse:
    known = SendRule.objects.filter(**place).first()
    form = RuleForm(request.POST or None, rule=known or SendRule(**place), usual=usual, has_place=has_place)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            form.keep(now=clock.now())
            look_again(clock.now())
            kind, row = next(iter(place.items()))
            auditing.note(request, "rule.kept", target=f"{kind}:{row.public_id}")
        toasts.success(request, _("Kept. It counts for every message that leaves from now on."))
        return redirect(back)
    return render(
        request, "campaigns/coupons/rule.html", {"form": form, "name": name, "back": back}, status=422 if request.method == "POST" else 200
    )
