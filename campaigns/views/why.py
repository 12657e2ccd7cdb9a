"""Why a person got a message, or did not: every message with the gate's answers, and what never wrote to them at all."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from campaigns.models import Message
from campaigns.trace.absent import absent_for
from campaigns.trace.messages import Trace, traces_of
from campaigns.views.messages import BADGES
from retention.customers.models import Customer
from retention.dashboard.access import needs
from retention.dashboard.paging import read_page
from retention.kit import clock

PAGE_SIZE, IN_PANEL = 20, 3
_ICONS = {"email": "mail", "sms": "message-2", "push": "bell", "onsite": "layout-grid"}


@needs("customers.view")
@require_safe
def why(request: Any, public_id: UUID) -> HttpResponse:
    """Show a page of a person's messages with their traces, newest first, and beside the first page what did not write to them."""
    customer = get_object_or_404(Customer.objects.all(), public_id=public_id)
    cursor = request.GET.get("cursor", "")
    page = read_page(Message.objects.filter(customer=customer), order=["-planned_at", "-id"], cursor=cursor, size=PAGE_SIZE)
    rows = [_row(trace) for trace in traces_of(page.rows, say=_)]
    absent = [] if cursor else absent_for(customer, say=_, now=clock.now())
    held = sum(row["trace"].message.state in ("suppressed", "skipped") for row in rows)
    context = {"customer": customer, "page": page, "rows": rows, "absent": absent, "held": held}
    return render(request, "campaigns/why.html", context)


def why_panel(request: HttpRequest, customer: Customer, now: datetime) -> Mapping[str, Any]:
    """Return a person's newest messages in a line each; where there is none, why not is asked all the more."""
    newest = list(Message.objects.filter(customer=customer).order_by("-planned_at", "-id")[:IN_PANEL])
    rows = [_row(trace) for trace in traces_of(newest, say=_)]
    return {"rows": rows, "customer": customer}


def _row(trace: Trace) -> dict[str, Any]:
    message = trace.message
    delivered = _("Delivered") if message.delivered_at else str(message.get_state_display())
    return {
        "trace": trace,
        "icon": _ICONS.get(message.channel, "send"),
        "badge": "clicked" if message.clicked_at else BADGES[message.state],
        "word": _("Clicked") if message.clicked_at else delivered,
        "title": message.subject or trace.source or message.step,
        "held": message.state in ("suppressed", "skipped", "failed", "quarantined"),
        "told": [
            {
                "told": told,
                "gates": [
                    {"question": gate.question, "answer": _("yes") if gate.passed else _("no"), "passed": gate.passed}
                    for gate in told.gates
                    if gate.passed is not None
                ],
            }
            for told in trace.told
        ],
    }
