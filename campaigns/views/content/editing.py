"""The editor of a template: source on one side, the mail as one person sees it and the checks on the other; versions below."""

from typing import Any
from uuid import UUID

from csp.decorators import csp, csp_update
from django.contrib import messages as toasts
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from campaigns.models import Template, TemplateVersion
from campaigns.personalization import saving
from campaigns.personalization.checking import findings_of, must_mend
from campaigns.personalization.push_texts import SHOWN_TEXT, SHOWN_TITLE, PushText
from campaigns.personalization.render import TemplateFault
from campaigns.personalization.vocabulary import words_of_store
from campaigns.personalization.wording import Content, Wording
from campaigns.views.content.people import person_of
from campaigns.views.content.posted import language_of, wording_from
from campaigns.views.content.short import sms_context
from campaigns.views.content.showing import blocks_context, checks_of, languages_of, offered_products, palette
from campaigns.views.frames import FRAME_POLICY, marked, show_message, shown
from campaigns.views.looking import look_at
from retention.dashboard.access import needs
from retention.kit import clock
from retention.kit.words import one_line
from retention.stores import auditing


@needs("messages.edit")
@csp_update({"frame-src": ["'self'"]})  # type: ignore[arg-type]
@require_http_methods(["GET", "HEAD", "POST"])
def edit_template(request: Any, public_id: UUID) -> HttpResponse:
    """Show the editor, keep what is written, or make it the next version."""
    template = get_object_or_404(Template.objects.select_related("draft_by"), public_id=public_id)
    if request.method != "POST":
        return _page(request, template, saving.written(template), basis=saving.Basis.of(template))
    before = saving.written(template)
    content = before.with_wording(language_of(request, before), wording_from(request, channel=template.channel))
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
    language = language_of(request, content)
    wording = _marked(request, content.in_language(language), content.kind)
    made = look_at(request, wording, content.kind, customer=person_of(request), language=language)
    look = PushText.read(wording.source).look if content.kind == "push" else ""
    return show_message(request, shown(made, dark=request.GET.get("as") == "dark"), kind=content.kind, look=look)


@needs("messages.edit")
@require_POST
def restore_version(request: Any, public_id: UUID) -> HttpResponse:
    """Make an old version the newest one; a draft that differs is not written over."""
    template = get_object_or_404(Template.objects.all(), public_id=public_id)
    number = request.POST.get("number", "")
    wanted = int(number) if number.isdecimal() and len(number) < 10 else 0
    version = get_object_or_404(TemplateVersion.objects.filter(template=template), number=wanted)
    if template.draft is not None:
        toasts.warning(request, _("There is a draft. Save it or let go of it first; nothing was changed."))
        return redirect("campaigns:template_versions", store_slug=request.store.slug, public_id=template.public_id)
    with transaction.atomic():
        newest = saving.restore(template, version, user_id=request.user.pk, now=clock.now())
        auditing.note(request, "template.saved", target=f"template:{template.public_id}", details={"number": newest.number})
    return _back(request, template)


def _page(
    request: Any, template: Template, content: Content, *, basis: saving.Basis, conflict: bool = False, status: int = 200
) -> HttpResponse:
    language = language_of(request, content)
    person, search = person_of(request), request.GET.get("q", "")[:100]
    wording = content.in_language(language)
    context = {
        "template": template,
        "content": content,
        "wording": wording,
        "language": language,
        "languages": languages_of(content, language),
        "basis": str(basis),
        "conflict": conflict,
        "findings": checks_of(content),
        "words": [{"path": word.path.replace("[]", ""), "label": word.label.render(_)} for word in words_of_store()],
        "person": person,
        "search": search,
        "view": request.GET.get("as", ""),
        "versions_count": TemplateVersion.objects.filter(template=template).count(),
    }
    if content.kind == "text":
        return render(request, "campaigns/content/sms.html", {**context, **sms_context(request, wording, person)}, status=status)
    if content.kind == "push":
        return render(request, "campaigns/content/push.html", {**context, **_push_context(wording)}, status=status)
    if content.kind == "mjml":
        context |= blocks_context(wording.source) | {"palette": palette(), "products": offered_products()}
    return render(request, "campaigns/content/editor.html", context, status=status)


def _push_context(wording: Wording) -> dict[str, Any]:
    return {
        "push": PushText.read(wording.source),
        "looks": {"bar": _("A bar at the top"), "slide": _("A box that slides in"), "modal": _("In the middle of the page")},
        "push_title_most": SHOWN_TITLE,
        "push_text_most": SHOWN_TEXT,
    }


def _marked(request: Any, wording: Wording, kind: str) -> Wording:
    """Return the mail with the block that is being filled in marked, so that its frame can scroll to it."""
    at = request.GET.get("at", "")
    if kind != "mjml" or not at.isdecimal() or len(at) > 6:
        return wording
    return Wording(wording.subject, wording.preheader, marked(wording.source, int(at)))


def _back(request: Any, template: Template) -> HttpResponse:
    where = reverse("campaigns:template", kwargs={"store_slug": request.store.slug, "public_id": template.public_id})
    language = urlencode({"lang": request.POST.get("lang", "")})
    return redirect(f"{where}?{language}" if language != "lang=" else where)
