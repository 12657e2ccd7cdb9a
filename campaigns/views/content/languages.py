"""The languages of a mail: which there are, whom each reaches, what is missing, and adding or leaving one."""

from typing import Any
from uuid import UUID

from django.contrib import messages as toasts
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from campaigns.models import Template
from campaigns.personalization import saving
from campaigns.personalization.wording import MOST_LANGUAGES, Content, Wording, is_language
from retention.customers.models import Customer
from retention.dashboard.access import needs
from retention.kit import clock

MOST_SPOKEN = 12


@needs("messages.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def edit_languages(request: Any, public_id: UUID) -> HttpResponse:
    """Show the languages; add one as a copy of everybody's text, or leave one."""
    template = get_object_or_404(Template.objects.all(), public_id=public_id)
    content = saving.written(template)
    if request.method != "POST":
        return render(request, "campaigns/content/languages.html", _context(template, content))
    language = request.POST.get("language", "").strip().lower().replace("_", "-")
    changed = _changed(request, content, language)
    if changed is None:
        return render(request, "campaigns/content/languages.html", _context(template, content), status=422)
    try:
        basis = saving.Basis.read(request.POST.get("basis", "")) or saving.Basis()
        saving.keep_draft(template, changed, based_on=basis, user_id=request.user.pk, now=clock.now())
    except saving.Newer:
        toasts.warning(request, _("Somebody else changed this meanwhile. Nothing was changed; look at it and try again."))
    return redirect("campaigns:template_languages", store_slug=request.store.slug, public_id=template.public_id)


def _changed(request: Any, content: Content, language: str) -> Content | None:
    """Return the mail as asked for, or None after saying what is wrong."""
    if not is_language(language):
        toasts.error(request, _("Write a language by its short name: de, es, ja or pt-br."))
    elif request.POST.get("do") == "leave":
        return content.without_language(language)
    elif language in content.languages:
        toasts.error(request, _("“%(language)s” is there already.") % {"language": language})
    elif len(content.languages) >= MOST_LANGUAGES:
        toasts.error(request, _("%(most)s languages are the most.") % {"most": MOST_LANGUAGES})
    else:
        return content.with_wording(language, content.main)
    return None


def _context(template: Template, content: Content) -> dict[str, Any]:
    """Return what the page shows. A language that says the same as everybody's text has not been translated yet."""
    spoken = (
        Customer.objects.known().exclude(language="").values_list("language").annotate(people=Count("pk")).order_by("-people", "language")
    )
    people = [(language, count, _answered_by(content, language)) for language, count in spoken[:MOST_SPOKEN]]
    return {
        "template": template,
        "basis": str(saving.Basis.of(template)),
        "rows": [{"key": key, "missing": _missing(content.main, wording)} for key, wording in content.texts() if key],
        "people": [{"language": language, "count": count, "reads": reads, "own": bool(reads)} for language, count, reads in people],
    }


def _answered_by(content: Content, language: str) -> str:
    """Return which language somebody reads, "" for everybody's; the order of `TemplateVersion.parts_for`."""
    wanted = language.lower().replace("_", "-")
    return next((one for one in (wanted, wanted.partition("-")[0]) if one in content.languages), "")


def _missing(main: Wording, wording: Wording) -> list[str]:
    parts = ((_("Subject"), "subject"), (_("Preview line"), "preheader"), (_("Text of the mail"), "source"))
    return [label for label, part in parts if getattr(main, part).strip() and getattr(wording, part) in ("", getattr(main, part))]
