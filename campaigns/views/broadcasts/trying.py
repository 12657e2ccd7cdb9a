"""Sending a message to people of the shop to look at: a real one by the store's own connection, marked as a test, in no figure."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from csp.decorators import csp_update
from django.contrib import messages as toasts
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from campaigns.broadcasts.content import languages_of, wording_of
from campaigns.channels import Answer, Outcome
from campaigns.models import Sender, Template
from campaigns.personalization import saving
from campaigns.personalization.wording import Wording
from campaigns.sending.connecting import in_use
from campaigns.sending.trying import TRIED, send_trial
from campaigns.views.broadcasts.proving import keep_number
from campaigns.views.broadcasts.showing import variant_of
from campaigns.views.broadcasts.team import team_of
from campaigns.views.content.phrases import name_of
from campaigns.views.content.posted import language_of
from campaigns.views.looking import seconds_to_wait
from retention.dashboard.access import needs
from retention.kit import clock
from retention.stores import auditing
from retention.stores.limits import Limit

OF_PERSON, OF_STORE = Limit("mail-trial-of-person", 10, 60), Limit("mail-trial", 20, 60)


@needs("messages.write")
@require_POST
def try_campaign(request: Any, public_id: UUID) -> HttpResponse:
    """Send one of a campaign's messages to members of the team.

    Fields: variant, a letter; lang, one of its further languages, else it is everybody's; to, addresses of the team; for an SMS number,
    one's own, and the code that was sent to it.
    """
    variant, asked = variant_of(public_id, request.POST.get("variant", "a")), request.POST.get("lang", "")
    language = asked if asked in languages_of(variant) else ""
    wording, kind = wording_of(variant, language)
    if _send(request, wording, kind, channel=variant.campaign.channel, sender=variant.sender, language=language):
        details = {"variant": variant.letter, "language": language}
        auditing.note(request, "campaign.tried", target=f"campaign:{public_id}", details=details)
    return redirect("campaigns:campaign", request.store.slug, public_id)


@needs("messages.edit")
@csp_update({"frame-src": ["'self'"]})  # type: ignore[arg-type]
@require_http_methods(["GET", "HEAD", "POST"])
def try_template(request: Any, public_id: UUID) -> HttpResponse:
    """Ask whom a message that is being written shall be sent to, and send it. Fields: lang; to, addresses of the team; number, code."""
    template = get_object_or_404(Template.objects.filter(channel__in=TRIED), public_id=public_id)
    content = saving.written(template)
    language = language_of(request, content)
    if request.method != "POST":
        context = {"template": template, "channel": template.channel, "language": language}
        context |= {"languages": choices_of(content.languages, here=language)}
        context["to_inbox"] = in_use(template.channel) is None
        context["team"] = team_of(request, channel=template.channel, now=clock.now())
        return render(request, "campaigns/content/try.html", context)
    if _send(request, content.in_language(language), content.kind, channel=template.channel, sender=None, language=language):
        auditing.note(request, "template.tried", target=f"template:{public_id}", details={"language": language})
    return redirect("campaigns:template", request.store.slug, public_id)


def choices_of(languages: Iterable[str], *, here: str) -> list[dict[str, Any]]:
    """Return the languages a test can be sent in, everybody's first; nothing where there is only one. here: the one that is looked at."""
    keys = sorted(set(languages))
    return [{"key": key, "name": name_of(key), "here": key == here} for key in ("", *keys)] if keys else []


def _send(request: Any, wording: Wording, kind: str, *, channel: str, sender: Sender | None, language: str) -> bool:
    """Send to those chosen and say what the provider answered; return whether anything left. Only the team's own places are taken."""
    now = clock.now()
    if channel not in TRIED:
        toasts.error(request, _("What waits on the site cannot be sent as a test. Its preview shows it as a visitor sees it."))
        return False
    seconds = seconds_to_wait(request, of_person=OF_PERSON, of_store=OF_STORE)
    if seconds:
        toasts.warning(request, _("That were many tests. Try again in %(seconds)d seconds.") % {"seconds": seconds})
        return False
    number, code = request.POST.get("number", ""), request.POST.get("code", "")
    in_the_way = keep_number(request, number, code, now=now) if channel == "sms" else ""
    if in_the_way:
        toasts.warning(request, in_the_way)
        return False
    team = {mate.address: mate for mate in team_of(request, channel=channel, now=now)}
    to = {team[address].to: team[address].shown for address in request.POST.getlist("to") if address in team and team[address].to}
    if not to:
        no_number = _("Write down your number, or choose somebody who has.")
        toasts.error(request, no_number if channel == "sms" else _("Choose at least one of your team to send the test to."))
        return False
    answers = send_trial(request.store, wording, kind, channel=channel, to=to, sender=sender, language=language, now=now)
    refused = {address: answer for address, answer in answers.items() if answer.outcome is not Outcome.ACCEPTED}
    for address, answer in refused.items():
        toasts.error(request, _("The test to %(address)s did not leave: %(answer)s") % {"address": to[address], "answer": answer.detail})
    left = len(answers) - len(refused)
    if left:
        words = ngettext("The test is on its way to %(count)d person.", "The test is on its way to %(count)d people.", left)
        read_in = _("It is the text in %(language)s.") % {"language": name_of(language) or language} if language else ""
        toasts.success(request, " ".join(filter(None, [words % {"count": left}, read_in, _said(answers.values())])))
    return left > 0


def _said(answers: Iterable[Answer]) -> str:
    """Return what the provider itself said, in its own words, to the first test it took."""
    detail = next((one.detail for one in answers if one.outcome is Outcome.ACCEPTED and one.detail), "")
    return _("The provider said: %(answer)s") % {"answer": detail} if detail else ""
