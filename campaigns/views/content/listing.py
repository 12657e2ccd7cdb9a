"""The templates of a store: what mails say, which version is live, and making a new one."""

import threading
from typing import Any
from uuid import UUID

from csp.decorators import csp, csp_update
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from campaigns.models import Template
from campaigns.personalization import saving
from campaigns.personalization.brands import ready_words
from campaigns.personalization.importing import import_html
from campaigns.personalization.push_texts import PushText
from campaigns.personalization.ready import READY_MAILS, wording_of
from campaigns.personalization.ready.shell import mail, part, text
from campaigns.personalization.wording import LONGEST_SOURCE, Content, Wording
from campaigns.views.frames import FRAME_POLICY, show_mail, shown
from campaigns.views.looking import look_at
from retention.dashboard.access import allows, needs
from retention.kit import clock
from retention.kit.words import one_line
from retention.stores import auditing

CHANNELS = {
    "email": ("mail", gettext_lazy("E-mail")),
    "sms": ("message-2", gettext_lazy("SMS")),
    "push": ("bell", gettext_lazy("Push")),
    "onsite": ("layout-grid", gettext_lazy("On the site")),
}
_one_at_a_time = threading.Lock()  # a page asks for all of them at once; one render process is enough for that
EMPTY_TEXT = "Hello {{ profile.first_name | default: 'there' }},"


@needs("messages.view")
@require_safe
def list_templates(request: HttpRequest) -> HttpResponse:
    """Show the templates of one channel (`?channel=`) by name, with what is live and what is being written."""
    asked = request.GET.get("channel", "email")
    channel = asked if asked in CHANNELS else "email"
    kept = Template.objects.kept()
    counts = dict(kept.order_by().values_list("channel").annotate(count=Count("pk")))
    rows = [
        {"template": template, "badge": "live" if template.live_number and template.draft is None else "draft"}
        for template in kept.filter(channel=channel).by_name()
    ]
    context = {
        "rows": rows,
        "channel": channel,
        "tabs": [
            {"label": label, "url": f"?channel={key}", "current": key == channel, "count": counts.get(key, 0)}
            for key, (_icon, label) in CHANNELS.items()
        ],
        "may_edit": allows(getattr(request, "role", None), capability="messages.edit"),
    }
    return render(request, "campaigns/content/list.html", context)


@needs("messages.edit")
@csp_update({"frame-src": ["'self'"]})
@require_http_methods(["GET", "HEAD", "POST"])
def new_template(request: Any) -> HttpResponse:
    """Show what a message can begin with; or make one, ready-made, empty, short, or from HTML made elsewhere, and open it."""
    if request.method != "POST":
        ready = [{"key": key, "name": one.name.render(_), "summary": one.summary.render(_)} for key, one in READY_MAILS.items()]
        return render(request, "campaigns/content/new.html", {"ready": ready})
    channel, content, called = _begun(request)
    name = one_line(request.POST.get("name", ""), longest=120) or called
    template = saving.create(name, content=content, user_id=request.user.pk, now=clock.now(), channel=channel)
    auditing.note(request, "template.made", target=f"template:{template.public_id}")
    return redirect("campaigns:template", store_slug=request.store.slug, public_id=template.public_id)


def _begun(request: Any) -> tuple[str, Content, str]:
    """Return channel, content and name of what is begun."""
    if request.POST.get("channel") == "sms":
        return "sms", Content("text", Wording("", "", "{{ shop.name }}: ")), _("New SMS")
    if request.POST.get("channel") in {"push", "onsite"}:
        look = "slide" if request.POST["channel"] == "onsite" else ""
        short = PushText(link="{{ shop.web_address }}", look=look)
        return request.POST["channel"], Content("push", Wording("", "", str(short))), _("New message")
    brought = request.POST.get("html", "").replace("\0", "")[:LONGEST_SOURCE]
    if brought.strip():
        return "email", Content("html", Wording("", "", import_html(brought)[:LONGEST_SOURCE])), _("New mail")
    key = request.POST.get("ready", "")
    if key in READY_MAILS:
        ready = READY_MAILS[key]
        return "email", Content(main=wording_of(ready, words=ready_words(request.store), locale=request.store.locale)), ready.name.render(_)
    return "email", Content(main=Wording("", "", mail(part(text(EMPTY_TEXT))))), _("New mail")


@needs("messages.edit")
@require_safe
@csp(FRAME_POLICY)  # type: ignore[arg-type]
@xframe_options_sameorigin
def preview_ready(request: Any, key: str) -> HttpResponse:
    """Show a ready-made mail as this store's example person sees it, for its frame."""
    if key not in READY_MAILS:
        raise Http404
    wording = wording_of(READY_MAILS[key], words=ready_words(request.store), locale=request.store.locale)
    with _one_at_a_time:
        made = look_at(request, wording, "mjml")
    return show_mail(request, shown(made, dark=request.GET.get("as") == "dark"))


@needs("messages.edit")
@require_POST
def duplicate_template(request: Any, public_id: UUID) -> HttpResponse:
    """Make a copy of what the editor of a template shows, and open it."""
    template = get_object_or_404(Template.objects.all(), public_id=public_id)
    name = one_line(_("%(name)s, copy") % {"name": template.name}, longest=120)
    copy = saving.duplicate(template, name=name, user_id=request.user.pk, now=clock.now())
    auditing.note(request, "template.made", target=f"template:{copy.public_id}")
    return redirect("campaigns:template", store_slug=request.store.slug, public_id=copy.public_id)
