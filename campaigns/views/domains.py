"""Settings, Channels, Senders: who mails come from, and what the DNS says of their domains, with what to add where."""

from typing import Any
from uuid import UUID

from django.contrib import messages as toasts
from django.db import IntegrityError, transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from campaigns.connecting import checking
from campaigns.connecting.judging import TOPICS, Finding
from campaigns.forms import DomainForm, SenderForm
from campaigns.measurement.counters import complaint_share
from campaigns.models import Sender, SendingDomain
from campaigns.views.link_hosts import our_host, shown_hosts
from retention.dashboard.access import allows, needs
from retention.kit import clock
from retention.stores import auditing
from retention.stores.limits import Limit, spend_or_local
from retention.stores.views.settings_tabs import settings_page

PAGE, TAB = "campaigns:senders", "campaigns:connections"
CHECKS = Limit("domain-check", 12, 60)
MOST_COMPLAINTS = 0.003
"""Gmail and Yahoo put mail of senders above this into junk. Source: their rules for bulk senders, February 2024."""
ICONS = {"must": "alert-triangle", "should": "bell", "fine": "check", "unknown": "help-circle"}
TONES = {"must": "bad", "should": "warn", "fine": "", "unknown": "plum"}


@needs("connections.view")
@require_GET
def show_senders(request: Any) -> HttpResponse:
    """Show the senders, and each of their domains with the last check."""
    return _page(request)


@needs("senders.edit")
@require_POST
def add_sender(request: Any) -> HttpResponse:
    """Add a name and an address mails may come from."""
    form = SenderForm(request.POST)
    if not form.is_valid():
        return _page(request, form=form, status=422)
    try:
        with transaction.atomic():
            made = Sender.objects.create(**form.cleaned_data, created_at=clock.now())
            auditing.note(request, "sender.made", target=f"sender:{made.public_id}")
    except IntegrityError:
        form.add_error("address", _("This sender is there already."))
        return _page(request, form=form, status=422)
    toasts.success(request, _("Added. Check its domain before you send by it."))
    return redirect(PAGE, store_slug=request.store.slug)


@needs("senders.edit")
@require_POST
def remove_sender(request: Any, public_id: UUID) -> HttpResponse:
    """Take a sender away; drafts that name it go by the channel's own again, and what has left stays as it was."""
    sender = get_object_or_404(Sender.objects.all(), public_id=public_id)
    with transaction.atomic():
        sender.delete()
        auditing.note(request, "sender.removed", target=f"sender:{public_id}")
    return redirect(PAGE, store_slug=request.store.slug)


@needs("senders.edit")
@require_POST
def check_domain(request: Any) -> HttpResponse:
    """Keep what was told about a domain and ask the DNS. Fields: domain, selectors, return_path."""
    domain = request.POST.get("domain", "")
    if domain not in checking.domains_of_store():
        raise Http404
    form = DomainForm(request.POST)
    row = checking.kept(domain)
    if not form.is_valid():
        return _page(request, told={domain: form}, status=422)
    allowed = spend_or_local(CHECKS, who=str(request.store.pk))
    if not allowed.allowed:
        toasts.warning(request, _("That were many checks. Try again in %(seconds)d seconds.") % {"seconds": allowed.retry_after})
        return redirect(PAGE, store_slug=request.store.slug)
    row.selectors, row.return_path = form.cleaned_data["selectors"], form.cleaned_data["return_path"]
    checking.check(row, now=clock.now())
    auditing.note(request, "domain.checked", target=f"domain:{domain}")
    return redirect(PAGE, store_slug=request.store.slug)


def _page(request: Any, *, form: SenderForm | None = None, told: dict[str, DomainForm] | None = None, status: int = 200) -> HttpResponse:
    rows = {row.domain: row for row in SendingDomain.objects.all()}
    shown = [_shown(rows.get(domain) or SendingDomain(domain=domain), told or {}) for domain in checking.domains_of_store()]
    context = {
        "form": form or SenderForm(),
        "senders": Sender.objects.order_by("name", "id"),
        "domains": shown,
        "complaints": complaint_share(now=clock.now()),
        "most_complaints": MOST_COMPLAINTS,
        "may_edit": allows(request.role, capability="senders.edit"),
        "hosts": [one | {"lines": [_line(finding) for finding in one["findings"]]} for one in shown_hosts(request.store)],
        "our_host": our_host(),
        "example_host": f"links.{next(iter(checking.domains_of_store()), 'example.com')}",
    }
    return settings_page(request, "campaigns/senders.html", current=TAB, status=status, **context)


def _shown(row: SendingDomain, told: dict[str, DomainForm]) -> dict[str, Any]:
    findings = checking.last_findings(row)
    names = {"spf": _("SPF"), "dkim": _("DKIM"), "dmarc": _("DMARC"), "return_path": _("Return path"), "links": _("Links")}
    worst = next((one for one in ("must", "unknown", "should") if any(finding.severity == one for finding in findings)), "fine")
    return {
        "row": row,
        "form": told.get(row.domain) or DomainForm(initial={"selectors": row.selectors, "return_path": row.return_path}, prefix=None),
        "topics": [(names[topic], [_line(one) for one in findings if one.topic == topic]) for topic in TOPICS] if findings else [],
        "worst": worst,
        "rules": _rules(findings),
        "badge": {"must": "needs", "should": "held", "fine": "done", "unknown": "unknown"}[worst],
        "word": {"must": _("Must be mended"), "should": _("Could be better"), "fine": _("All is there"), "unknown": _("Not known")}[worst],
    }


def _line(finding: Finding) -> dict[str, Any]:
    return {
        "icon": ICONS[finding.severity],
        "tone": TONES[finding.severity],
        "words": finding.words.render(_),
        "advice": finding.advice.render(_) if finding.advice else "",
        "add": finding.add,
    }


def _rules(findings: list[Finding]) -> list[tuple[str, bool | None]]:
    """Return what Gmail and Yahoo ask of those who send much, and whether it is so; None where we could not find out."""

    def holds(*topics: str) -> bool | None:
        mine = [one.severity for one in findings if one.topic in topics]
        if "must" in mine:
            return False
        return None if "unknown" in mine or any(one.code == "dkim_not_asked" for one in findings if one.topic in topics) else True

    return [
        (_("SPF and DKIM are set up"), holds("spf", "dkim")),
        (_("There is a DMARC record, and mails of yours pass it"), holds("dmarc", "dkim")),
        (_("People stop with one click; every campaign carries that"), True),
    ]
