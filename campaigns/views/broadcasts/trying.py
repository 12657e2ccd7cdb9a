"""Sending a mail to people of the shop to look at: a real message by the store's own connection, marked as a test, in no figure."""

from typing import Any
from uuid import UUID

from csp.decorators import csp_update
from django.contrib import messages as toasts
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from campaigns.broadcasts.content import wording_of
from campaigns.channels import Outcome
from campaigns.models import Sender, Template, TemplateVersion
from campaigns.personalization import saving
from campaigns.personalization.wording import Wording
from campaigns.sending.trying import send_trial
from campaigns.views.broadcasts.showing import team_of, variant_of
from campaigns.views.looking import seconds_to_wait
from retention.dashboard.access import needs
from retention.kit import clock
from retention.stores import auditing
from retention.stores.limits import Limit

OF_PERSON, OF_STORE = Limit("mail-trial-of-person", 10, 60), Limit("mail-trial", 20, 60)
_MAILS = frozenset({TemplateVersion.Kind.MJML, TemplateVersion.Kind.HTML})


@needs("messages.write")
@require_POST
def try_campaign(request: Any, public_id: UUID) -> HttpResponse:
    """Send one of a campaign's mails to members of the team. Fields: variant, a letter; to, addresses of the team."""
    variant = variant_of(public_id, request.POST.get("variant", "a"))
    wording, kind = wording_of(variant)
    if _send(request, wording, kind, sender=variant.sender):
        auditing.note(request, "campaign.tried", target=f"campaign:{public_id}", details={"variant": variant.letter})
    return redirect("campaigns:campaign", request.store.slug, public_id)


@needs("messages.edit")
@csp_update({"frame-src": ["'self'"]})  # type: ignore[arg-type]
@require_http_methods(["GET", "HEAD", "POST"])
def try_template(request: Any, public_id: UUID) -> HttpResponse:
    """Ask whom a mail that is being written shall be sent to, and send it. Fields: to, addresses of the team."""
    template = get_object_or_404(Template.objects.filter(channel="email"), public_id=public_id)
    if request.method != "POST":
        return render(request, "campaigns/content/try.html", {"template": template, "team": team_of(request)})
    content = saving.written(template)
    if _send(request, content.main, content.kind, sender=None):
        auditing.note(request, "template.tried", target=f"template:{public_id}")
    return redirect("campaigns:template", request.store.slug, public_id)


def _send(request: Any, wording: Wording, kind: str, *, sender: Sender | None) -> bool:
    """Send to those chosen and say what the provider answered; return whether anything left. Only the team's own addresses are taken."""
    if kind not in _MAILS:
        toasts.error(request, _("A test can be sent of an e-mail only."))
        return False
    team = {address for address, _name, _me in team_of(request)}
    to = [address for address in request.POST.getlist("to") if address in team]
    if not to:
        toasts.error(request, _("Choose at least one of your team to send the test to."))
        return False
    seconds = seconds_to_wait(request, of_person=OF_PERSON, of_store=OF_STORE)
    if seconds:
        toasts.warning(request, _("That were many tests. Try again in %(seconds)d seconds.") % {"seconds": seconds})
        return False
    answers = send_trial(request.store, wording, kind, to=to, sender=sender, now=clock.now())
    refused = {address: answer for address, answer in answers.items() if answer.outcome is not Outcome.ACCEPTED}
    for address, answer in refused.items():
        toasts.error(request, _("The test to %(address)s did not leave: %(answer)s") % {"address": address, "answer": answer.detail})
    left = len(answers) - len(refused)
    if left:
        words = ngettext("The test is on its way to %(count)d person.", "The test is on its way to %(count)d people.", left)
        toasts.success(request, words % {"count": left})
    return left > 0
