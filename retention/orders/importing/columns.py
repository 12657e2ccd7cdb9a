"""An order's lines as they are staged: products and names with a mark behind each, and the numbers with commas between them.

PostgreSQL takes such a text apart without looking for quotation marks, and nothing in it needs one on its way. The mark is the character
that is meant for this; where a cell holds it, another is taken, and `values` tell which.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from retention.customers.importing.kinds import Columns, Thing

_MARK = "\x1f"  # "unit separator"
_OTHERS = "\x1e\x1d\x1c\x01\x02\x03\x04\x05\x06\x0e\x0f\x10"
# What PostgreSQL makes of a column, as text[]. column: one of the first two.
TEXTS = """trim_array(string_to_array(lines[{column}], coalesce("values" ->> 'mark', chr(31))), 1)"""


class Unmarkable(ValueError):
    """The texts hold every character that could stand behind each of them; the message is for the merchant."""


class Staged(NamedTuple):
    """Lines on their way to where they are staged. told: what `values` must say of them."""

    columns: Columns
    told: dict[str, Any]


def staged(products: Sequence[str], names: Sequence[str], numbers: str) -> Staged:
    """Return lines as they are staged; raises Unmarkable. numbers: pieces, price and amount of each line, with commas between."""
    first, second = _MARK.join(products), _MARK.join(names)
    if first.count(_MARK) + second.count(_MARK) == 2 * (len(products) - 1):
        return Staged((first + _MARK, second + _MARK, numbers), {})
    mark = next((other for other in _OTHERS if other not in first and other not in second), None)
    if mark is None:
        raise Unmarkable(_("The products' names hold control characters."))
    return Staged((mark.join((*products, "")), mark.join((*names, "")), numbers), {"mark": mark})


def joined(first: Thing, more: Thing) -> Staged:
    """Return the lines of two things as those of one; raises Unmarkable.

    Each column ends with its mark, so those of one mark are only put together: an order may come in thousands of parts.
    """
    if first.lines and more.lines and first.values.get("mark") == (mark := more.values.get("mark")):
        columns = (first.lines[0] + more.lines[0], first.lines[1] + more.lines[1], f"{first.lines[2]},{more.lines[2]}")
        return Staged(columns, {"mark": mark} if mark else {})
    products, names = ([text for one in (first, more) for text in _texts(one, column)] for column in (0, 1))
    return staged(products, names, ",".join(one.lines[2] for one in (first, more) if one.lines))


def _texts(thing: Thing, column: int) -> list[str]:
    return thing.lines[column].split(thing.values.get("mark", _MARK))[:-1] if thing.lines else []
