"""Does a file that waits to be brought in speak of somebody who is being erased? Read as text, in the file's own encoding.

Names that are long enough are looked for anywhere in the text, a telephone number however it is written. A shorter id counts only where
an id stands. After a restore only digests are known: then every cell is compared whole.
"""

import re
from collections.abc import Iterator, Sequence

from retention.customers.consent import address_digest
from retention.customers.importing.filing import pieces_of
from retention.customers.importing.kinds import ATTRIBUTE
from retention.customers.importing.mapping import kind_of, propose, rows_of
from retention.customers.importing.reading import decode
from retention.customers.models import Import
from retention.customers.phones import national_digits, read_phone
from retention.kit.words import fold
from retention.stores.models import Store

SHORTEST = 5  # a name shorter than this would be found in texts about other people
_OVERLAP = 1024  # letters; no name is longer
_BETWEEN_DIGITS = r"[ ().\-/\u2010-\u2015]{0,3}"


def file_names_one_of(of: Import, names: Sequence[str]) -> bool:
    """Say whether an import's file holds one of these addresses, numbers or ids of the shop."""
    long = [name for name in names if len(name) >= SHORTEST]
    short = {fold(name) for name in names if len(name) < SHORTEST}
    return bool(long and _text_holds(of, _pattern(long))) or bool(short and any(cell in short for cell in _short_ids(of)))


def file_holds_digest(of: Import, digests: Sequence[str]) -> bool:
    """Say whether a cell of an import's file has one of these keyed digests."""
    wanted = set(digests)
    return any(address_digest(name) in wanted for name in _cells(of)) or any(address_digest(name) in wanted for name in _short_ids(of))


def _text_holds(of: Import, pattern: re.Pattern[str]) -> bool:
    """Search the file piece by piece; what may be the beginning of a name is looked at again with the next piece."""
    before = ""
    for piece in decode(pieces_of(of), encoding=of.encoding):
        text = before + fold(piece)
        if pattern.search(text):
            return True
        before = text[-_OVERLAP:]
    return False


def _pattern(names: Sequence[str]) -> re.Pattern[str]:
    numbers = {digits for name in names if (digits := national_digits(name))}
    ways = [re.escape(fold(name)) for name in names] + [_BETWEEN_DIGITS.join(digits) + r"(?!\d)" for digits in sorted(numbers)]
    return re.compile("|".join(ways))


def _cells(of: Import) -> Iterator[str]:
    """Yield every cell that is long enough to be a name, and those of a column of numbers as E.164 too."""
    country = Store.objects.values_list("country", flat=True).get(pk=of.store_id)
    numbers = _places(of, "phone")
    for row in rows_of(of):
        yield from (cell for cell in row.cells if len(cell) >= SHORTEST)
        yield from (number for place in numbers if place < len(row.cells) and (number := read_phone(row.cells[place], country=country)))


def _short_ids(of: Import) -> Iterator[str]:
    """Yield the short cells of the column of ids; while nobody chose one, of every column that could still become it."""
    places = _places(of, "external_id") if of.mapping else _places(of, "external_id", ATTRIBUTE, "")
    for row in rows_of(of):
        yield from (fold(row.cells[place]) for place in places if place < len(row.cells) and 0 < len(row.cells[place]) < SHORTEST)


def _places(of: Import, *fields: str) -> list[int]:
    mapping = of.mapping or propose(kind_of(of), of.headings)
    return [int(place) for place, field in mapping.items() if field in fields]
