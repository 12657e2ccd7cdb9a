"""Lines of orders out of runs of rows: by columns, many at once, and one by one only where something is wrong.

No database here. The cells that say what a line comes to repeat from order to order, so they are read once for all lines that have them.
"""

from collections.abc import Iterable, Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal
from itertools import chain, compress, pairwise
from operator import ne
from typing import NamedTuple

from django.utils.translation import gettext as _

from retention.customers.importing.cells import Manner, Unreadable, read_decimal
from retention.customers.importing.kinds import Plan
from retention.customers.importing.reading import Fault, Run, trimmed
from retention.kit.money import LARGEST_AMOUNT, MoneyError, decimals_of

MOST_LINES = 5_000
LONGEST_ID = 120
_HEADS = ("placed_at", "email", "external_id", "currency", "country", "status")
_MOST_PIECES = 1_000_000_000
_LONGEST_NAME = 300
_MOST_WORTHS = 32_768  # kept of a currency while a file is read
_MOST_CURRENCIES = 16


class Left(ValueError):
    """A row cannot be read; `field` is the one."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(why)
        self.field = field


# What a line comes to: its pieces, price and amount with commas between, the amount, and the exact one where rounding changed it. A tuple
# without names, which is taken apart in half the time.
Worth = tuple[str, int, Decimal | None]


class Lines(NamedTuple):
    """Lines by columns: products, names, and what each comes to as `Worth` says; exacts is empty where rounding changed none."""

    products: Sequence[str]
    names: Sequence[str]
    numbers: Sequence[str]
    minors: Sequence[int]
    exacts: Sequence[Decimal | None]


class Line(NamedTuple):
    """One line: its product, what that is called, and what it comes to."""

    product: str
    name: str
    worth: Worth


class Columns:
    """A plan made ready for many rows: where each field stands, and cells read before."""

    def __init__(self, plan: Plan) -> None:
        places = plan.columns
        self.plan = plan
        self.number, self.product, self.name = places["number"], places["product_id"], places.get("name")
        self.quantity, self.price = places["quantity"], places["unit_price"]
        self.heads = {name: places[name] for name in _HEADS if name in places}
        self._worths: dict[str, _Worths] = {}

    def worths(self, currency: str) -> "_Worths":
        """Return what lines in a currency come to."""
        if (found := self._worths.get(currency)) is None:
            if len(self._worths) >= _MOST_CURRENCIES:  # a column may hold anything
                self._worths.clear()
            found = self._worths[currency] = _Worths(currency, self.plan.manner)
        return found


class _Worths(dict[tuple[str, str], Worth]):
    """What lines come to, by their cells as they came: pieces and price. Asking for cells that cannot be read raises Left."""

    def __init__(self, currency: str, manner: Manner) -> None:
        super().__init__()
        self.currency, self.manner = currency, manner

    def __missing__(self, cells: tuple[str, str]) -> Worth:
        pieces, price = cells
        found = _worth(trimmed(pieces), trimmed(price), self.currency, self.manner)
        if len(self) >= _MOST_WORTHS:
            self.clear()
        self[cells] = found
        return found


class _Block:
    """A run of rows by the columns that matter. is_fit: each row has a product, and no text is too long.

    What a line comes to is found by its cells as they came, and of the order numbers only those are trimmed that differ from the one
    before.
    """

    def __init__(self, run: Run, columns: Columns) -> None:
        self.run, self.columns = run, columns
        self.numbers, self.products = run.columns[columns.number], run.column(columns.product)
        self.names = [""] * run.size if columns.name is None else run.column(columns.name)
        self.quantities, self.prices = run.columns[columns.quantity], run.columns[columns.price]
        self.heads = {name: run.columns[place] for name, place in columns.heads.items()}
        self._worths: Lines | None = None
        self._is_torn = False  # a line of it cannot be read: then each order is looked up by itself, or every one would meet that line
        has_room = max(map(len, self.products)) <= LONGEST_ID and max(map(len, self.names)) <= _LONGEST_NAME
        self.is_fit = has_room and all(self.products)

    def lines(self, start: int, end: int, currency: str) -> Lines:
        """Return lines of a block that is fit; raises Left when one of them cannot be read.

        Where no column tells the currency, what all lines come to is looked up at once.
        """
        found = self._worths or self._all(currency)
        if found is None:
            return _by_columns(self.products[start:end], self.names[start:end], self._worths_of(slice(start, end), currency))
        products, names, numbers, minors, exacts = found
        return Lines(products[start:end], names[start:end], numbers[start:end], minors[start:end], _changed(exacts[start:end]))

    def _all(self, currency: str) -> Lines | None:
        """Return all lines of the block; nothing where the currency is told by lines, or one of them cannot be read."""
        if self._worths is None and not self._is_torn and "currency" not in self.columns.heads:
            try:
                self._worths = _by_columns(self.products, self.names, self._worths_of(slice(None), currency))
            except Left:
                self._is_torn = True
        return self._worths

    def _worths_of(self, rows: slice, currency: str) -> list[Worth]:
        cells = zip(self.quantities[rows], self.prices[rows], strict=True)
        return list(map(self.columns.worths(currency).__getitem__, cells))


class Part(NamedTuple):
    """Rows of a file that stand together and have one order number."""

    block: _Block
    start: int
    end: int

    @property
    def first_row(self) -> int:
        """Return the number of its first row in a spreadsheet."""
        return self.block.run.first + self.start

    @property
    def last_row(self) -> int:
        """Return the number of its last row in a spreadsheet."""
        return self.block.run.first + self.end - 1

    def head(self, field: str) -> str:
        """Return the first cell of a field that belongs to the whole order and says something, or nothing."""
        column = self.block.heads[field]
        if (first := column[self.start]) and (text := trimmed(first)):  # most say it in the first row
            return text
        return next((text for cell in column[self.start + 1 : self.end] if cell and (text := trimmed(cell))), "")

    def said(self, field: str) -> list[str]:
        """Return what its rows say in a field that belongs to the whole order, each text once."""
        return list(dict.fromkeys(text for cell in self.block.heads[field][self.start : self.end] if (text := trimmed(cell))))

    def pays_back(self) -> bool:
        """Say whether all its rows take pieces back, as a credit note's do."""
        return all(cell.lstrip().startswith(("-", "\N{MINUS SIGN}")) for cell in self.block.quantities[self.start : self.end])

    def lines(self, currency: str) -> Lines:
        """Return all its lines; raises Left when one of them cannot be read."""
        if self.block.is_fit:
            return self.block.lines(self.start, self.end, currency)
        products, names, worths = zip(*(self.line(place, currency) for place in range(self.start, self.end)), strict=True)
        return _by_columns(products, names, worths)

    def line(self, place: int, currency: str) -> Line:
        """Return one line, by its row's place in the block; raises Left when it cannot be read."""
        block = self.block
        product, name = block.products[place], block.names[place]
        if not (product or name):
            raise Left("product_id", _("The product is missing."))
        if len(product) > LONGEST_ID:
            raise Left("product_id", too_long(LONGEST_ID))
        if len(name) > _LONGEST_NAME:
            raise Left("name", too_long(_LONGEST_NAME))
        return Line(product or name[:LONGEST_ID], name, block.columns.worths(currency)[block.quantities[place], block.prices[place]])

    def faults(self, currency: str) -> Iterator[Fault]:
        """Yield why rows of it cannot be read, naming the column as the file does."""
        for place in range(self.start, self.end):
            try:
                self.line(place, currency)
            except Left as left:
                yield self.fault(place, left.field, str(left))

    def fault(self, place: int, field: str, why: str) -> Fault:
        """Return a row's fault, by its place in the block."""
        row = self.block.run.row(place)
        return self.block.columns.plan.fault(row.number, field, row.cells, why)


def parts_of(runs: Iterable[Run | Fault], columns: Columns) -> Iterator[tuple[str, Part | Fault]]:
    """Yield each order number and rows that have it and stand together, or the one that is no row; a number may come again at once."""
    for run in runs:
        if isinstance(run, Fault):
            yield run.cells[columns.number].strip() if len(run.cells) > columns.number else "", run
            continue
        block = _Block(run, columns)
        numbers, end = block.numbers, len(block.numbers)
        starts = [0, *compress(range(1, end), map(ne, numbers, numbers[1:]))]
        for start, stop in pairwise((*starts, end)):
            yield trimmed(numbers[start]), Part(block, start, stop)


def lines_of(parts: Sequence[Part], currency: str) -> Lines:
    """Return the lines of one order; raises Left when one of them cannot be read."""
    if len(parts) == 1:
        return parts[0].lines(currency)
    found = [part.lines(currency) for part in parts]
    products, names, numbers, minors, _exacts = (list(chain(*columns)) for columns in zip(*found, strict=True))
    told = (one.exacts or [None] * len(one.minors) for one in found) if any(one.exacts for one in found) else ()
    return Lines(products, names, numbers, minors, list(chain(*told)))


def _by_columns(products: Sequence[str], names: Sequence[str], worths: Sequence[Worth]) -> Lines:
    return Lines(products, names, [one[0] for one in worths], [one[1] for one in worths], _changed([one[2] for one in worths]))


def _changed(exacts: Sequence[Decimal | None]) -> Sequence[Decimal | None]:
    """Return exact amounts, or none at all where rounding changed none."""
    return () if exacts.count(None) == len(exacts) else exacts


def too_long(most: int) -> str:
    """Return in words that a text does not fit."""
    return _("The text is longer than %(count)s characters.") % {"count": most}


def _pieces(text: str, manner: Manner) -> int:
    try:
        pieces = read_decimal(text, manner)
    except Unreadable as error:
        raise Left("quantity", str(error)) from None
    if pieces != int(pieces) or not 0 < abs(pieces) <= _MOST_PIECES:
        raise Left("quantity", _("“%(value)s” is not a number of pieces.") % {"value": text[:40]})
    return int(pieces)


def _worth(pieces_text: str, price_text: str, currency: str, manner: Manner) -> Worth:
    pieces = _pieces(pieces_text, manner)
    try:
        exact = read_decimal(price_text, manner)
        price = _to_minor(exact, currency)
    except Unreadable as error:
        raise Left("unit_price", str(error)) from None
    except MoneyError as error:
        raise Left("currency", str(error)) from None
    rounded = exact.scaleb(decimals_of(currency)) != price
    amount = _to_minor(exact * pieces, currency) if rounded else pieces * price
    if abs(amount) > LARGEST_AMOUNT:
        raise Left("unit_price", _("The amount is too large."))
    return f"{pieces},{price},{amount}", amount, exact * pieces if rounded else None


def _to_minor(exact: Decimal, currency: str) -> int:
    return int(exact.scaleb(decimals_of(currency)).to_integral_value(ROUND_HALF_UP))
