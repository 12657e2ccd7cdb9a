"""The messages of one journey or campaign: to whom, which step, what became of it, and why something was held back."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from campaigns.broadcasts import freezing
from campaigns.models import Campaign, Journey, Message
from campaigns.sending.reasons import words_of
from retention.dashboard.access import allows, needs
from retention.dashboard.paging import read_page

PAGE_SIZE = 25
BADGES = {
    "planned": "queued",
    "ready": "queued",
    "sending": "sending",
    "sent": "delivered",
    "failed": "failed",
    "unknown": "unknown",
    "suppressed": "held",
    "skipped": "late",
    "quarantined": "needs",
    "held_out": "empty",
}


@needs("messages.view")
@require_safe
def list_messages(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Show a page of a journey's messages, newest first, all of them or those of one state."""
    journey = get_object_or_404(Journey.objects.no_shadows(), public_id=public_id)
    return _page(request, journey, kind="journey", crumbs=[("campaigns:journeys", _("Journeys")), ("campaigns:journey", journey.name)])


@needs("messages.view")
@require_safe
def list_campaign_messages(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Show a page of a campaign's messages, newest first, all of them or those of one state."""
    campaign = get_object_or_404(Campaign.objects.all(), public_id=public_id)
    return _page(
        request, campaign, kind="campaign", crumbs=[("campaigns:campaigns", _("Campaigns")), ("campaigns:campaign", campaign.name)]
    )


def _page(request: HttpRequest, source: Journey | Campaign, *, kind: str, crumbs: list[tuple[str, str]]) -> HttpResponse:
    state = request.GET.get("state", "")
    rows = Message.objects.filter(source_kind=kind, source_id=source.pk).select_related("customer")
    if state in BADGES:
        rows = rows.filter(state=state)
    page = read_page(rows, order=["-planned_at", "-id"], cursor=request.GET.get("cursor", ""), size=PAGE_SIZE)
    sees_people = allows(getattr(request, "role", None), capability="customers.view")
    lines = [
        {
            "message": message,
            "who": str(message.customer) if sees_people else _("a customer"),
            "badge": "clicked" if message.clicked_at else BADGES[message.state],
            "word": _("Clicked") if message.clicked_at else _("Opened") if message.opened_at else _word(message),
            "subject": _subject(message, shown=sees_people),
            "why": words_of(message.reason, channel=message.channel).render(_) if message.reason else "",
        }
        for message in page.rows
    ]
    left = not page.rows and isinstance(source, Campaign) and freezing.report_of(source) is not None
    states = [(key, label) for key, label in Message.State.choices if key in BADGES]
    context = {
        "source": source, "crumbs": crumbs, "page": page, "lines": lines, "state": state, "states": states, "sees_people": sees_people,
        "left": left,
    }  # fmt: skip
    return render(request, "campaigns/messages.html", context)


def _subject(message: Message, *, shown: bool) -> str:
    """Return the subject; where there is none yet, or it is not for these eyes, what tells the message from others."""
    if shown and message.subject:
        return message.subject
    if message.source_kind == "journey":
        return message.step
    if message.variant:
        return _("Variant %(letter)s") % {"letter": message.variant.upper()}
    return _("nothing written") if shown else _("hidden")


def _word(message: Message) -> str:
    return _("Delivered") if message.delivered_at else str(message.get_state_display())
