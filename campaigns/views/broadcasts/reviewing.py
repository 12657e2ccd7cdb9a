"""One campaign: a draft as what will happen if it is started, with the mail as one person sees it; a started one as its report."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from csp.decorators import csp, csp_update
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from campaigns.broadcasts import asking
from campaigns.broadcasts.audience import Audience
from campaigns.broadcasts.content import choosing, language_read, languages_of, sources_of, wording_of
from campaigns.broadcasts.explaining import leaves_at_once
from campaigns.broadcasts.marking import shown_mark
from campaigns.broadcasts.running import faults_of
from campaigns.models import Campaign, CampaignVariant
from campaigns.personalization.push_texts import PushText
from campaigns.personalization.render import CannotRender
from campaigns.sending.reasons import words_of
from campaigns.sending.trying import TRIED
from campaigns.views.broadcasts.reporting import show_report
from campaigns.views.broadcasts.showing import cost_of, reach_of, shown, variant_of
from campaigns.views.broadcasts.team import team_of
from campaigns.views.broadcasts.trying import choices_of
from campaigns.views.content.people import person_of
from campaigns.views.frames import FRAME_POLICY, show_message
from campaigns.views.looking import look_at
from retention.customers.models import Customer
from retention.dashboard.access import allows, needs
from retention.kit import clock
from retention.kit.words import gettext_noop

MOST_PEOPLE = 3
_HEADINGS = {
    "email": (gettext_noop("The mail, as the example person sees it"), gettext_noop("Mail %(letter)s, as the example person sees it")),
    "sms": (gettext_noop("The SMS, as the example person sees it"), gettext_noop("SMS %(letter)s, as the example person sees it")),
    "push": (
        gettext_noop("The push message, as the example person sees it"),
        gettext_noop("Push message %(letter)s, as the example person sees it"),
    ),
    "onsite": (
        gettext_noop("The message on the site, as the example person sees it"),
        gettext_noop("Message on the site %(letter)s, as the example person sees it"),
    ),
}


@needs("messages.view")
@csp_update({"frame-src": ["'self'"]})  # type: ignore[arg-type]
@require_safe
def show_campaign(request: Any, public_id: UUID) -> HttpResponse:
    """Show one campaign: a draft as what will happen, a started one as its report."""
    campaign = get_object_or_404(Campaign.objects.select_related("asked_by"), public_id=public_id)
    if not campaign.is_editable:
        return show_report(request, campaign)
    seen = shown_mark(campaign)  # before everything it stands for, so that it is never newer than what is shown
    now, found, context = clock.now(), reach_of(campaign), shown(request, campaign)
    audience, person = Audience.of(campaign), _person(request)
    context |= {
        "faults": [phrase.render(_) for phrase in faults_of(campaign, store=request.store, now=now).values()],
        "worked_out": all(segment.is_up_to_date for segment in audience.segments()),
        "reach": found,
        "dropped": [(words_of(reason, channel=campaign.channel).render(_), count) for reason, count in found.dropped],
        "seen": seen,
        "stale": asking.is_stale(campaign),
        "team": team_of(request, channel=campaign.channel, now=now),
        "channel": campaign.channel,
        "may_try": context["may_write"] and campaign.channel in TRIED,
        "languages": _languages_of_a_test(request, context["ways"], person),
        "person": person,
        "people": _some_of(request, audience),
        "mails": [
            {
                "way": way,
                "subject": _subject(request, way, person),
                "heading": _heading(campaign, way, person, alone=len(context["ways"]) == 1),
                "differs": bool(choosing(way)),
                "sources": sources_of(way) if languages_of(way) else choosing(way),
                "languages": _languages(request, way, person),
                "language": _language(request, way, person),
            }
            for way in context["ways"]
        ],
    }
    context["asks_twice"] = not context["to_inbox"] or not leaves_at_once(campaign)
    context |= cost_of(request, context["ways"], audience, found)
    return render(request, "campaigns/campaign_review.html", context)


@needs("messages.view")
@require_safe
@csp(FRAME_POLICY)  # type: ignore[arg-type]
@xframe_options_sameorigin
def preview_campaign(request: Any, public_id: UUID) -> HttpResponse:
    """Show what a campaign says as one person sees it, for its frame.

    Parameters: variant, a letter; person, a customer, else it is the example person; lang, a language it is written in, else that of the
    person; seen, the mark of the page around it.
    """
    variant, seen = variant_of(public_id, request.GET.get("variant", "a")), request.GET.get("seen", "")
    person = _person(request)
    language = _language(request, variant, person)
    wording, kind = wording_of(variant, language)
    if seen and seen != shown_mark(variant.campaign):
        return show_message(request, CannotRender("changed", _("It was changed. Load the page again to see it as it is now.")), kind=kind)
    look = PushText.read(wording.source).look if kind == "push" else ""
    return show_message(request, look_at(request, wording, kind, customer=person, language=language), kind=kind, look=look)


def _person(request: Any) -> Customer | None:
    """Return whom the page is to be seen as, for who may see customers; None for the example person."""
    return person_of(request) if allows(request.role, capability="customers.view") else None


def _language(request: Any, way: CampaignVariant, person: Customer | None) -> str:
    """Return the language to be seen: the one asked for, else the one the person reads; "" is everybody's."""
    asked = request.GET.get("lang")
    if asked is not None:
        return asked if asked in languages_of(way) else ""
    return language_read(way, person.language) if person is not None else ""


def _languages(request: Any, way: CampaignVariant, person: Customer | None) -> list[dict[str, Any]]:
    """Return the languages a variant can be seen in, with the address that shows each; nothing where there is only one."""
    further, here = languages_of(way), _language(request, way, person)
    who = {"person": str(person.public_id)} if person is not None else {}
    return [
        {"key": key, "query": urlencode(who | {"lang": key}), "here": key == here} for key in ("", *further)
    ] if further else []  # fmt: skip


def _languages_of_a_test(request: Any, ways: Sequence[CampaignVariant], person: Customer | None) -> list[dict[str, Any]]:
    """Return the languages a test can be sent in, of all variants; what is looked at comes first to mind."""
    here = next((_language(request, way, person) for way in ways), "")
    return choices_of((one for way in ways for one in languages_of(way)), here=here)


def _some_of(request: Any, audience: Audience) -> list[Customer]:
    """Return a few people who were chosen, for who may see customers."""
    if not allows(request.role, capability="customers.view"):
        return []
    return list(Customer.objects.known().filter(pk__in=audience.some(MOST_PEOPLE)).order_by("pk"))


def _heading(campaign: Campaign, way: CampaignVariant, person: Customer | None, *, alone: bool) -> str:
    """Return what stands above a variant, in the word of its channel."""
    if person is not None:
        name = person.name or person.email or person.phone
        words = {"letter": way.letter.upper(), "name": name}
        return _("As %(name)s sees it") % words if alone else _("%(letter)s, as %(name)s sees it") % words
    one, several = _HEADINGS.get(campaign.channel, _HEADINGS["email"])
    return _(one) if alone else _(several) % {"letter": way.letter.upper()}


def _subject(request: Any, way: CampaignVariant, person: Customer | None) -> str:
    """Return a variant's subject as one person, or the example person, reads it; as it is written when it cannot be made."""
    language = _language(request, way, person)
    wording, kind = wording_of(way, language)
    made = look_at(request, wording, kind, customer=person, language=language)
    return wording.subject if isinstance(made, CannotRender) else made.subject
