"""From bytes to rows: encodings, delimiters, quoted newlines, and everything a file can be that is no table. No database here.

A row's number is a spreadsheet's: the headings are row 1, and line breaks in a cell count for nothing. Formulas stay text. How text is
taken apart into lines and cells is `splitting.py`.
"""

import codecs
import csv
import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple, cast

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from retention.customers.importing.formulas import unquote_formula
from retention.customers.importing.splitting import LONGEST_CELL, MOST_MARKS, columns_of, is_too_wide, lines_of, whole_rows

LARGEST_BYTES = 50 * 1024 * 1024
MOST_COLUMNS = 300
_SAMPLED = 65_536
DELIMITERS = (",", ";", "\t", "|")
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_KNOWN_FORMATS = (
    (b"PK\x03\x04", gettext_lazy("an Excel workbook or a zip file")),
    (b"\x1f\x8b", gettext_lazy("a gzip file")),
    (b"%PDF", gettext_lazy("a PDF")),
)
csv.field_size_limit(LARGEST_BYTES * 2)  # our own limit names the row; the library's would end the file


class NoTable(ValueError):
    """The file cannot be read as a table; the message says why, in the reader's language."""


class Row(NamedTuple):
    """One row of the file and its number in a spreadsheet."""

    number: int
    cells: list[str]


class Run(NamedTuple):
    """Rows of a table that stand together: by columns, their cells as they came, and the number of the first row in a spreadsheet."""

    first: int
    columns: Sequence[Sequence[str]]

    @property
    def size(self) -> int:
        """Return how many rows there are."""
        return len(self.columns[0])

    def row(self, place: int) -> Row:
        """Return one row, by its place from 0, as it is to be read."""
        return Row(self.first + place, [trimmed(column[place]) for column in self.columns])

    def column(self, place: int) -> list[str]:
        """Return the cells of one column, by its place from 0, as they are to be read."""
        cells = list(map(str.strip, self.columns[place]))
        return list(map(unquote_formula, cells)) if "\n'" in "\n".join(cells) or cells[0][:1] == "'" else cells

    def behind(self, count: int) -> "Run":
        """Return what stands behind so many of its rows."""
        return Run(self.first + count, [column[count:] for column in self.columns]) if count else self


class _Lines(NamedTuple):
    """Rows of a file as they came, of whatever width, and the number of the first in a spreadsheet."""

    first: int
    rows: list[list[str]]


class Fault(NamedTuple):
    """Why a row was left out. column: its heading, or nothing when it is about the whole row. cells: the row itself, where there is one."""

    row: int
    column: str
    value: str
    why: str
    cells: Sequence[str] = ()


@dataclass(frozen=True)
class Shape:
    """How a file is written down."""

    encoding: str
    delimiter: str
    headings: list[str]


def read_shape(pieces: Callable[[], Iterable[bytes]]) -> Shape:
    """Return how the file is written; NoTable when it is none, has no rows, or names two columns alike.

    pieces: gives the file's bytes from the start, each time it is called.
    """
    encoding = _encoding(pieces)
    sample = _sample(decode(pieces(), encoding=encoding))
    if not sample.strip():
        raise NoTable(_("The file is empty."))
    delimiter = _delimiter(sample)
    runs = _runs(decode(pieces(), encoding=encoding), delimiter, width=0)
    first = cast("_Lines | Fault", next(runs))  # no lines are split into columns where no width is known
    if not isinstance(first, _Lines):
        raise NoTable(_("A quotation mark is opened in the headings and not closed.") if first.cells else first.why)
    headings = _headings(first.rows[0])
    behind = chain([_Lines(2, first.rows[1:])], runs)
    if not any(not isinstance(run, _Lines) or any(cell.strip() for row in run.rows for cell in row) for run in behind):
        raise NoTable(_("The file holds headings and no rows."))
    return Shape(encoding, delimiter, headings)


def read_runs(pieces: Iterable[bytes], shape: Shape, *, after: int = 1) -> Iterator[Run | Fault]:
    """Yield the rows behind row `after` in runs, and a fault for each that is no row of this table. Empty rows are passed over."""
    width, last = len(shape.headings), max(after, 1)
    for run in _runs(decode(pieces, encoding=shape.encoding), shape.delimiter, width=width):
        if isinstance(run, Fault):
            if run.row > last:
                yield run
        elif isinstance(run, Run):
            if (passed_over := max(0, last + 1 - run.first)) < run.size:
                yield run.behind(passed_over)
        else:
            passed_over = max(0, last + 1 - run.first)
            yield from _sort_out(_Lines(run.first + passed_over, run.rows[passed_over:]), width)


def read_rows(runs: Iterable[Run | Fault]) -> Iterator[Row | Fault]:
    """Yield the rows of runs one by one, and their faults."""
    for run in runs:
        if isinstance(run, Fault):
            yield run
        else:
            yield from map(run.row, range(run.size))


def decode(pieces: Iterable[bytes], *, encoding: str) -> Iterator[str]:
    """Yield the file's text piece by piece."""
    decoder = codecs.getincrementaldecoder(encoding)()
    for piece in pieces:
        yield decoder.decode(piece)
    yield decoder.decode(b"", final=True)


def _encoding(pieces: Callable[[], Iterable[bytes]]) -> str:
    head = next(iter(pieces()), b"")
    for start, name in _KNOWN_FORMATS:
        if head.startswith(start):
            raise NoTable(_("This is %(format)s. Save it as CSV and choose that file.") % {"format": name})
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return _checked(pieces, [encoding])
    if head[1:2] == b"\0" and head[:1] != b"\0":
        return _checked(pieces, ["utf-16-le"])
    if head[:1] == b"\0" and head[1:2] != b"\0":
        return _checked(pieces, ["utf-16-be"])
    return _checked(pieces, ["utf-8", "cp1252", "latin-1"])


def _checked(pieces: Callable[[], Iterable[bytes]], encodings: Sequence[str]) -> str:
    """Return the first encoding the whole file can be read in."""
    for encoding in encodings:
        try:
            for _text in decode(pieces(), encoding=encoding):
                pass
        except UnicodeDecodeError:
            continue
        return encoding
    raise NoTable(_("The file's letters cannot be read. Save it as CSV in UTF-8."))


def _sample(texts: Iterable[str]) -> str:
    """Return the beginning of the file, enough to hold the headings."""
    sample = ""
    for text in texts:
        sample += text
        if len(sample) >= _SAMPLED:
            break
    return sample


def _delimiter(sample: str) -> str:
    """Return the mark that makes the most columns of the headings."""
    widths = {mark: len(next(csv.reader(io.StringIO(sample, newline=""), delimiter=mark), [])) for mark in DELIMITERS}
    return max(DELIMITERS, key=lambda mark: widths[mark])


def _headings(cells: Sequence[str]) -> list[str]:
    cells = [cell.strip()[:120] for cell in cells]
    while cells and not cells[-1]:
        cells.pop()
    if not cells:
        raise NoTable(_("The first row must hold the headings of the columns."))
    if len(cells) > MOST_COLUMNS:
        raise NoTable(_("The file has %(count)s columns; %(most)s are the most.") % {"count": len(cells), "most": MOST_COLUMNS})
    if any("\0" in cell for cell in cells):
        raise NoTable(_("The headings hold a NUL character. Save the file as CSV in UTF-8."))
    named = [cell or _("Column %(number)s") % {"number": place} for place, cell in enumerate(cells, start=1)]
    counts = Counter(name.casefold() for name in named)
    twice = sorted({name for name in named if counts[name.casefold()] > 1}, key=lambda name: (name.casefold(), name))
    if twice:
        raise NoTable(
            _("These headings stand in the file more than once: %(names)s. Give each column its own.") % {"names": ", ".join(twice)}
        )
    return named


def trimmed(cell: str) -> str:
    """Return a cell without the space around it, and without what a careful export puts before a formula."""
    text = cell.strip()
    return unquote_formula(text) if text[:1] == "'" else text


def _sort_out(lines: _Lines, width: int) -> Iterator[Run | Fault]:
    """Yield those of these rows that are rows of this table, brought to its width, and a fault for each other that is not empty."""
    fit, first = list[list[str]](), lines.first
    for number, cells in enumerate(lines.rows, lines.first):
        text = "".join(cells)
        is_empty = not text.strip()
        why = None if is_empty else _unfit(cells, text, width=width)
        if not (is_empty or why):
            fit.append(cells[:width] + [""] * (width - len(cells)))
            continue
        if fit:
            yield Run(first, list(zip(*fit, strict=True)))
        fit, first = [], number + 1
        if why:
            yield Fault(number, *why, cells=cells)
    if fit:
        yield Run(first, list(zip(*fit, strict=True)))


def _unfit(cells: Sequence[str], text: str, *, width: int) -> tuple[str, str, str] | None:
    """Return column, value and reason when a row is no row of this table. text: its cells in one."""
    if len(text) > LONGEST_CELL and len(longest := max(cells, key=len)) > LONGEST_CELL:
        why = _("A cell holds %(count)s characters; %(most)s are the most.") % {"count": len(longest), "most": LONGEST_CELL}
        return "", longest[:60], why
    if "\0" in text:
        return "", "", _("A cell holds a NUL character.")
    if len(cells) > width and any(cell.strip() for cell in cells[width:]):
        return "", "", _("The row has %(count)s cells and the headings are %(width)s.") % {"count": len(cells), "width": width}
    return None


def _runs(texts: Iterable[str], delimiter: str, *, width: int) -> Iterator[Run | _Lines | Fault]:
    """Yield rows in runs, and a fault for one whose quotation mark is not closed in time; reading goes on with the line behind that one.

    Lines that are all rows of a table of this width are yielded as such, others to be sorted out; with a width of 0 all of them.
    """
    number, held = 1, list[str]()
    for lines, is_last in lines_of(texts):
        held += lines
        if width and (columns := columns_of(held, delimiter, width)):
            yield Run(number, columns)
            number, held = number + len(held), []
            continue
        is_torn, is_first = True, True
        while is_torn:
            rows, done, is_torn = whole_rows(held, delimiter, is_last=is_last, at_once=is_first)
            is_first = False
            if rows:
                yield _Lines(number, rows)
                number += len(rows)
            if is_torn:
                yield _torn(held[done], number, delimiter)
                number, done = number + 1, done + 1
            held = held[done:]


def _torn(line: str, number: int, delimiter: str) -> Fault:
    """Return why the row that begins with this line is none."""
    if is_too_wide(line, delimiter):
        values = {"count": line.count(delimiter), "mark": delimiter, "most": MOST_MARKS}
        return Fault(number, "", line[:60], _("The row holds “%(mark)s” %(count)s times; %(most)s are the most.") % values)
    cells = next(csv.reader([line], delimiter=delimiter))
    return Fault(number, "", line[:60], _("A quotation mark is opened in this row and not closed in time."), cells=cells)
