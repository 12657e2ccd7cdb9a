"""Reading what shops send: JSON that means one thing only, ids as exact text, moments, money in major units.

Pure: no database, no framework. `Unreadable` names what is wrong in one sentence that may be shown to the merchant.
"""

import html
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any, NoReturn

from retention.intake.bodies import first_doubled
from retention.kit.money import LARGEST_AMOUNT, MoneyError, decimals_of

DEEPEST = 32
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")


class Unreadable(ValueError):
    """A delivery cannot be read; trying again would not help."""


def decode(raw: bytes) -> dict[str, Any]:
    """Return the object a body holds: whole numbers of any length exact, other numbers as Decimal. Raises Unreadable."""
    try:
        text = raw.decode("utf-8-sig")
        value = json.loads(text, parse_float=Decimal, parse_constant=_refuse_constant, object_pairs_hook=_one_object)
    except UnicodeDecodeError:
        raise Unreadable("The text is not UTF-8.") from None
    except RecursionError:
        raise Unreadable(f"The value is nested more than {DEEPEST} levels deep.") from None
    except json.JSONDecodeError as error:
        raise Unreadable(f"Not valid JSON: {error.msg} at character {error.pos}.") from None
    except Unreadable:
        raise
    except (ValueError, InvalidOperation):
        raise Unreadable("Not valid JSON: a number is too long.") from None
    if not isinstance(value, dict):
        raise Unreadable("The body must be a JSON object.")
    for part in _parts(value):
        _refuse_text(part)
    return value


def _one_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Unreadable(f"The key {first_doubled(name for name, _value in pairs)[:80]!r} stands twice in one object.")
    return found


def _refuse_constant(word: str) -> NoReturn:
    raise Unreadable(f"Not valid JSON: {word} is not a number.")


def _parts(value: Any) -> Iterator[str]:
    """Yield every key and text, without recursion; refuses what is nested too deep."""
    waiting: list[tuple[Any, int]] = [(value, 1)]
    while waiting:
        part, depth = waiting.pop()
        if isinstance(part, dict | list) and depth > DEEPEST:
            raise Unreadable(f"The value is nested more than {DEEPEST} levels deep.")
        if isinstance(part, dict):
            yield from part
            waiting += [(inner, depth + 1) for inner in part.values()]
        elif isinstance(part, list):
            waiting += [(inner, depth + 1) for inner in part]
        elif isinstance(part, str):
            yield part


def _refuse_text(text: str) -> None:
    if text.isascii():
        if "\x00" in text:
            raise Unreadable("A text holds a NUL character.")
        return
    if "\x00" in text:
        raise Unreadable("A text holds a NUL character.")
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise Unreadable("A text holds half of a surrogate pair.")


def part(body: Any, *path: str) -> Any:
    """Return what stands at a path of keys, or None where it ends early."""
    for key in path:
        body = body.get(key) if isinstance(body, dict) else None
    return body


def parts(body: Any, *path: str) -> list[dict[str, Any]]:
    """Return the objects in the list at a path; what is no object is left out."""
    found = part(body, *path)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def text(body: Any, *path: str, longest: int = 300) -> str:
    """Return the text at a path, in one piece, with HTML's written characters read; anything else is an empty text."""
    found = part(body, *path)
    if isinstance(found, bool) or not isinstance(found, str | int | Decimal):
        return ""
    return html.unescape(str(found)).strip()[:longest]


def identity(body: Any, *path: str) -> str:
    """Return an id as exact text: a whole number, a text, or the end of a `gid://shopify/Order/12`; 0 means none."""
    found = part(body, *path)
    if isinstance(found, bool) or not isinstance(found, str | int):
        return ""
    written = str(found).strip().rpartition("/")[2].partition("?")[0] if str(found).startswith("gid://") else str(found).strip()
    return "" if written == "0" or len(written) > 120 else written


def needed(body: Any, *path: str) -> str:
    """Return an id that must be there."""
    found = identity(body, *path)
    if not found:
        raise Unreadable(f"{'.'.join(path)} is missing.")
    return found


def moment(body: Any, *path: str) -> datetime | None:
    """Return the moment at a path; a text without a zone means UTC. Raises Unreadable for what is no moment."""
    found = part(body, *path)
    if found in (None, ""):
        return None
    try:
        read = datetime.fromisoformat(str(found).strip())
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Unreadable(f"{'.'.join(path)}: {str(found)[:40]!r} is not a moment.") from None


def currency_of(body: Any, *path: str, usual: str) -> str:
    """Return the currency at a path, or the usual one. Raises Unreadable for one we do not know."""
    stated = text(body, *path, longest=10).upper() or usual
    try:
        decimals_of(stated)
    except MoneyError as error:
        raise Unreadable(f"{'.'.join(path)}: {error}") from None
    return stated


def amount(body: Any, *path: str, currency: str) -> str:
    """Return the amount at a path as decimal text with the currency's decimals, rounded half up; empty when there is none.

    Shops divide a line's total by its pieces, so unit prices come with more decimals than money has.
    """
    found = part(body, *path)
    if found is None or found == "":
        return ""
    return write_amount(decimal_of(found, field=".".join(path)), currency=currency)


def decimal_of(value: Any, *, field: str) -> Decimal:
    """Return an exact number; raises Unreadable for what is none or too large."""
    try:
        read = Decimal(str(value).strip()) if isinstance(value, str | int | Decimal) and not isinstance(value, bool) else None
    except InvalidOperation:
        read = None
    if read is None or not read.is_finite() or abs(read) > LARGEST_AMOUNT:
        raise Unreadable(f"{field}: {str(value)[:40]!r} is not an amount.")
    return read


def write_amount(value: Decimal, *, currency: str) -> str:
    """Write an exact number with as many decimals as the currency has, never in scientific form."""
    try:
        return f"{value.quantize(Decimal(1).scaleb(-decimals_of(currency)), rounding=ROUND_HALF_UP):f}"
    except (MoneyError, InvalidOperation) as error:
        raise Unreadable(f"The amount {str(value)[:40]} cannot be written in {currency}: {error}") from None


def pieces(body: Any, *path: str) -> int:
    """Return a whole number of pieces, 0 where there is none; parts of a piece count as one."""
    found = part(body, *path)
    if found is None or found == "":
        return 0
    return int(decimal_of(found, field=".".join(path)).to_integral_value(rounding="ROUND_CEILING"))


def phone_of(body: Any, *path: str) -> str:
    """Return a phone number in E.164 form, or nothing for what is written in another way."""
    plain = re.sub(r"[\s().-]", "", text(body, *path, longest=40))
    return plain if _PHONE.fullmatch(plain) else ""


def filled(**values: Any) -> dict[str, Any]:
    """Return the values that say something."""
    return {name: value for name, value in values.items() if value not in ("", None, [], {}, ())}
