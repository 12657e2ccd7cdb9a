"""Strict JSON for the API: no NaN, no duplicate keys, no lone surrogates, no NUL, at most 32 levels. Source: S18, S19."""

import json
from collections.abc import Mapping
from typing import IO, Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

DEEPEST = 32
LONGEST_LIST = 1000


class StrictJSONParser(JSONParser):
    """Parse a body into plain values, or refuse it with one sentence."""

    def parse(self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        """Return the parsed body; ParseError (400) names what is wrong with it."""
        try:
            body = stream.read().decode("utf-8")
        except UnicodeDecodeError as error:
            raise ParseError(_("The body is not UTF-8 text.")) from error
        return strict_json(body)


def strict_json(body: str) -> Any:
    """Return the value of a JSON text, refusing what Python's own parser would let through. Raises ParseError."""
    try:
        value = json.loads(body, object_pairs_hook=_object, parse_constant=_constant, parse_float=_float)
    except (ValueError, RecursionError) as error:
        raise ParseError(str(error) if isinstance(error, _Refused) else _("The body is not valid JSON.")) from error
    _check(value, depth=1)
    return value


class _Refused(ValueError):
    """A value that is JSON to Python but not to us."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Refused(_("A key stands twice in one object."))
    return found


def _constant(name: str) -> Any:
    raise _Refused(_("%(name)s is not a number in JSON.") % {"name": name})


def _float(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise _Refused(_("%(number)s is too large.") % {"number": text})
    return number


def _check(value: Any, *, depth: int) -> None:
    if depth > DEEPEST:
        raise ParseError(_("The body is nested more than %(levels)d levels deep.") % {"levels": DEEPEST})
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, int) and not isinstance(value, bool) and not -(2**63) <= value < 2**63:
        raise ParseError(_("A whole number is larger than 64 bits."))
    elif isinstance(value, list):
        if len(value) > LONGEST_LIST:
            raise ParseError(_("A list holds more than %(count)d entries.") % {"count": LONGEST_LIST})
        for part in value:
            _check(part, depth=depth + 1)
    elif isinstance(value, dict):
        for key, part in value.items():
            _check_text(key)
            _check(part, depth=depth + 1)


def _check_text(text: str) -> None:
    if "\x00" in text:
        raise ParseError(_("A text holds a NUL character."))
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ParseError(_("A text holds half of a surrogate pair."))
