"""From text to lines and cells: delimiters, line ends, quotation marks, and rows that go on over several lines. No database here.

What a cell may hold, and which rows belong to a table, is `reading.py`.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

LONGEST_CELL = 20_000
MOST_LINES = 500  # of one row whose cells hold line breaks
MOST_CHARACTERS = 100_000  # of such a row
MOST_MARKS = MOST_CHARACTERS  # between cells in one line, those inside a cell counted too: a longer line is not taken apart
_LINES_AT_ONCE = 1_000  # so that looking for the end of an open quotation mark is never long
_OTHER_ENDS = "\v\f\x1c\x1d\x1e\x85\u2028\u2029"  # what ends a line elsewhere, and is a letter like others here
_MARK = "end"  # a line of our own behind the lines at hand: a row that swallows it is still open


def lines_of(texts: Iterable[str]) -> Iterator[tuple[list[str], bool]]:
    """Yield lines with their ends (\\n, \\r\\n or \\r, and no other), some at a time, and whether they are the last.

    Where the text was cut makes no difference.
    """
    rest = ""
    for text in texts:
        whole = rest + text
        lines = list(io.StringIO(whole, newline="")) if any(mark in whole for mark in _OTHER_ENDS) else whole.splitlines(keepends=True)
        rest = lines.pop() if lines and not lines[-1].endswith("\n") else ""
        for start in range(0, len(lines), _LINES_AT_ONCE):
            yield lines[start : start + _LINES_AT_ONCE], False
    yield [rest] if rest else [], True


def columns_of(lines: Sequence[str], delimiter: str, width: int) -> list[list[str]] | None:
    """Return the columns of lines that are all rows of a table of this width and none of them empty; None where one is not.

    All are split in one go: each line's end becomes a cell of its own, which must then stand behind each row and nowhere else.
    """
    text = "".join(lines)
    if not lines or "\0" in text or max(map(len, lines)) > LONGEST_CELL:
        return None
    quoted = list[tuple[int, list[str]]]()
    if '"' in text:
        plain = list(lines)
        for place in [place for place, line in enumerate(lines) if '"' in line]:
            row, *rest = csv.reader((lines[place], _MARK), delimiter=delimiter)
            if not rest or len(row) != width:
                return None
            quoted.append((place, row))
            plain[place] = delimiter * (width - 1) + "\n"
        text = "".join(plain)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = text if text.endswith("\n") else text + "\n"
    size, step = len(lines), width + 1
    cells = text.replace("\n", f"{delimiter}\n{delimiter}").split(delimiter, size * step + 1)
    if len(cells) != size * step + 1 or cells[width::step].count("\n") != size:
        return None
    for place, row in quoted:
        cells[place * step : place * step + width] = row
    columns = [cells[place:-1:step] for place in range(width)]
    return columns if any(all(map(str.strip, column)) for column in columns) else None


def whole_rows(lines: list[str], delimiter: str, *, is_last: bool, at_once: bool) -> tuple[list[list[str]], int, bool]:
    """Return the rows these lines begin with, the place behind them, and whether the row there is torn.

    A row that may still go on behind these lines is none of them, unless they are the file's last. at_once: try each as a row of one line
    first, which is quick, but not for lines of which one is known to be torn. A line that is too wide is torn, and so is a row of several
    lines that would hold one: it has too many characters.
    """
    wide = next((place for place, line in enumerate(lines) if is_too_wide(line, delimiter)), None)
    lines, is_last = (lines, is_last) if wide is None else (lines[:wide], True)
    if at_once and (whole := _split(lines, delimiter)) is not None:
        return whole, len(lines), wide is not None
    rows: list[list[str]] = []
    start = 0
    reader = csv.reader(chain(lines, (_MARK,)), delimiter=delimiter)
    for cells in reader:
        end = reader.line_num
        is_open = end > len(lines)
        if is_open and end - start == 1:
            break
        if end - start > 1:
            row = lines[start:end]
            too_long = len(row) > MOST_LINES or sum(map(len, row)) > MOST_CHARACTERS
            if is_open and not (is_last or too_long):
                break
            if is_open or too_long or max(map(len, cells)) > LONGEST_CELL or not _is_well_quoted(row, delimiter):
                return rows, start, True
        rows.append(cells)
        start = end
    return rows, start, wide is not None


def is_too_wide(line: str, delimiter: str) -> bool:
    """Say whether a line holds so many marks that it is not taken apart."""
    return len(line) > MOST_MARKS and line.count(delimiter) > MOST_MARKS


def _split(lines: Sequence[str], delimiter: str) -> list[list[str]] | None:
    """Return the rows of lines of which each is one; None where a quotation mark stays open at the end of one.

    A line without such a mark is what stands between its delimiters, which is found in half the time.
    """
    rows = [line.rstrip("\r\n").split(delimiter) for line in lines]
    quoted = [place for place, line in enumerate(lines) if '"' in line]
    for place in quoted:
        row, *rest = csv.reader((lines[place], _MARK), delimiter=delimiter)
        if not rest:
            return None
        rows[place] = row
    return rows


def _is_well_quoted(lines: Sequence[str], delimiter: str) -> bool:
    """Say whether each quoted cell ends before a delimiter or a line end: one that swallowed other rows' quotes does not."""
    try:
        return len(list(csv.reader(lines, delimiter=delimiter, strict=True))) == 1
    except csv.Error:
        return False
