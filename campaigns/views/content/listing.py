"""The templates of a store: what mails say, which version is live, and making a new one."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from campaigns.models import Template
from campaigns.personalization import saving
from campaigns.personalization.importing import import_html
from campaigns.personalization.push_texts import PushText
from campaigns.personalization.wording import LONGEST_SOURCE, Content, Wording
from retention.dashboard.access import allows, needs
from retention.kit import clock
from retention.kit.words import one_line
from retention.stores import auditing

STARTER = """<mjml>
  <mj-body background-color="#f4f6f7">
    <mj-section background-color="#ffffff" padding="24px 16px">
      <mj-column>
        <mj-text font-size="20px" font-weight="700">{{ shop.name }}</mj-text>
        <mj-text font-size="16px" line-height="1.5">Hello {{ profile.first_name | default: 'there' }},</mj-text>
        <mj-button href="{{ shop.web_address }}" background-color="{{ shop.color }}">To the shop</mj-button>
      </mj-column>
    </mj-section>
  </mj-body>
</mjml>
"""


@needs("messages.view")
@require_safe
def list_templates(request: HttpRequest) -> HttpResponse:
    """Show all templates by name, with what is live and what is being written."""
    rows = [
        {"template": template, "badge": "live" if template.live_number and template.draft is None else "draft"}
        for template in Template.objects.kept().by_name()
    ]
    context = {"rows": rows, "may_edit": allows(getattr(request, "role", None), capability="messages.edit")}
    return render(request, "campaigns/content/list.html", context)


@needs("messages.edit")
@require_POST
def new_template(request: Any) -> HttpResponse:
    """Make a template: from HTML made elsewhere where some is given, else from a short beginning; and open it."""
    name = one_line(request.POST.get("name", ""), longest=120) or _("New message")
    brought = request.POST.get("html", "").replace("\0", "")[:LONGEST_SOURCE]
    wanted = request.POST.get("channel", "")
    channel = wanted if wanted in {"push", "onsite"} else "email"
    if channel != "email":
        look = "slide" if channel == "onsite" else ""
        content = Content("push", Wording("", "", str(PushText(link="{{ shop.web_address }}", look=look))))
    elif brought.strip():
        content = Content("html", Wording("", "", import_html(brought)))
    else:
        content = Content(main=Wording("", "", STARTER))
    template = saving.create(name, content=content, user_id=request.user.pk, now=clock.now(), channel=channel)
    auditing.note(request, "template.made", target=f"template:{template.public_id}")
    return redirect("campaigns:template", store_slug=request.store.slug, public_id=template.public_id)


@needs("messages.edit")
@require_POST
def duplicate_template(request: Any, public_id: UUID) -> HttpResponse:
    """Make a copy of what the editor of a template shows, and open it."""
    template = get_object_or_404(Template.objects.all(), public_id=public_id)
    name = one_line(_("%(name)s, copy") % {"name": template.name}, longest=120)
    copy = saving.duplicate(template, name=name, user_id=request.user.pk, now=clock.now())
    auditing.note(request, "template.made", target=f"template:{copy.public_id}")
    return redirect("campaigns:template", store_slug=request.store.slug, public_id=copy.public_id)
