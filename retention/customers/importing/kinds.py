"""What a file may hold: the register of kinds. The orders room adds its own from above; copy `people.py` for a new one."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.utils.functional import Promise

from retention.customers.importing.cells import Manner
from retention.customers.importing.reading import Fault, Run
from retention.kit.register import Register

Text = str | Promise
Columns = tuple[str, ...]
ATTRIBUTE = "attribute:"  # before the name of a custom attribute a column becomes
UNCOUNTED = "uncounted"  # of an import's totals: customers whose count broke, so that what was counted is not all


@dataclass(frozen=True)
class Field:
    """Something a column can be. headings: folded headings that mean it, as other products write them.

    is_ranked: of several columns that mean it, the one whose heading stands first here, not the first column.
    """

    key: str
    label: Text
    headings: tuple[str, ...] = ()
    is_ranked: bool = False


def with_headings(fields: Iterable[Field], headings: Mapping[str, tuple[str, ...]]) -> tuple[Field, ...]:
    """Return fields with more headings that mean them, by their keys."""
    return tuple(replace(one, headings=(*one.headings, *headings.get(one.key, ()))) for one in fields)


class Thing(NamedTuple):
    """One thing read out of the file. key: what makes it one thing within the file; values: JSON, read by the kind alone but for "rows",
    the number of rows it was made of.

    lines: of a thing of several, three columns of the kind's choice, each in one text. pk: its row in the
    database, once it is staged; from then on its lines stay there until the kind asks for them.
    """

    row: int
    key: str
    values: dict[str, Any]
    lines: Columns | None = None
    pk: int = 0


class Unjoinable(ValueError):
    """Two parts of one thing do not go together; the message says why, in the reader's language."""


class Read(NamedTuple):
    """What one thing's rows gave: the thing, or why they were left out. last_row: reading may go on behind it.

    key: of a thing that was left out and may have other parts in the file, which then are left out too. only_counted: rows that were left
    out beside those the faults name.
    """

    thing: Thing | None
    faults: Sequence[Fault]
    rows: int
    last_row: int
    key: str = ""
    only_counted: int = 0


class Change(NamedTuple):
    """One field a row would change: its key (or ATTRIBUTE and a name), and both values as cells."""

    field: str
    old: str
    new: str


class Outcome(NamedTuple):
    """What would become (or became) of a thing: new, changed, same or refused; `says` is the reason, or the keys of fields changed.

    changes: the changed fields with their values, from a kind that knows them. rows: of one refused, how many rows of the file it was.
    """

    state: str
    says: str = ""
    changes: Sequence[Change] = ()
    rows: int = 1


@dataclass(frozen=True)
class Plan:
    """How the file is to be read: columns by field (places from 0), options, headings, the store's currency, and now."""

    columns: Mapping[str, int]
    options: Mapping[str, str]
    headings: Sequence[str]
    manner: Manner
    currency: str
    now: datetime

    def fault(self, row: int, field: str, cells: Sequence[str], why: str) -> Fault:
        """Return why a row is left out, naming the column as the file does."""
        place = self.columns.get(field)
        return Fault(row, "" if place is None else self.headings[place], "" if place is None else cells[place][:80], why)


@dataclass(frozen=True)
class Work:
    """The things of one batch and what they belong to. began_at: when bringing in began, the same for every batch.

    people: where `apply` puts the customers that the kind is to settle later.
    """

    things: Sequence[Thing]
    plan: Plan
    import_id: str
    began_at: datetime
    people: set[int] = field(default_factory=set)


@dataclass(frozen=True)
class Kind:
    """One kind of file.

    noun: of any number but one, which is a "one". options: names of the choices its page offers (see `mapping.py`). missing: what keeps a
    mapping from being read, in words. overlooked: the same of what the file's headings name, whatever is read of it: headings by field, and
    the options. remarks: what it does not do and somebody may expect. assumed: what is taken for granted while these fields are read. read:
    from runs of rows to things. compare: what would become of things, writing nothing. apply: bring them in, in
    the caller's transaction; both return an outcome per thing, in order. join: makes one thing of two parts with the same key, or raises
    Unjoinable; without it a key that comes again is refused. sum_up: sums over all things, once the file is read. tell: the report's lines
    from them and the currency. words: labels of changed things that are no fields. reads_staged: compare and apply look at values where
    they are staged, and get things without. settle: what follows for customers of whom `apply` said so, once for some ten thousand of them
    and at the end or a pause; what it returns is added to the totals. only_counts: it changes nothing, and what it returns is only
    shown, so no import fails for it.
    """

    label: Text
    noun: Text
    one: Text
    icon: str
    fields: Sequence[Field]
    options: Sequence[str]
    missing: Callable[[Mapping[str, int], Mapping[str, str]], list[str]]
    read: Callable[[Iterable[Run | Fault], Plan], Iterator[Read]]
    compare: Callable[[Work], list[Outcome]]
    apply: Callable[[Work, datetime], list[Outcome]]
    title: Callable[[Mapping[str, Any]], str]
    tell: Callable[[Mapping[str, str], str], list[tuple[Text, str]]]
    sum_up: Callable[[int], Mapping[str, Decimal]] = lambda import_id: {}
    takes_attributes: bool = False
    remarks: Callable[[Mapping[str, int], Mapping[str, str]], list[str]] = lambda columns, options: []
    assumed: Callable[[Collection[str]], list[str]] = lambda fields: []
    overlooked: Callable[[Mapping[str, str], Mapping[str, str]], list[str]] = lambda named, options: []
    join: Callable[[Thing, Thing], Thing] | None = None
    words: Mapping[str, Text] = field(default_factory=dict)
    reads_staged: bool = False
    settle: Callable[[Collection[int], datetime], Mapping[str, int] | None] | None = None
    only_counts: bool = False
    batch_rows: int = 5000
    batch_things: int = 1000

    def noun_of(self, count: int) -> str:
        """Return what so many of them are called."""
        return str(self.one if count == 1 else self.noun)


def label_of(kind: Kind, key: str) -> str:
    """Return what a field, or what else can change, is called; an attribute by its own name."""
    known = {one.key: one.label for one in kind.fields} | dict(kind.words)
    return str(known.get(key, key.removeprefix(ATTRIBUTE)))


kinds: Register[Kind] = Register("kind of import")
