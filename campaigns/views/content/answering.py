"""The button that asks whether the links of a mail answer."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from campaigns.models import Template
from campaigns.personalization import saving
from campaigns.personalization.answering import ask_links
from campaigns.personalization.render import CannotRender
from campaigns.views.content.people import person_of
from campaigns.views.content.posted import language_of
from campaigns.views.looking import look_at
from retention.dashboard.access import needs
from retention.stores.limits import Limit, spend_or_local

ASKS = Limit("ask-links", 6, 60)


@needs("messages.edit")
@require_POST
def ask_links_of(request: Any, public_id: UUID) -> HttpResponse:
    """Ask each address of what is written, and list what it said."""
    template = get_object_or_404(Template.objects.all(), public_id=public_id)
    content = saving.written(template)
    allowed = spend_or_local(ASKS, who=str(request.store.pk))
    made = look_at(request, content.in_language(language_of(request, content)), content.kind, customer=person_of(request))
    if not allowed.allowed or isinstance(made, CannotRender):
        why = made.detail if isinstance(made, CannotRender) else _("Asked often enough. Try again in a minute.")
        return render(request, "campaigns/content/_links.html", {"why": why, "links": []})
    asked = [one for one in ask_links(made.html) if not one.address.startswith("https://preview.invalid/")]
    links = [{"address": one.address, "good": one.good, "words": one.words.render(_)} for one in asked]
    return render(request, "campaigns/content/_links.html", {"why": "", "links": links})
