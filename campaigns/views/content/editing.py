"""The editor of a template: source on one side, the mail as one person sees it and the checks on the other; versions below."""

from typing import Any
from uuid import UUID

from csp.decorators import csp, csp_update
from django.contrib import messages as toasts
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from campaigns.models import Template, TemplateVersion
from campaigns.personalization import saving
from campaigns.personalization.checking import Finding, findings_of, must_mend
from campaigns.personalization.push_texts import SHOWN_TEXT, SHOWN_TITLE, PushText
from campaigns.personalization.render import TemplateFault
from campaigns.personalization.vocabulary import words_of_store
from campaigns.personalization.wording import LONGEST_LINE, LONGEST_SOURCE, Content, Wording
from campaigns.sending.previewing import preview
from campaigns.views.frames import FRAME_POLICY, show_message
from retention.customers.models import Customer
from retention.dashboard.access import needs
from retention.kit import clock
from retention.kit.words import one_line
from retention.stores import auditing

SHOWN_VERSIONS = 30


@needs("messages.edit")
@csp_update({"frame-src": ["'self'"]})  # type: ignore[arg-type]
@require_http_methods(["GET", "HEAD", "POST"])
def edit_template(request: Any, public_id: UUID) -> HttpResponse:
    """Show the editor, keep what is written, or make it the next version."""
    template = get_object_or_404(Template.objects.select_related("draft_by"), public_id=public_id)
    if request.method != "POST":
        return _page(request, template, saving.written(template), basis=saving.Basis.of(template))
    content = saving.written(template).with_wording("", _posted(request, channel=template.channel))
    basis = saving.Basis.read(request.POST.get("basis", "")) or saving.Basis()
    try:
        return _kept(request, template, content, basis)
    except saving.Newer as newer:
        return _page(request, newer.template, content, basis=basis, conflict=True, status=409)


def _kept(request: Any, template: Template, content: Content, basis: saving.Basis) -> HttpResponse:
    """Do what the pressed button says; raises Newer."""
    do, now, who = request.POST.get("do", "draft"), clock.now(), request.user.pk
    if do == "copy":
        name = one_line(_("%(name)s, copy") % {"name": template.name}, longest=120)
        template = saving.create(name, content=content, user_id=who, now=now, channel=template.channel)
        return _back(request, template)
    if do == "discard":
        saving.drop_draft(template, based_on=basis)
        return _back(request, template)
    kept = saving.keep_draft(template, content, based_on=basis, user_id=who, now=now)
    if do != "save":
        return _back(request, template)
    if must_mend(findings_of(content, words=words_of_store())):
        toasts.warning(request, _("Kept as a draft. What must be mended stands in the list."))
        return _back(request, template)
    try:
        with transaction.atomic():
            version = saving.save_version(
                kept, **vars(content.main), kind=content.kind, languages=content.languages, user_id=who, now=now,
                based_on=saving.Basis.of(kept),
            )  # fmt: skip
            auditing.note(request, "template.saved", target=f"template:{template.public_id}", details={"number": version.number})
    except TemplateFault as fault:
        toasts.error(request, str(fault))
        return _back(request, template)
    toasts.success(request, _("Version %(number)s is live. The next message uses it.") % {"number": version.number})
    return _back(request, template)


@needs("messages.edit")
@require_safe
@csp(FRAME_POLICY)  # type: ignore[arg-type]
@xframe_options_sameorigin
def preview_template(request: Any, public_id: UUID) -> HttpResponse:
    """Show what is written as one person sees it, for its frame: no script, no form, no link that leads anywhere."""
    template = get_object_or_404(Template.objects.all(), public_id=public_id)
    content = saving.written(template)
    made = preview(content.main, content.kind, store=request.store, customer=_person(request), now=clock.now())
    return show_message(request, made, kind=content.kind, look=PushText.read(content.main.source).look)


@needs("messages.edit")
@require_POST
def restore_version(request: Any, public_id: UUID) -> HttpResponse:
    """Make an old version the newest one; a draft that differs is not written over."""
    template = get_object_or_404(Template.objects.all(), public_id=public_id)
    number = request.POST.get("number", "")
    version = get_object_or_404(TemplateVersion.objects.filter(template=template), number=int(number) if number.isdecimal() else 0)
    if template.draft is not None:
        toasts.warning(request, _("There is a draft. Save it or let go of it first; nothing was changed."))
        return _back(request, template)
    with transaction.atomic():
        newest = saving.restore(template, version, user_id=request.user.pk, now=clock.now())
        auditing.note(request, "template.saved", target=f"template:{template.public_id}", details={"number": newest.number})
    return _back(request, template)


def _page(
    request: Any, template: Template, content: Content, *, basis: saving.Basis, conflict: bool = False, status: int = 200
) -> HttpResponse:
    words = words_of_store()
    person = _person(request)
    context = {
        "template": template,
        "content": content,
        "basis": str(basis),
        "conflict": conflict,
        "findings": [_line(finding) for finding in findings_of(content, words=words)],
        "words": [{"path": word.path.replace("[]", ""), "label": word.label.render(_)} for word in words],
        "person": person,
        "search": request.GET.get("q", "")[:100],
        "view": request.GET.get("as", ""),
        "push": PushText.read(content.main.source) if content.kind == "push" else None,
        "looks": {"bar": _("A bar at the top"), "slide": _("A box that slides in"), "modal": _("In the middle of the page")},
        "push_title_most": SHOWN_TITLE,
        "push_text_most": SHOWN_TEXT,
        "versions": TemplateVersion.objects.filter(template=template).select_related("saved_by").order_by("-number")[:SHOWN_VERSIONS],
    }
    return render(request, "campaigns/content/editor.html", context, status=status)


def _line(finding: Finding) -> dict[str, Any]:
    return {
        "severity": finding.severity,
        "icon": {"must": "x", "should": "alert-triangle", "fine": "check"}[finding.severity],
        "text": finding.words.render(_),
        "hint": finding.hint.render(_) if finding.hint else "",
        "line": finding.line,
        "language": finding.language,
    }


def _posted(request: Any, *, channel: str) -> Wording:
    if channel in {"push", "onsite"}:
        names = ("text", "link", "picture", "look", "days")
        parts = {name: request.POST.get(name, "").replace("\0", "").replace("\r\n", "\n")[:LONGEST_SOURCE] for name in names}
        return Wording(one_line(request.POST.get("subject", ""), longest=LONGEST_LINE), "", str(PushText.of(parts)))
    return Wording(
        subject=one_line(request.POST.get("subject", ""), longest=LONGEST_LINE),
        preheader=one_line(request.POST.get("preheader", ""), longest=LONGEST_LINE),
        source=request.POST.get("source", "").replace("\0", "").replace("\r\n", "\n")[:LONGEST_SOURCE],
    )


def _person(request: Any) -> Customer | None:
    """Return whom the mail is seen as: the first customer the search finds, or None for the example person."""
    search = request.GET.get("q", "").strip()[:100]
    found: Customer | None = Customer.objects.known().found_by(search).order_by("-id").first() if search else None
    return found


def _back(request: Any, template: Template) -> HttpResponse:
    return redirect("campaigns:template", store_slug=request.store.slug, public_id=template.public_id)
