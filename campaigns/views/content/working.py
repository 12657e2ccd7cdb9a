"""The live answers of the editor: every change is kept as the draft at once, and answered with blocks, checks and what was done."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils.formats import time_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from campaigns.models import Template
from campaigns.personalization import saving
from campaigns.personalization.blocks.editing import Refused, change
from campaigns.personalization.blocks.tree import NoBlocks
from campaigns.personalization.brands import ready_words
from campaigns.personalization.wording import Wording
from campaigns.views.content.posted import language_of, wording_from
from campaigns.views.content.showing import blocks_html, checks_html
from retention.dashboard.access import needs
from retention.kit import clock


@needs("messages.edit")
@require_POST
def work_on(request: Any, public_id: UUID) -> HttpResponse:
    """Do what a button of the block list says, keep the draft, and answer with how it stands.

    Takes the form of the editor, `deed` and `number` (see `blocks/editing.py`) and what was filled in as `f.<key>`. Answers JSON: {"basis",
    "source", "number", "said", "saved", "blocks", "checks"}; {"conflict": true} with 409 where somebody else changed it meanwhile, and then
    nothing was kept.
    """
    template = get_object_or_404(Template.objects.all(), public_id=public_id)
    before = saving.written(template)
    language = language_of(request, before)
    wording = wording_from(request, channel=template.channel)
    wording, number, said = _done(request, wording) if request.POST.get("deed") else (wording, _number(request), "")
    content = before.with_wording(language, wording)
    basis = saving.Basis.read(request.POST.get("basis", "")) or saving.Basis()
    try:
        kept = saving.keep_draft(template, content, based_on=basis, user_id=request.user.pk, now=clock.now())
    except saving.Newer:
        return JsonResponse({"conflict": True}, status=409)
    return JsonResponse(
        {
            "basis": str(saving.Basis.of(kept)),
            "source": wording.source,
            "number": number,
            "said": said,
            "saved": _("Kept at %(time)s") % {"time": time_format(localtime(clock.now()), "H:i:s")},
            "blocks": blocks_html(request, wording.source, open_number=number) if content.kind == "mjml" else "",
            "checks": checks_html(request, content),
        }
    )


def _done(request: Any, wording: Wording) -> tuple[Wording, int, str]:
    """Return the wording after a deed, the block that was meant, and why it was not done."""
    number = _number(request)
    values = {name.removeprefix("f."): value[:20_000] for name, value in request.POST.items() if name.startswith("f.")}
    until = localtime(clock.now()).replace(hour=20, minute=0).strftime("%Y-%m-%d %H:%M")
    ready = ready_words(request.store) | {"until": until}
    try:
        changed = change(wording.source, request.POST["deed"], number, values=values, ready=ready)
    except (Refused, NoBlocks) as refused:
        return wording, number, refused.words.render(_)
    return Wording(wording.subject, wording.preheader, changed.source), changed.number, ""


def _number(request: Any) -> int:
    number = request.POST.get("number", "")
    return int(number) if number.isdecimal() and len(number) < 8 else 0
