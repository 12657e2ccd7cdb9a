"""The editor of an SMS: how long it is, what it costs, and how it looks on a phone, as one types."""

from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from campaigns.channels.sms.segments import count_segments, fits_gsm, made_plain
from campaigns.channels.sms.stopping import says_how_to_stop
from campaigns.models import Template
from campaigns.personalization import saving
from campaigns.personalization.render import CannotRender
from campaigns.personalization.wording import Wording
from campaigns.sending.assembling.sms import MOST_SEGMENTS
from campaigns.views.content.people import person_of
from campaigns.views.content.posted import language_of, wording_from
from campaigns.views.looking import look_at
from retention.customers.models import Customer
from retention.dashboard.access import needs
from retention.kit import clock
from retention.kit.money import format_price


@needs("messages.edit")
@require_POST
def look_at_sms(request: Any, public_id: UUID) -> HttpResponse:
    """Keep what is typed as the draft and show it as a phone does, with its segments; 409 where somebody else changed it meanwhile."""
    template = get_object_or_404(Template.objects.filter(channel="sms"), public_id=public_id)
    before, wording = saving.written(template), wording_from(request)
    content = before.with_wording(language_of(request, before), wording)
    basis = saving.Basis.read(request.POST.get("basis", "")) or saving.Basis()
    try:
        kept = saving.keep_draft(template, content, based_on=basis, user_id=request.user.pk, now=clock.now())
    except saving.Newer:
        return render(request, "campaigns/content/_sms_look.html", {"conflict": True}, status=409)
    context = {"basis": str(saving.Basis.of(kept)), **sms_context(request, wording, person_of(request))}
    return render(request, "campaigns/content/_sms_look.html", context)


def sms_context(request: Any, wording: Wording, person: Customer | None) -> dict[str, Any]:
    """Return what a phone would show and how it counts; `fault` where it cannot be shown."""
    if not wording.source.strip():
        return {"text": "", "fault": "", "count": None}
    made = look_at(request, wording, "text", customer=person)
    if isinstance(made, CannotRender):
        return {"text": "", "fault": made.detail, "count": None}
    text = made_plain(made.text.strip())
    count = count_segments(text)
    return {
        "text": text,
        "fault": _("Too long: %(most)s segments are the most.") % {"most": MOST_SEGMENTS} if count.segments > MOST_SEGMENTS else "",
        "count": count,
        "odd": " ".join(sorted({sign for sign in text if not fits_gsm(made_plain(sign))})[:20]) if count.encoding != "GSM-7" else "",
        "cost": _cost(request, count.segments),
        "hints": [] if says_how_to_stop(text) else [_("A word on how to stop is added when it is sent.")],
    }


def _cost(request: Any, segments: int) -> dict[str, str] | None:
    """Return what one message and a thousand cost at the price that was typed, or None without one."""
    try:
        price = Decimal(request.POST.get("price", "").strip().replace(",", "."))
    except InvalidOperation:
        return None
    if not price.is_finite() or not 0 < price < 1000:
        return None
    store = request.store
    amounts = {"one": price * segments, "thousand": price * segments * 1000}
    return {name: format_price(amount, currency=store.currency, locale=store.locale) for name, amount in amounts.items()}
