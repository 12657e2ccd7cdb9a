"""One segment: how many, since when, who, why somebody is in or out, what it overlaps with, how its rule changed."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.db import OperationalError, transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from retention.customers.models import Customer
from retention.dashboard.access import may, needs
from retention.dashboard.paging import read_page
from retention.kit import clock
from retention.kit.random_ids import read_id
from retention.stores import auditing
from segments import saving
from segments.asking import CannotAsk
from segments.building.deeds import Built
from segments.building.drawing import draw
from segments.counting import Counted
from segments.growing import daily_sizes
from segments.knowing import read, terms_of_store
from segments.loading import load_people
from segments.models import Segment, SegmentDay, SegmentMember, SegmentVersion
from segments.overlapping import count_members, shared_with
from segments.rules.evaluator import needs_of
from segments.rules.rearranging import clean_tree
from segments.rules.sentence import Reason, reasons
from segments.rules.terms import At, Terms
from segments.rules.tree import RuleError
from segments.telling import freshness_of
from segments.views.building import reach_of
from segments.views.listing import row_of

LOCKED = "55P03"  # a lock was not to be had in time
MEMBERS_A_PAGE, DAYS, MOST_FOUND, MOST_OVERLAPS, MOST_VERSIONS = 25, 90, 8, 8, 20


@dataclass(frozen=True)
class Why:
    """A node of the rule for one person: true or not, its sentence, what decides it."""

    reason: Reason
    words: str
    found: str


@needs("segments.view")
@require_GET
def segment_detail(request: Any, public_id: UUID) -> HttpResponse:
    """Show one segment. cursor: further members; older, newer: two versions to compare."""
    segment = get_object_or_404(Segment.objects.all(), public_id=public_id)
    terms = terms_of_store()
    may_see_people = may(request, "customers.view")
    members = SegmentMember.objects.filter(segment=segment).select_related("customer")
    page = read_page(
        members if may_see_people else members.none(), order=("-entered_at", "-customer_id"), cursor=request.GET.get("cursor", ""),
        size=MEMBERS_A_PAGE, total=segment.members_count,
    )  # fmt: skip
    if request.headers.get("HX-Target") == "sg-now" and segment.is_up_to_date:
        return HttpResponse(headers={"HX-Refresh": "true"})  # the people are there: the whole page has changed
    if request.headers.get("HX-Target") == "members":
        return render(request, "segments/_members.html", {"segment": segment, "page": page})
    now = clock.now().astimezone(request.store.timezone)
    today = now.date()
    days = daily_sizes([segment.pk], since=today - timedelta(days=DAYS), until=today).get(segment.pk, [])
    yesterday = today - timedelta(days=1)
    told = row_of(segment, terms)
    rule = segment.rule or segment.draft
    context = told | {
        "root": draw(Built(clean_tree(rule)), terms) if rule else None,
        "fresh": freshness_of(segment, now=clock.now()),
        "new": uuid4(),
        "page": page,
        "sizes": [size for _day, size in days],
        "first_day": days[0] if len(days) > 1 else None,
        "yesterday": SegmentDay.objects.filter(segment=segment, day=yesterday).first(),
        "was_there": bool(days) and days[0][0] <= yesterday,
        "used_by": saving.used_by(segment),
        "may_edit": may(request, "segments.edit"),
        "may_write": may(request, "messages.write"),
        "may_see_people": may_see_people,
        "may_export": may(request, "customers.export"),
        **_versions(request, segment, terms),
    }
    return render(request, "segments/detail.html", context)


@needs("segments.view")
@require_GET
def reach(request: Any, public_id: UUID) -> HttpResponse:
    """Say how many of the members can be written to, and what other segments they are in."""
    segment = get_object_or_404(Segment.objects.all(), public_id=public_id)
    context: dict[str, Any] = {"segment": segment, "overlaps": None}
    counted: Counted | None = None
    with suppress(CannotAsk):
        counted = count_members(segment, now=clock.now())
        context |= {"counted": counted, **reach_of(counted)}
    with suppress(CannotAsk):
        shared = shared_with(segment)
        others = Segment.objects.live().filter(pk__in=shared).defer("rule", "draft")
        found = sorted(((one, shared[one.pk]) for one in others), key=lambda pair: (-pair[1], pair[0].name))
        whole = max(1, counted.count if counted else segment.members_count)
        context["overlaps"] = [(one, count, count / whole) for one, count in found[:MOST_OVERLAPS]]
    return render(request, "segments/_reach.html", context)


@needs("customers.view")
@require_GET
def why(request: Any, public_id: UUID) -> HttpResponse:
    """Say why a person is in or is not. q: part of a name or address; person: the id of one found."""
    segment = get_object_or_404(Segment.objects.kept(), public_id=public_id)
    search, chosen = request.GET.get("q", "").strip(), request.GET.get("person", "")
    everybody: Any = Customer.objects.all()
    found = list(everybody.found_by(search).order_by("-created_at", "-id")[:MOST_FOUND]) if search and not chosen else []
    person = Customer.objects.filter(public_id=chosen).first() if read_id(chosen) else found[0] if len(found) == 1 else None
    context: dict[str, Any] = {"segment": segment, "search": search, "found": found, "person": person, "looked": bool(search or chosen)}
    if person is not None:
        context |= {"is_in": SegmentMember.objects.filter(segment=segment, customer=person).exists(), **_whys(segment, person)}
    return render(request, "segments/_why.html", context)


def _whys(segment: Segment, person: Customer) -> dict[str, Any]:
    """Return each node of the rule with its answer for a person."""
    at = At(clock.now(), terms_of_store())
    try:
        rule = read(segment.rule, at.terms)
    except RuleError:
        return {"whys": [], "broken": bool(segment.rule)}
    loaded = load_people([person.pk], needs_of(rule, at)).get(person.pk)
    if loaded is None:
        return {"whys": []}
    told = reasons(rule, loaded, at)
    whys = [Why(one, one.phrase.render(_) if one.phrase else "", one.found.render(_) if one.found else "") for one in told]
    first = [one for one in told if one.depth == 1]
    fitting = sum(one.fits for one in first)
    return {"whys": whys, "join": rule.root.join, "fits": fitting, "fails": len(first) - fitting, "rules": len(first), "now": told[0].holds}


@needs("segments.edit")
@require_POST
def archive(request: Any, public_id: UUID) -> HttpResponse:
    """Put a segment away; refused while another one is built on it."""
    segment = get_object_or_404(Segment.objects.kept(), public_id=public_id)
    said = _("%(name)s is put away. You can take it out again.") % {"name": segment.name}
    return _done(request, segment, "segment.removed", lambda: saving.archive(segment), said=said, to_list=True)


@needs("segments.edit")
@require_POST
def restore(request: Any, public_id: UUID) -> HttpResponse:
    """Take a segment out again; its members are worked out anew."""
    segment = get_object_or_404(Segment.objects.filter(state=Segment.State.ARCHIVED), public_id=public_id)
    return _done(request, segment, "segment.changed", lambda: saving.restore(segment, now=clock.now()))


@needs("segments.edit")
@require_POST
def duplicate(request: Any, public_id: UUID) -> HttpResponse:
    """Make a copy with the same rule under another name."""
    segment = get_object_or_404(Segment.objects.kept(), public_id=public_id)
    name, who, new_id = _("%(name)s, copy") % {"name": segment.name}, request.user.pk, read_id(request.POST.get("new", ""))
    return _done(
        request, segment, "segment.made",
        lambda: saving.duplicate(segment, name=saving.free_name(name), user_id=who, now=clock.now(), public_id=new_id), new_id=new_id,
    )  # fmt: skip


@needs("segments.edit")
@require_POST
def freeze(request: Any, public_id: UUID) -> HttpResponse:
    """Keep the members of now as a list of their own."""
    segment = get_object_or_404(Segment.objects.live(), public_id=public_id)
    now, new_id = clock.now(), read_id(request.POST.get("new", ""))
    name, who = f"{segment.name}, {now.astimezone(request.store.timezone):%Y-%m-%d}", request.user.pk
    return _done(
        request, segment, "segment.made",
        lambda: saving.freeze(segment, name=saving.free_name(name), user_id=who, now=now, public_id=new_id), new_id=new_id,
    )  # fmt: skip


@needs("segments.edit")
@require_POST
def discard(request: Any, public_id: UUID) -> HttpResponse:
    """Let go of a draft beside the saved rule."""
    segment = get_object_or_404(Segment.objects.kept(), public_id=public_id)
    said = _("The change is let go of; the saved rule stands.")
    return _done(request, segment, "segment.changed", lambda: saving.drop_draft(segment), said=said)


def _done(
    request: Any, segment: Segment, deed: str, do: Callable[[], Segment | None], *, said: str = "", to_list: bool = False,
    new_id: UUID | None = None,
) -> HttpResponse:  # fmt: skip
    """Do it and note it, in one transaction; say so, or what keeps it from being done. Leads to what it made, or where it was asked for.

    new_id: of what it makes, so that the same button twice makes one, and leads there.
    """
    try:
        with transaction.atomic():
            there = saving.made_before(new_id) if new_id else None
            made = there or do() or segment
            if there is None:
                auditing.note(request, deed, target=f"segment:{made.pk}", details={"name": made.name})
    except (saving.NameTaken, saving.Refused, RuleError) as error:
        messages.error(request, saving.refusal_words(error))
        return redirect("segments:detail", request.store.slug, segment.public_id)
    except OperationalError as error:
        if getattr(error.__cause__, "pgcode", None) != LOCKED:
            raise
        messages.error(request, _("The segments are being worked out just now. Try again in a minute."))
        return redirect("segments:detail", request.store.slug, segment.public_id)
    if said:
        messages.success(request, said)
    return redirect("segments:list", request.store.slug) if to_list else redirect("segments:detail", request.store.slug, made.public_id)


def _versions(request: Any, segment: Segment, terms: Terms) -> dict[str, Any]:
    """Return the saved versions, newest first, and what changed with the one asked for."""
    rows = list(SegmentVersion.objects.filter(segment=segment).select_related("saved_by").order_by("-number")[:MOST_VERSIONS])
    asked = request.GET.get("version", "")
    number = int(asked) if asked.isdecimal() and len(asked) < 9 and 1 < int(asked) <= segment.version else 0
    if not number:
        return {"versions": rows}
    try:
        changed = saving.compare_versions(segment, older=number - 1, newer=number, terms=terms)
    except (RuleError, KeyError):
        return {"versions": rows, "version": number, "cannot_compare": True}
    return {"versions": rows, "version": number, "changed": [(one.is_new, one.phrase.render(_)) for one in changed]}
