"""A store's table of postcodes, read from GeoNames' format or plain CSV. No network.

GeoNames gives a file per country under a free licence (download.geonames.org/export/zip): twelve columns with tabs between. A CSV has the
columns country, postcode, latitude and longitude, with their names in the first line or in this order.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from retention.customers.changes import POSTCODES
from retention.kit.words import fold
from retention.stores.models import StoreWork
from retention.tenancy.context import require_store_id
from segments.membership import FILL
from segments.models import Postcode, Segment
from segments.rules.places import plain_postcode

MOST_LINES, MOST_LETTERS, MOST_KEPT, MOST_FAULTS = 500_000, 2_000, 2_000_000, 100
COLUMNS = ("country", "postcode", "latitude", "longitude")
_GEONAMES = {"country": 0, "postcode": 1, "latitude": 9, "longitude": 10}
_BATCH = 5_000


class CannotLoad(ValueError):
    """The text is no table of postcodes, or a larger one than we keep; nothing was changed."""


@dataclass(frozen=True)
class Fault:
    """A line that was left out, counted from 1, and why."""

    line: int
    why: str


@dataclass
class Loaded:
    """What became of a table: postcodes written (several lines of one make their middle), lines left out, the first faults."""

    count: int = 0
    left_out: int = 0
    faults: list[Fault] = field(default_factory=list)


@dataclass(frozen=True)
class _Point:
    country: str
    postcode: str
    latitude: float
    longitude: float


def load_postcodes(text: str, *, now: datetime) -> Loaded:
    """Put a table into the active store's: a known postcode moves, others stay as they are. Segments that rest on it are worked out anew.

    Lines with a fault are left out and named. Raises CannotLoad.
    """
    loaded = Loaded()
    sums: dict[tuple[str, str], tuple[int, float, float]] = {}
    for number, cells in _lines(text):
        point = _read(cells)
        if isinstance(point, str):
            loaded.left_out += 1
            if len(loaded.faults) < MOST_FAULTS:
                loaded.faults.append(Fault(number, point))
            continue
        times, latitude, longitude = sums.get((point.country, point.postcode), (0, 0.0, 0.0))
        sums[point.country, point.postcode] = (times + 1, latitude + point.latitude, longitude + point.longitude)
    rows = [Postcode(country=key[0], postcode=key[1], latitude=lat / n, longitude=lon / n) for key, (n, lat, lon) in sorted(sums.items())]
    _write(rows, now=now)
    loaded.count = len(rows)
    return loaded


def _write(rows: list[Postcode], *, now: datetime) -> None:
    with transaction.atomic():
        Postcode.objects.bulk_create(
            rows,
            batch_size=_BATCH,
            update_conflicts=True,
            unique_fields=["store", "country", "postcode"],
            update_fields=["latitude", "longitude"],
        )
        if Postcode.objects.count() > MOST_KEPT:
            raise CannotLoad(f"A store keeps at most {MOST_KEPT} postcodes; with these there would be more.")
        if rows:
            _fill_anew(now)


def remove_postcodes(country: str, *, now: datetime) -> int:
    """Take a country's postcodes out of the active store's table; return how many. Segments that rest on the table are worked out anew."""
    with transaction.atomic():
        count = int(Postcode.objects.filter(country=country).delete()[0])
        if count:
            _fill_anew(now)
    return count


def _fill_anew(now: datetime) -> None:
    resting = Segment.objects.live().filter(Q(reads__contains=[POSTCODES]) | ~Q(fault=""), kind=Segment.Kind.RULE)
    if resting.update(filled_version=0):
        StoreWork.ring(FILL, store_id=require_store_id(), due_at=now)


def _lines(text: str) -> Iterator[tuple[int, dict[str, str] | str]]:
    """Yield each line that says something, by its number: its four cells by name, or what is wrong with it."""
    text = text.removeprefix("\ufeff")
    first = next((line for line in io.StringIO(text, newline=None) if line.strip()), "")[:MOST_LETTERS]
    between = "\t" if "\t" in first else ";" if first.count(";") > first.count(",") else ","
    places = dict(_GEONAMES) if between == "\t" else {name: place for place, name in enumerate(COLUMNS)}
    is_first = True
    for number, line in enumerate(io.StringIO(text, newline=None), 1):
        if number > MOST_LINES:
            raise CannotLoad(f"The table has more than {MOST_LINES} lines; split it.")
        if len(line) > MOST_LETTERS:
            yield number, f"has {len(line)} letters; no line of a table has more than {MOST_LETTERS}"
            continue
        cells = line.rstrip("\r\n").split("\t") if between == "\t" else next(csv.reader([line], delimiter=between), [])
        if not any(cell.strip() for cell in cells):
            continue
        names = [cell.strip().lower() for cell in cells]
        if is_first and set(COLUMNS) <= set(names):
            places = {name: names.index(name) for name in COLUMNS}
        elif len(cells) <= max(places.values()):
            yield number, f"has {len(cells)} columns; {max(places.values()) + 1} are needed"
        else:
            yield number, {name: cells[place].strip() for name, place in places.items()}
        is_first = False


def _read(cells: dict[str, str] | str) -> _Point | str:
    """Return the point a line names, or what is wrong with it."""
    if isinstance(cells, str):
        return cells
    country, postcode = cells["country"].upper(), plain_postcode(fold(cells["postcode"]))
    if not (len(country) == 2 and country.isascii() and country.isalpha()):
        return f"“{country[:20]}” is no country code such as DE"
    if not 0 < len(postcode) <= 20 or "\0" in postcode:
        return "has no postcode of 1 to 20 characters"
    latitude, longitude = _degrees(cells["latitude"], most=90), _degrees(cells["longitude"], most=180)
    if latitude is None or longitude is None:
        return f"“{cells['latitude'][:20]}, {cells['longitude'][:20]}” is no latitude and longitude in degrees"
    return _Point(country, postcode, latitude, longitude)


def _degrees(text: str, *, most: float) -> float | None:
    try:
        degrees = float(text)
    except ValueError:
        return None
    return degrees if -most <= degrees <= most else None
