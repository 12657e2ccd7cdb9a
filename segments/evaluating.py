"""Real time: customers about whom something changed are looked at again, up to a thousand at a time and in one transaction.

Only segments whose rule rests on what changed are asked. Each worker takes news rows, loads what those rules need, writes the differences
and the events that tell of them; a worker that dies leaves the news where it was. Source: performance guide 2, A5 and A8.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Max

from retention.customers.changes import EVERYTHING, LIVING, of_segment
from retention.customers.events import NewEvent, record_many, take_pending
from retention.customers.models import Pending
from retention.kit.locks import try_transaction_lock
from retention.stores.models import StoreWork
from retention.tenancy.context import require_store_id, store_context
from retention.tenancy.statistics import said_to_be_few
from segments import announcing
from segments.asking import rows_of
from segments.knowing import read, terms_of_store
from segments.loading import load_people
from segments.membership import LOCK, note_day, note_fault
from segments.models import Segment, SegmentMember
from segments.rules.base import Answer
from segments.rules.evaluator import make_evaluator, needs_of
from segments.rules.facts import Person, together
from segments.rules.sql import piece
from segments.rules.terms import At, in_order
from segments.rules.tree import Rule, RuleError

READER = "segments"
SLICE = 1_000
SLICES_PER_TURN = 20
LEASE_SECONDS = 60
BUSY = timedelta(milliseconds=300)  # until a store is looked at again whose segments somebody else works on
ENTERED, LEFT = "Segment Entered", "Segment Left"
_ENTER = """
    INSERT INTO segments_segmentmember (store_id, segment_id, customer_id, entered_at)
    SELECT %s, segment_id, customer_id, %s FROM unnest(%s::bigint[], %s::bigint[]) AS came(segment_id, customer_id)
    ORDER BY segment_id, customer_id ON CONFLICT DO NOTHING
"""
_LEAVE = f"""
    DELETE FROM segments_segmentmember AS member USING unnest(%s::bigint[], %s::bigint[]) AS went(segment_id, customer_id)
    WHERE member.store_id = (SELECT %s::bigint) AND member.segment_id = went.segment_id AND member.customer_id = went.customer_id
        AND {said_to_be_few("went.customer_id")}
"""  # noqa: S608 - the condition above


@dataclass
class Watched:
    """A live segment ready to answer: its rule, as a function, and what it rests on. own: what a change of its own members is called."""

    segment: Segment
    rule: Rule
    answer: Answer
    reads: frozenset[str]
    own: str

    def concerns(self, about: Collection[str]) -> bool:
        """Say whether such a change can matter to it."""
        return EVERYTHING in about or not self.reads.isdisjoint(about) or f"time:{self.segment.public_id}" in about


@dataclass
class Moves:
    """Who enters and leaves what, and how many answers were given."""

    entered: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    left: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    asked: int = 0


def evaluate_due(*, now: datetime, stores: int = 10) -> int:
    """Look at changed customers store by store; return how many there were. Call it outside a transaction."""
    done = 0
    for taken in StoreWork.take(READER, now=now, limit=stores, lease_seconds=LEASE_SECONDS):
        with store_context(taken.store_id):
            count = 0
            for _slice in range(SLICES_PER_TURN):
                count = evaluate_slice(now=now)
                done += max(count, 0)
                if count < SLICE:
                    break
            waits = count < 0 or Pending.objects.filter(reader=READER).exists()
            StoreWork.settle(READER, taken, next_at=(now + BUSY if count < 0 else now) if waits else None)
    return done


def evaluate_slice(*, now: datetime) -> int:
    """Look at up to a thousand changed customers of the active store; return how many, or -1 while others work on its segments."""
    with transaction.atomic():
        if not try_transaction_lock(LOCK, store_id=require_store_id()):
            return -1
        news = take_pending(READER, limit=SLICE)
        if news:
            evaluate(news, now=now)
    return len(news)


def evaluate(news: Mapping[int, Collection[str]], *, now: datetime) -> Moves:
    """Bring the memberships of customers up to date after what changed of each; in the caller's transaction and lock."""
    swept = Segment.objects.live().aggregate(latest=Max("swept_until"))["latest"]
    at = At(max(now, swept or now), terms_of_store())  # never as of before a sweep: its news would be answered by the past
    now = at.now
    moves = Moves()
    about = {customer_id: set(words) for customer_id, words in news.items()}
    everyone = watch(at)
    changed = set().union(*about.values())
    watched = _with_those_built_on([one for one in everyone if one.concerns(changed)], everyone)
    if not watched:
        return moves
    people = load_people(about, together(needs_of(one.rule, at) for one in watched))
    were = _memberships(people, watched)
    for one in watched:
        _ask(one, people, about, were, at, moves)
    _write(moves, now=now)
    _tell(moves, watched, news, now=now)
    for one in watched:
        _note(one.segment, at, entered=len(moves.entered[one.segment.pk]), left=len(moves.left[one.segment.pk]))
    return moves


def watch(at: At) -> list[Watched]:
    """Return the live segments of the active store that can answer, each after those its rule names."""
    found: list[Watched] = []
    for segment in Segment.objects.live().filter(kind=Segment.Kind.RULE, fault="", filled_version=F("version")).order_by("id"):
        try:
            rule = read(segment.rule, at.terms)
        except RuleError as error:
            note_fault(segment, error)
            continue
        found.append(Watched(segment, rule, make_evaluator(rule), rule.reads(), of_segment(str(segment.public_id))))
    return in_order(found, name=lambda one: one.own, reads=lambda one: one.reads)


def _ask(
    one: Watched, people: Mapping[int, Person], about: Mapping[int, set[str]], were: set[tuple[int, int]], at: At, moves: Moves
) -> None:
    segment_id = one.segment.pk
    for customer_id, person in people.items():
        if not one.concerns(about[customer_id]):
            continue
        moves.asked += 1
        belongs, was = one.answer(person, at), (segment_id, customer_id) in were
        if belongs == was:
            continue
        (moves.entered if belongs else moves.left)[segment_id].append(customer_id)
        about[customer_id].add(one.own)
        (person.segments.add if belongs else person.segments.discard)(segment_id)


def _memberships(people: Mapping[int, Person], watched: Sequence[Watched]) -> set[tuple[int, int]]:
    rows = SegmentMember.objects.filter(customer_id__in=list(people), segment_id__in=[one.segment.pk for one in watched])
    return set(rows.values_list("segment_id", "customer_id"))


def _write(moves: Moves, *, now: datetime) -> None:
    came = [(segment_id, customer_id) for segment_id, ids in moves.entered.items() for customer_id in ids]
    went = [(segment_id, customer_id) for segment_id, ids in moves.left.items() for customer_id in ids]
    if came:
        rows_of(piece(_ENTER, require_store_id(), now, *map(list, zip(*came, strict=True))))
    if went:
        rows_of(piece(_LEAVE, *map(list, zip(*went, strict=True)), require_store_id()))


def _tell(moves: Moves, watched: Sequence[Watched], news: Mapping[int, Collection[str]], *, now: datetime) -> None:
    """Write the events for those to whom something happened now; what was told about the past moves people without a word."""
    by_id = {one.segment.pk: one.segment for one in watched}
    told = [
        NewEvent(customer_id, name, {"segment": str(by_id[segment_id].public_id), "name": by_id[segment_id].name}, now)
        for name, moved in ((ENTERED, moves.entered), (LEFT, moves.left))
        for segment_id, ids in moved.items()
        for customer_id in ids
        if LIVING in news[customer_id]
    ]
    if told:
        record_many(told, now=now)
    for kind, moved in ((announcing.ENTERED, moves.entered), (announcing.LEFT, moves.left)):
        living = {by_id[segment_id]: [pk for pk in ids if LIVING in news[pk]] for segment_id, ids in moved.items()}
        announcing.announce_moves(kind, living, now=now)


def _note(segment: Segment, at: At, *, entered: int, left: int) -> None:
    if not entered and not left:
        return
    Segment.objects.filter(pk=segment.pk).update(members_count=F("members_count") + entered - left, counted_at=at.now)
    segment.members_count += entered - left
    note_day(segment, at, entered=entered, left=left)


def _with_those_built_on(wanted: Sequence[Watched], everyone: Sequence[Watched]) -> list[Watched]:
    """Return the segments wanted and all whose rule names one of them, however far round; in order."""
    names = {one.own for one in wanted}
    kept = []
    for one in everyone:  # each after those its rule names
        if one.own in names or not one.reads.isdisjoint(names):
            names.add(one.own)
            kept.append(one)
    return kept
