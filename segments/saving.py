"""What a merchant does with a segment: make it, change its rule, save a version, put it away, copy it, keep its members as a list."""

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.translation import gettext as _

from retention.customers.changes import of_segment
from retention.customers.events import tell_readers
from retention.kit.locks import transaction_lock
from retention.stores.models import StoreWork
from retention.tenancy.context import require_store_id
from segments.asking import rows_of
from segments.knowing import read, terms_of_store
from segments.membership import FILL, LOCK, SWEEP
from segments.models import Segment, SegmentMember, SegmentVersion
from segments.rules.differing import Difference, differences
from segments.rules.sql import piece
from segments.rules.terms import Terms
from segments.rules.tree import RuleError
from segments.senders import listeners

MOST_SEGMENTS = 500
LONGEST_NAME = 120
FREE_STEM = LONGEST_NAME - len(" (501)")  # of a name that has to bear a number
_KEEP = """
    WITH kept AS (
        INSERT INTO segments_segmentmember (store_id, segment_id, customer_id, entered_at)
        SELECT store_id, %s, customer_id, %s FROM segments_segmentmember WHERE store_id = %s AND segment_id = %s RETURNING 1
    ) SELECT count(*) FROM kept
"""


class NameTaken(ValueError):
    """Another segment of the store has this name."""


class Refused(ValueError):
    """The act does not fit the segment; `reason`: too_many, is_a_list, is_no_list, is_used, is_waiting or is_newer."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def refusal_words(error: Exception) -> str:
    """Return why a segment was not saved, in words."""
    if isinstance(error, NameTaken):
        return _("Another segment has this name.")
    if isinstance(error, RuleError):
        return "; ".join(problem.phrase.render(_) for problem in error.problems[:3])
    words = {
        "too_many": _("A store has at most %(count)d segments.") % {"count": MOST_SEGMENTS},
        "is_a_list": _("This one is kept by hand; it has no rule."),
        "is_used": _("Another segment is built on this one."),
        "is_no_list": _("This one has a rule; people come and go by it."),
        "is_waiting": _("Its people are being worked out; try again when they are there."),
        "is_newer": _("Somebody saved or drafted something newer meanwhile. Look at it, then save again to put yours over it."),
    }
    return words.get(str(error), str(error))


def create(
    *, name: str, rule: Mapping[str, Any] | None, user_id: int | None, now: datetime, folder: str = "", note: str = "",
    draft: Mapping[str, Any] | None = None, public_id: UUID | None = None,
) -> Segment:  # fmt: skip
    """Make a segment: live with a rule, a draft without; raises RuleError, NameTaken and Refused. In a transaction of its own.

    public_id: chosen by who asks, so that the same request twice makes one segment; who asks has looked with `made_before`, in the
    same transaction.
    """
    with transaction.atomic():
        hold_names()
        _check_number()
        _check_name(name, except_id=0)
        segment: Segment = Segment.objects.create(
            name=name, folder=folder, note=note, draft=draft, created_by_id=user_id, created_at=now, saved_at=now,
            public_id=public_id or uuid4(),
        )  # fmt: skip
        if rule is not None:
            save_rule(segment, rule, user_id=user_id, now=now)
            segment.refresh_from_db()
    return segment


class Basis(NamedTuple):
    """What a changed rule was made from: the number of the saved version, and the digest of the draft beside it; nothing of either."""

    version: int = 0
    draft: str = ""

    @classmethod
    def of(cls, segment: Segment) -> "Basis":
        """Return what stands now."""
        draft = json.dumps(segment.draft, sort_keys=True) if segment.draft is not None else ""
        return cls(segment.version, sha256(draft.encode()).hexdigest()[:16] if draft else "")

    @classmethod
    def read(cls, text: str) -> "Basis | None":
        """Read what `str` wrote; None for anything else."""
        version, _colon, draft = text.partition(":")
        return cls(int(version), draft) if version.isdecimal() and len(version) < 9 else None

    def __str__(self) -> str:
        """Return it as a page carries it."""
        return f"{self.version}:{self.draft}"


def save_rule(segment: Segment, rule: Mapping[str, Any], *, user_id: int | None, now: datetime, based_on: Basis | None = None) -> Segment:
    """Save a rule as the next version and have the members brought in line; raises RuleError and Refused.

    The same rule again is no new version. based_on: what it was made from; nothing saved or drafted meanwhile is written over.
    """
    with transaction.atomic():
        hold_names()
        kept = _locked(segment)
        if based_on is not None and based_on != Basis.of(kept):
            raise Refused("is_newer")
        if kept.kind == Segment.Kind.LIST:
            raise Refused("is_a_list")
        valid = read(rule, terms_of_store(own=str(kept.public_id)))
        is_new = kept.version == 0 or kept.rule != rule
        if is_new:
            kept.version += 1
            SegmentVersion.objects.create(segment=kept, number=kept.version, rule=rule, saved_by_id=user_id, saved_at=now)
        kept.rule, kept.draft, kept.state, kept.saved_at, kept.fault = rule, None, Segment.State.LIVE, now, ""
        kept.reads = sorted(valid.reads())
        kept.save()
        StoreWork.ring(FILL, store_id=kept.store_id, due_at=now)
        _say_changed(now)
    return kept


def keep_draft(segment: Segment, tree: Mapping[str, Any], *, based_on: Basis) -> None:
    """Keep a changed rule, finished or not, beside the saved one; nobody comes or goes by it. Raises Refused, as `save_rule` does."""
    with transaction.atomic():
        hold_names()
        kept = _locked(segment)
        if kept.state == Segment.State.ARCHIVED or based_on != Basis.of(kept):
            raise Refused("is_newer")
        Segment.objects.filter(pk=kept.pk).update(draft=tree)


def drop_draft(segment: Segment) -> None:
    """Let go of what was changed and not saved."""
    Segment.objects.filter(pk=segment.pk).update(draft=None)


def describe(segment: Segment, *, name: str, folder: str, note: str) -> None:
    """Change what a segment is called; raises NameTaken."""
    with transaction.atomic():
        hold_names()
        _check_name(name, except_id=segment.pk)
        Segment.objects.filter(pk=segment.pk).update(name=name, folder=folder, note=note)


def archive(segment: Segment) -> None:
    """Put a segment away: members of a rule are let go, a list keeps its people; raises Refused while another segment is built on it."""
    with transaction.atomic():
        transaction_lock(LOCK, store_id=require_store_id())
        hold_names()
        if used_by(segment):
            raise Refused("is_used")
        changed: dict[str, Any] = {"state": Segment.State.ARCHIVED}
        if segment.kind == Segment.Kind.RULE:
            SegmentMember.objects.filter(segment=segment).delete()
            changed |= {"members_count": 0, "filled_version": 0}
        Segment.objects.filter(pk=segment.pk).update(**changed)


def restore(segment: Segment, *, now: datetime) -> None:
    """Take a segment out again and work it out anew; raises NameTaken and Refused."""
    with transaction.atomic():
        hold_names()
        _check_number()
        kept = _locked(segment)
        _check_name(kept.name, except_id=kept.pk)
        kept.filled_version = 0
        kept.state = Segment.State.LIVE if kept.version or kept.kind == Segment.Kind.LIST else Segment.State.DRAFT
        kept.save()
        StoreWork.ring(FILL, store_id=kept.store_id, due_at=now)


def duplicate(segment: Segment, *, name: str, user_id: int | None, now: datetime, public_id: UUID | None = None) -> Segment:
    """Make a segment with the same rule under another name; raises what `create` raises."""
    return create(
        name=name, rule=segment.rule or None, user_id=user_id, now=now, folder=segment.folder, note=segment.note, public_id=public_id
    )


def freeze(segment: Segment, *, name: str, user_id: int | None, now: datetime, public_id: UUID | None = None) -> Segment:
    """Keep the members of a segment as a list of its own, which nothing but hands will change; raises NameTaken and Refused."""
    if not segment.is_up_to_date:
        raise Refused("is_waiting")
    with transaction.atomic():
        made = create(name=name, rule=None, user_id=user_id, now=now, folder=segment.folder, public_id=public_id)
        [[count]] = rows_of(piece(_KEEP, made.pk, now, segment.store_id, segment.pk))
        _make_list(made, count, now=now)
    return made


def create_list(
    *, name: str, customer_ids: Collection[int], user_id: int | None, now: datetime, folder: str = "", note: str = ""
) -> Segment:
    """Make a list of these customers; raises NameTaken and Refused."""
    with transaction.atomic():
        made = create(name=name, rule=None, user_id=user_id, now=now, folder=folder, note=note)
        _make_list(made, _put_in(made, customer_ids, now=now), now=now)
    return made


def change_list(segment: Segment, *, add: Collection[int], remove: Collection[int], now: datetime) -> None:
    """Put customers on a list and take others off, as its next version where that moves anybody; raises Refused where it is none."""
    with transaction.atomic():
        kept = _locked(segment)
        if kept.kind != Segment.Kind.LIST or kept.state != Segment.State.LIVE:
            raise Refused("is_no_list")
        members = SegmentMember.objects.filter(segment=kept)
        gone, _of_kinds = members.filter(customer_id__in=list(remove)).delete()
        before = members.count()
        _put_in(kept, add, now=now)
        kept.members_count, kept.counted_at = members.count(), now
        kept.version += bool(gone or kept.members_count != before)
        kept.save(update_fields=["members_count", "counted_at", "version"])
        _say_changed(now)
        tell_readers({pk: [of_segment(str(kept.public_id))] for pk in {*add, *remove}}, now=now, living=())


def used_by(segment: Segment) -> list[Segment]:
    """Return the segments whose rule names this one."""
    wanted = f"segment:{segment.public_id}"
    return list(Segment.objects.kept().filter(reads__contains=[wanted]).defer("rule", "draft").order_by("name", "id"))


def compare_versions(segment: Segment, *, older: int, newer: int, terms: Terms) -> list[Difference]:
    """Return what changed between two versions of a segment's rule."""
    rules = dict(SegmentVersion.objects.filter(segment=segment, number__in=[older, newer]).values_list("number", "rule"))
    return differences(read(rules[older], terms), read(rules[newer], terms), terms)


def _put_in(segment: Segment, customer_ids: Collection[int], *, now: datetime) -> int:
    wanted = sorted(set(customer_ids))
    rows = [SegmentMember(segment=segment, customer_id=pk, entered_at=now, store_id=segment.store_id) for pk in wanted]
    SegmentMember.objects.bulk_create(rows, batch_size=5_000, ignore_conflicts=True)
    return len(rows)


def _make_list(segment: Segment, count: int, *, now: datetime) -> None:
    segment.kind, segment.state, segment.members_count, segment.counted_at = Segment.Kind.LIST, Segment.State.LIVE, count, now
    segment.save(update_fields=["kind", "state", "members_count", "counted_at"])
    StoreWork.ring(SWEEP, store_id=segment.store_id, due_at=now)


def made_before(public_id: UUID) -> Segment | None:
    """Return the segment that who asks chose this id for a moment ago, if any; nobody else makes one while the transaction lasts."""
    hold_names()
    made: Segment | None = Segment.objects.filter(public_id=public_id).first()
    return made


def free_name(name: str) -> str:
    """Return the name, or with the next number behind it where a segment has it; nobody else takes it while the transaction lasts."""
    hold_names()
    return next_name(name)


def next_name(name: str) -> str:
    """Return what `free_name` would, for who may not wait for others to save; somebody may take it meanwhile."""
    stem = name[:FREE_STEM].rstrip()
    taken = set(Segment.objects.kept().filter(name__startswith=stem).values_list("name", flat=True))
    names = (name[:LONGEST_NAME], *(f"{stem} ({number})" for number in range(2, MOST_SEGMENTS + 2)))
    return next(one for one in names if one not in taken)


def hold_names() -> None:
    """Wait until nobody else makes or renames a segment; nobody does while the transaction lasts."""
    transaction_lock(f"{LOCK}:names", store_id=require_store_id())


def _say_changed(now: datetime) -> None:
    for listener in listeners:
        listener(now)


def _locked(segment: Segment) -> Segment:
    kept: Segment = Segment.objects.select_for_update().get(pk=segment.pk)
    return kept


def _check_number() -> None:
    if Segment.objects.kept().count() >= MOST_SEGMENTS:
        raise Refused("too_many")


def _check_name(name: str, *, except_id: int) -> None:
    if Segment.objects.kept().filter(name=name).exclude(pk=except_id).exists():
        raise NameTaken(name)
