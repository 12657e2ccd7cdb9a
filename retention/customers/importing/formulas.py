"""Cells a spreadsheet would take for formulas: marked on their way out, and the mark taken off on their way in."""

import re

# What a spreadsheet may take for a formula: at the start of a cell, in full width too, and behind a mark at which it may cut a cell in two.
_FORMULA = re.compile("[=+\\-@\t\r\0'＝＋－＠]|(?s:.*)[;\t\r\n][ \"]*[=+\\-@＝＋－＠]")


def unquote_formula(cell: str) -> str:
    """Take off the apostrophe that a careful export puts before a cell that a spreadsheet could read as a formula."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell[1:]) else cell


def quote_formula(cell: str) -> str:
    """Put an apostrophe before a cell that a spreadsheet would read as a formula; `unquote_formula` takes it off. Source: S22."""
    return f"'{cell}" if _FORMULA.match(cell) else cell
