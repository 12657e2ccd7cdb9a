"""One segment: how many, since when, who, why somebody is in or out, what it overlaps with, how its rule changed."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from retention.customers.models import Customer
from retention.dashboard.access import allows, needs
from retention.dashboard.paging import read_page
from retention.kit import clock
from retention.kit.random_ids import read_id
from retention.stores import auditing
from segments import saving
from segments.asking import TooSlow
from segments.building.deeds import Built
from segments.building.drawing import draw
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
from segments.views.building import reach_of
from segments.views.listing import row_of

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
    may_see_people = allows(request.role, capability="customers.view")
    members = SegmentMember.objects.filter(segment=segment).select_related("customer")
    page = read_page(
        members if may_see_people else members.none(), order=("-entered_at", "-customer_id"), cursor=request.GET.get("cursor", ""),
        size=MEMBERS_A_PAGE, total=segment.members_count,
    )  # fmt: skip
    if request.headers.get("HX-Target") == "members":
        return render(request, "segments/_members.html", {"segment": segment, "page": page})
    now = clock.now().astimezone(request.store.timezone)
    today = now.date()
    days = daily_sizes([segment.pk], since=today - timedelta(days=DAYS), until=today).get(segment.pk, [])
    yesterday = today - timedelta(days=1)
    context = row_of(segment, terms) | {
        "root": draw(Built(clean_tree(segment.rule)), terms) if segment.rule else None,
        "page": page,
        "fresh_at": now,
        "sizes": [size for _day, size in days],
        "first_day": days[0] if len(days) > 1 else None,
        "yesterday": SegmentDay.objects.filter(segment=segment, day=yesterday).first(),
        "was_there": bool(days) and days[0][0] <= yesterday,
        "used_by": saving.used_by(segment),
        "may_edit": allows(request.role, capability="segments.edit"),
        "may_see_people": may_see_people,
        "may_export": allows(request.role, capability="customers.export"),
        **_versions(request, segment, terms),
    }
    return render(request, "segments/detail.html", context)


@needs("segments.view")
@require_GET
def reach(request: Any, public_id: UUID) -> HttpResponse:
    """Say how many of the members can be written to, and what other segments they are in."""
    segment = get_object_or_404(Segment.objects.all(), public_id=public_id)
    try:
        counted = count_members(segment, now=clock.now())
        shared = shared_with(segment)
    except TooSlow:
        return render(request, "segments/_reach.html", {"too_slow": True})
    others = {one.pk: one for one in Segment.objects.live().filter(pk__in=shared)}
    overlaps = sorted(((others[pk], count) for pk, count in shared.items() if pk in others), key=lambda pair: (-pair[1], pair[0].name))
    context = {
        "segment": segment,
        "counted": counted,
        **reach_of(counted),
        "overlaps": [(one, count, count / (counted.count or 1)) for one, count in overlaps[:MOST_OVERLAPS]],
    }
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
    whys = [
        Why(one, one.phrase.render(_) if one.phrase else "", one.found.render(_) if one.found else "")
        for one in told
    ]  # fmt: skip
    leaves = [one for one in told if not one.join]
    return {"whys": whys, "fails": sum(not one.holds for one in leaves), "rules": len(leaves), "now": told[0].holds}


@needs("segments.edit")
@require_POST
def archive(request: Any, public_id: UUID) -> HttpResponse:
    """Put a segment away; refused while another one is built on it."""
    segment = get_object_or_404(Segment.objects.kept(), public_id=public_id)
    try:
        saving.archive(segment)
    except saving.Refused as error:
        messages.error(request, saving.refusal_words(error))
        return redirect("segments:detail", request.store.slug, public_id)
    auditing.note(request, "segment.removed", target=f"segment:{segment.pk}", details={"name": segment.name})
    messages.success(request, _("%(name)s is put away. Its versions stay, and you can take it out again.") % {"name": segment.name})
    return redirect("segments:list", request.store.slug)


@needs("segments.edit")
@require_POST
def restore(request: Any, public_id: UUID) -> HttpResponse:
    """Take a segment out again; its members are worked out anew."""
    segment: Segment = get_object_or_404(Segment.objects.filter(state=Segment.State.ARCHIVED), public_id=public_id)

    def take_out() -> Segment:
        saving.restore(segment, now=clock.now())
        return segment

    return _done(request, segment, "segment.changed", take_out)


@needs("segments.edit")
@require_POST
def duplicate(request: Any, public_id: UUID) -> HttpResponse:
    """Make a copy with the same rule under another name."""
    segment = get_object_or_404(Segment.objects.kept(), public_id=public_id)
    name = _free_name(_("%(name)s, copy") % {"name": segment.name})
    return _done(request, segment, "segment.made", lambda: saving.duplicate(segment, name=name, user_id=request.user.pk, now=clock.now()))


@needs("segments.edit")
@require_POST
def freeze(request: Any, public_id: UUID) -> HttpResponse:
    """Keep the members of now as a list of their own."""
    segment = get_object_or_404(Segment.objects.kept(), public_id=public_id)
    now = clock.now()
    name = _free_name(f"{segment.name}, {now.astimezone(request.store.timezone):%Y-%m-%d}")
    return _done(request, segment, "segment.made", lambda: saving.freeze(segment, name=name, user_id=request.user.pk, now=now))


@needs("segments.edit")
@require_POST
def discard(request: Any, public_id: UUID) -> HttpResponse:
    """Let go of a draft beside the saved rule."""
    segment = get_object_or_404(Segment.objects.kept(), public_id=public_id)
    saving.drop_draft(segment)
    messages.success(request, _("The change is let go of; the saved rule stands."))
    return redirect("segments:detail", request.store.slug, public_id)


def _done(request: Any, segment: Segment, deed: str, do: Any) -> HttpResponse:
    """Do it, note it, and lead to what it made."""
    try:
        made = do()
    except (saving.NameTaken, saving.Refused, RuleError) as error:
        messages.error(request, saving.refusal_words(error))
        return redirect("segments:detail", request.store.slug, segment.public_id)
    auditing.note(request, deed, target=f"segment:{made.pk}", details={"name": made.name})
    return redirect("segments:detail", request.store.slug, made.public_id)


def _free_name(name: str) -> str:
    """Return the name, or with a number behind it where another segment has it."""
    taken = set(Segment.objects.kept().filter(name__startswith=name[:110]).values_list("name", flat=True))
    names = [name[:120], *(f"{name[:112]} {number}" for number in range(2, 100))]
    return next((one for one in names if one not in taken), name[:120])


def _versions(request: Any, segment: Segment, terms: Terms) -> dict[str, Any]:
    """Return the saved versions, newest first, and what changed with the one asked for."""
    rows = list(SegmentVersion.objects.filter(segment=segment).select_related("saved_by").order_by("-number")[:MOST_VERSIONS])
    asked = request.GET.get("version", "")
    number = int(asked) if asked.isdecimal() and 1 < int(asked) <= segment.version else 0
    if not number:
        return {"versions": rows}
    try:
        changed = saving.compare_versions(segment, older=number - 1, newer=number, terms=terms)
    except (RuleError, KeyError):
        return {"versions": rows, "version": number, "cannot_compare": True}
    return {"versions": rows, "version": number, "changed": [(one.is_new, one.phrase.render(_)) for one in changed]}
