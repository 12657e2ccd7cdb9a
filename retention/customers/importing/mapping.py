"""Which column is which: proposals from the headings other products write, and the plan a file is read by."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from retention.customers.importing.cells import Manner, guess_date_order
from retention.customers.importing.filing import heading_key, pieces_of
from retention.customers.importing.kinds import ATTRIBUTE, Kind, Plan, kinds
from retention.customers.importing.reading import Fault, Row, Run, Shape, read_rows, read_runs
from retention.customers.models import Import
from retention.customers.profile import is_reserved
from retention.stores.models import Store

PREVIEW_ROWS = 3
MOST_ATTRIBUTE_COLUMNS = 80
ATTRIBUTE_MARK = " (attribute)"  # behind the heading of an attribute that would read as a field; our export writes it
LONGEST_NAME = 80
_SAMPLED_ROWS = 200


def propose(kind: Kind, headings: Sequence[str]) -> dict[str, str]:
    """Return the field of each column by its place: the kind's own fields once each, the rest as custom attributes or not read.

    A heading that may mean two fields ("Name") means the first that no other heading does.
    """
    meanings: dict[str, list[str]] = {}
    ranks: dict[str, int] = {}
    for field in kind.fields:
        for rank, heading in enumerate(dict.fromkeys((*field.headings, heading_key(field.key.replace("_", " "))))):
            meanings.setdefault(heading, []).append(field.key)
            ranks[heading] = rank if field.is_ranked else 0
    told = {place: meanings.get(heading_key(heading), []) for place, heading in enumerate(headings)}
    chosen: dict[int, str] = {}
    for place in sorted(told, key=lambda place: (len(told[place]) > 1, ranks.get(heading_key(headings[place]), 0))):
        chosen[place] = next((key for key in told[place] if key not in chosen.values()), "")
    return {str(place): chosen[place] or (ATTRIBUTE if kind.takes_attributes else "") for place in told}


def propose_options(of: Import, store: Store) -> dict[str, str]:
    """Return options read from the file's first rows: the order of dates and the decimal mark; the rest as the store is."""
    dates: list[str] = []
    commas = points = 0
    for row in islice(rows_of(of), _SAMPLED_ROWS):
        cells = row.cells if isinstance(row, Row) else []
        days = [cell for cell in cells if len(cell) < 30 and sum(cell.count(mark) == 2 for mark in "-./") == 1 and cell[:1].isdigit()]
        dates += days
        numbers = [
            cell for cell in cells if len(cell) < 16 and cell not in days and cell.replace(",", "").replace(".", "").lstrip("-").isdigit()
        ]
        commas += sum(cell[-3:-2] == "," for cell in numbers)
        points += sum("." in cell and cell[-3:-2] != "," for cell in numbers)
    order = guess_date_order(dates[:500], country=store.country)
    return {"date_order": order, "decimal_mark": "," if commas > points else ".", "zone": store.zone, "currency": store.currency}


def runs_of(of: Import, *, after: int = 1) -> Iterator[Run | Fault]:
    """Yield the file's rows behind a row in runs, and its faults."""
    return read_runs(pieces_of(of), Shape(of.encoding, of.delimiter, of.headings), after=after)


def rows_of(of: Import) -> Iterator[Row | Fault]:
    """Yield the file's rows one by one, and its faults."""
    return read_rows(runs_of(of))


def preview(of: Import) -> list[list[str]]:
    """Return the cells of the first rows."""
    sample = islice(rows_of(of), _SAMPLED_ROWS)
    return [row.cells for row in sample if isinstance(row, Row)][:PREVIEW_ROWS]


def plan_of(of: Import, store: Store, *, now: datetime) -> Plan:
    """Return how an import's file is to be read."""
    options = dict(of.options)
    columns = {_full_key(field, of.headings[int(place)]): int(place) for place, field in of.mapping.items() if field}
    manner = Manner(
        zone=ZoneInfo(options.get("zone") or store.zone),
        country=store.country,
        date_order=options.get("date_order", "ymd"),
        decimal_mark=options.get("decimal_mark", "."),
    )
    return Plan(columns, options, of.headings, manner, options.get("currency") or store.currency, now)


def check_mapping(kind: Kind, mapping: Mapping[str, str], options: Mapping[str, str], headings: Sequence[str]) -> list[str]:
    """Return in words what keeps a mapping from being read; nothing when it can be."""
    fields = {field.key: field for field in kind.fields}
    faults = _same_attributes([headings[int(place)] for place, key in mapping.items() if key == ATTRIBUTE])
    columns: dict[str, int] = {}
    for place, key in mapping.items():
        if not key or key == ATTRIBUTE:
            continue
        if key in columns:
            values = {"field": fields[key].label, "first": headings[columns[key]], "second": headings[int(place)]}
            faults.append(_("“%(first)s” and “%(second)s” cannot both be %(field)s.") % values)
        columns.setdefault(key, int(place))
    if sum(key == ATTRIBUTE for key in mapping.values()) > MOST_ATTRIBUTE_COLUMNS:
        faults.append(
            _("At most %(count)s columns can become custom attributes. Do not read some of them.") % {"count": MOST_ATTRIBUTE_COLUMNS}
        )
    named = {key: headings[int(place)] for place, key in propose(kind, headings).items()}
    named |= {key: headings[place] for key, place in columns.items()}
    return faults + kind.missing(columns, options) + kind.overlooked(named, options)


def attribute_name(heading: str) -> str:
    """Return the name of the attribute a column becomes: its heading without what our export adds, never the name of a field."""
    name = heading.removesuffix(ATTRIBUTE_MARK).strip()[:LONGEST_NAME]
    return f"{name[: LONGEST_NAME - 7]} (file)" if is_reserved(name) else name


def _same_attributes(headings: Sequence[str]) -> list[str]:
    """Return in words which columns would become one attribute."""
    firsts: dict[str, str] = {}
    faults = []
    for heading in headings:
        first = firsts.setdefault(attribute_name(heading), heading)
        if first != heading:
            values = {"first": first, "second": heading, "name": attribute_name(heading)}
            faults.append(_("“%(first)s” and “%(second)s” would be one attribute, “%(name)s”. Do not read one of them.") % values)
    return faults


def kind_of(of: Import) -> Kind:
    """Return the kind of an import."""
    return kinds[of.kind]


def _full_key(field: str, heading: str) -> str:
    return f"{ATTRIBUTE}{attribute_name(heading)}" if field == ATTRIBUTE else field
