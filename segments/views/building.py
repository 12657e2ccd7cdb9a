"""The builder: who belongs, said in sentences one can change, with the count beside it."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.core.cache import cache
from django.db import transaction
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from retention.customers.forms.filters import FilterForm
from retention.customers.models import Customer
from retention.dashboard.access import allows, needs
from retention.kit import clock
from retention.kit.fields import Problem
from retention.kit.random_ids import read_id
from retention.kit.words import one_line
from retention.stores import auditing
from segments import saving
from segments.asking import CannotAsk
from segments.building.deeds import Built, act, read_posted
from segments.building.drawing import draw, draw_open, finished, id_of, say
from segments.building.naming import is_renamed, name_by
from segments.conditions import GROUPS
from segments.counting import Counted, count_each, count_rule
from segments.filtering import tree_of_filters
from segments.knowing import terms_of_store
from segments.library import proven
from segments.models import Segment, SegmentVersion
from segments.rules.rearranging import Json, clean_tree
from segments.rules.terms import At, Terms
from segments.rules.tree import Rule, RuleError

SLOW_MS, COUNT_KEPT_SECONDS, COUNT_TURN_SECONDS = 1_500, 20, 20
MOST_UNDO_LETTERS = 100_000


NAME_WANTED = gettext_lazy("Give it a name you will know it by.")
_NAME_OF_NOBODY = gettext_lazy("Its rule may hold a personal value or an address, and names are told on. Give it a name without.")


def read_words(post: QueryDict) -> dict[str, str]:
    """Read what a segment is called: its name, folder and note, each on one line and no longer than its column."""
    return {name: one_line(post.get(name, ""), longest=longest) for name, longest in (("name", 120), ("folder", 60), ("note", 500))}


@dataclass
class Called:
    """What a segment is called, as it stands in the form. fault: of the name; refusal: why the whole was not saved."""

    name: str = ""
    folder: str = ""
    note: str = ""
    fault: str = ""
    refusal: str = ""

    @classmethod
    def of(cls, post: QueryDict) -> "Called":
        """Read the form."""
        return cls(**read_words(post))


@needs("segments.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def new_segment(request: Any) -> HttpResponse:
    """Build a new segment. take: the key of a proven one to begin with; else the words of the customers list, whose filters begin it."""
    if request.method == "POST":
        return _answer(request, None)
    one = proven(request.GET.get("take", ""))
    tree = clean_tree(one.rule) if one else _tree_of_list(request)
    called = Called(name=_(one.name), note=_(one.advice)) if one else Called()
    return _page(request, None, Built(tree), called, terms_of_store())


def _tree_of_list(request: Any) -> Json:
    currency = request.store.currency
    return tree_of_filters(FilterForm(request.GET, currency=currency).chosen(), view=request.GET.get("view", ""), currency=currency)


@needs("segments.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def edit_segment(request: Any, public_id: UUID) -> HttpResponse:
    """Change a segment's rule and name. version: the number of an earlier rule to begin with."""
    segment = get_object_or_404(Segment.objects.kept().filter(kind=Segment.Kind.RULE), public_id=public_id)
    if request.method == "POST":
        return _answer(request, segment)
    called, rule = Called(segment.name, segment.folder, segment.note), segment.draft or segment.rule
    number = request.GET.get("version", "")
    if number.isdecimal() and len(number) < 9:
        rule = get_object_or_404(SegmentVersion, segment=segment, number=int(number)).rule
    return _page(request, segment, Built(clean_tree(rule)), called, terms_of_store(own=str(public_id)))


@needs("segments.edit")
@require_POST
def count(request: Any) -> HttpResponse:
    """Count the rule as it stands on the page: everybody, each condition by itself, how many we may write to, some of them.

    The open condition's sentence and what is wrong with its answers come along, for they follow what is typed.
    """
    own = request.POST.get("segment", "")
    saved = Segment.objects.filter(public_id=own).first() if read_id(own) else None
    terms = terms_of_store(own=own if saved else "")
    built = read_posted(request.POST, terms)
    rule, problems = finished(built.tree, terms)
    context: dict[str, Any] = {
        "segment": saved,
        "sentence": say(built.tree, terms),
        "problems": len(problems),
        "line": draw_open(built, terms),
    }
    if rule is not None:
        context |= _counted(request, built.tree, rule, terms, saved)
    return render(request, "segments/_count.html", context)


def _counted(request: Any, tree: Json, rule: Rule, terms: Terms, saved: Segment | None) -> dict[str, Any]:
    """Count, one rule of a store at a time; what was counted, or was too slow to be, is kept for a moment."""
    whole = sha256(json.dumps(tree, sort_keys=True).encode()).hexdigest()
    key, turn = f"segments:count:{terms.store_id}:{whole}", f"segments:counting:{terms.store_id}"
    kept = cache.get(key)
    if kept is None:
        if not cache.add(turn, 1, COUNT_TURN_SECONDS):
            return {"is_busy": True}
        try:
            cache.set(key, kept := _count(rule, At(clock.now(), terms)), COUNT_KEPT_SECONDS)
        finally:
            cache.delete(turn)
    counted, each, took = kept
    if counted is None:
        return {"too_slow": True}
    more = counted.count - saved.members_count if saved and saved.is_up_to_date else None
    return {
        "counted": counted,
        "each": [(id_of(place), number) for place, number in each.items()],
        "more": more,
        "slow": took > SLOW_MS,
        "seconds": round(took / 1000, 1),
        **reach_of(counted),
        "people": people_of(request, counted.sample),
    }


def _count(rule: Rule, at: At) -> tuple[Counted | None, dict[str, int], int]:
    """Return the count, each condition's own, and how long it took in milliseconds; none where it cannot be counted while one waits."""
    began = time.monotonic()
    try:
        counted = count_rule(rule, at)
    except CannotAsk:
        return None, {}, 0
    took = int((time.monotonic() - began) * 1000)
    try:
        return counted, count_each(rule, at), took
    except CannotAsk:
        return counted, {}, took


def reach_of(counted: Counted) -> dict[str, Any]:
    """Return how many of those counted can be written to, per channel and in all, with each one's share."""
    whole = counted.count or 1
    icons = {"email": ("mail", _("E-mail")), "push": ("bell", _("Push")), "sms": ("message-2", _("SMS"))}
    rows = [(icon, word, counted.reach[key], counted.reach[key] / whole) for key, (icon, word) in icons.items()]
    return {"reach": rows, "reachable": counted.count - counted.no_way, "no_way": counted.no_way, "no_way_share": counted.no_way / whole}


def people_of(request: Any, ids: list[int]) -> list[Customer]:
    """Return some customers for a role that may see people, nobody for others."""
    if not allows(request.role, capability="customers.view"):
        return []
    found = Customer.objects.in_bulk(ids)
    return [found[pk] for pk in ids if pk in found]


def _answer(request: Any, segment: Segment | None) -> HttpResponse:
    """Do what the pressed button asks for: change the rule on the page, keep it as a draft, or save it."""
    terms = terms_of_store(own=str(segment.public_id) if segment else "")
    built, called, deed = read_posted(request.POST, terms), Called.of(request.POST), request.POST.get("do", "done")
    if deed in {"save", "draft"}:
        return _keep(request, segment, built, called, terms, is_draft=deed == "draft")
    act(built, deed, terms)
    return _page(request, segment, built, called, terms)


def _keep(request: Any, segment: Segment | None, built: Built, called: Called, terms: Terms, *, is_draft: bool) -> HttpResponse:
    rule, problems = finished(built.tree, terms)
    by_rule = not called.name if segment is None else _is_named_anew(segment, rule, called, terms, is_draft=is_draft)
    named = replace(called, name=name_by(rule, terms)) if by_rule else called
    if not named.name:
        called.name, called.fault = "", str(_NAME_OF_NOBODY if by_rule and rule is not None else NAME_WANTED)
    if called.fault or (rule is None and not is_draft):
        return _page(request, segment, built, called, terms, problems=problems, status=422)
    try:
        kept = _kept(request, segment, built, named, is_draft=is_draft, by_rule=by_rule)
    except saving.NameTaken as error:
        called.fault = saving.refusal_words(error)
        return _page(request, segment, built, called, terms, status=422)
    except (saving.Refused, RuleError) as error:
        called.refusal = saving.refusal_words(error)
        return _page(request, segment, built, called, terms, status=422)
    messages.success(
        request, _("Kept as a draft. Nobody is in it by this rule until you save it.") if is_draft else _("The segment is saved.")
    )
    address = reverse("segments:detail", args=[request.store.slug, kept.public_id])
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(headers={"HX-Redirect": address})
    return redirect(address)


def _is_named_anew(segment: Segment, rule: Rule | None, called: Called, terms: Terms, *, is_draft: bool) -> bool:
    """Say whether the form leaves a segment the name of the rule before, which is to follow the rule it gets now."""
    if rule is None or called.name != segment.name or (is_draft and segment.version):
        return False
    return is_renamed(segment, rule, terms)


@transaction.atomic
def _kept(request: Any, segment: Segment | None, built: Built, called: Called, *, is_draft: bool, by_rule: bool) -> Segment:
    """Save it all or nothing, with its line in the audit log; the same new form twice makes one segment.

    by_rule: nobody named it, so where another segment is called so, it bears a number.
    """
    now, who, new_id = clock.now(), request.user.pk, read_id(request.POST.get("new", ""))
    there = saving.made_before(new_id) if segment is None and new_id else None
    if there is not None:
        return there
    name = saving.free_name(called.name) if by_rule else called.name
    words = {"name": name, "folder": called.folder, "note": called.note}
    if segment is None:
        made = saving.create(
            **words, rule=None if is_draft else built.tree, draft=built.tree if is_draft else None, user_id=who, now=now, public_id=new_id
        )
        auditing.note(request, "segment.made", target=f"segment:{made.pk}", details={"name": made.name})
        return made
    based_on = saving.Basis.read(request.POST.get("basis", "")) or saving.Basis.of(segment)
    is_called_otherwise = words != {name: getattr(segment, name) for name in words}
    if is_draft:
        saving.keep_draft(segment, built.tree, based_on=based_on)
        if is_called_otherwise and segment.version:
            messages.warning(request, _("Its name, folder and note stay as they are until you save the segment."))
    if is_called_otherwise and not (is_draft and segment.version):
        saving.describe(segment, **words)
    if not is_draft:
        saving.save_rule(segment, built.tree, user_id=who, now=now, based_on=based_on)
    auditing.note(request, "segment.changed", target=f"segment:{segment.pk}", details={"draft": is_draft})
    return segment


def _page(
    request: Any,
    segment: Segment | None,
    built: Built,
    called: Called,
    terms: Terms,
    *,
    problems: Sequence[Problem] = (),
    status: int = 200,
) -> HttpResponse:
    """Draw the page, or the form alone for a script, which takes no other answer than 200."""
    built.is_looked_over = built.is_looked_over or bool(problems)
    context = {
        "segment": segment,
        "built": built,
        "called": called,
        "root": draw(built, terms, problems=problems),
        "rule": json.dumps(built.tree, ensure_ascii=False),
        "undo": _undo(built),
        "new": request.POST.get("new", "") or uuid4(),
        "groups": [(_(name), [(kind.kind, _(kind.label), _(kind.also)) for kind in kinds]) for name, kinds in GROUPS.items()],
        "joins": [("all", _("all")), ("any", _("any")), ("none", _("none"))],
        "faults": len(problems),
        "basis": str(saving.Basis.of(Segment.objects.only("version", "draft").get(pk=segment.pk))) if segment else "",
        "changed": segment is None or built.tree != clean_tree(segment.rule),
        "folders": Segment.objects.kept().folders(),
    }
    fragment = request.headers.get("HX-Request") == "true"
    if fragment:
        return render(request, "segments/_builder.html", context)
    return render(request, "segments/builder.html", context, status=status)


def _undo(built: Built) -> str:
    """Return the trees before this one as JSON, as many of the newest as a page may carry."""
    kept: list[str] = []
    for tree in reversed(built.undo):
        kept.append(json.dumps(tree, ensure_ascii=False))
        if sum(map(len, kept)) > MOST_UNDO_LETTERS:
            kept.pop()
            break
    return f"[{','.join(reversed(kept))}]" if kept else ""
