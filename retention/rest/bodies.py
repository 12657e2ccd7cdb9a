"""Bodies of the API: a field that does not exist is refused by its name, for a misspelt one would be left out in silence."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import cache
from typing import Any, ClassVar, TypeAlias

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.settings import api_settings

MOST_NAMED = 20
LONGEST_NAMED = 80
Shown: TypeAlias = type[serializers.Serializer[Any]]


class Body(serializers.Serializer[Any]):
    """The base of what a caller sends: fields it does not declare are refused, at every depth that declares its fields.

    A field whose parts are free, such as attributes or a rule, checks them itself.
    shown_as: what we answer the same thing with, if we do; a field of it that this body does not take is no misspelt one.
    """

    shown_as: ClassVar[Shown | None] = None

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Return the values by field; raises ValidationError with unknown fields beside what else is wrong."""
        unknown = unknown_fields(data, [name for name, field in self.fields.items() if not field.read_only], shown_as=self.shown_as)
        try:
            values: dict[str, Any] = super().to_internal_value(data)
        except ValidationError as error:
            raise ValidationError({**error.detail, **unknown}) from error  # type: ignore[dict-item]
        if unknown:
            raise ValidationError(unknown)
        return values


def unknown_fields(data: Any, known: Iterable[str], *, shown_as: Shown | None = None) -> dict[str, list[str]]:
    """Return a sentence for each key of a body that is none of the known ones, with the name that was meant if one is close.

    Of more than MOST_NAMED keys the first are named, and how many others there are stands beside them, under no field's name.
    shown_as: what the same thing is answered with; its fields are refused as ours to tell.
    """
    names = list(known)
    given = data if isinstance(data, Mapping) else {}
    unknown = [str(name) for name in given if name not in names]
    told = _fields_of(shown_as) if unknown and shown_as else frozenset()
    found = {name[:LONGEST_NAMED]: [_refusal(name[:LONGEST_NAMED], names, told)] for name in unknown[:MOST_NAMED]}
    others = len(unknown) - MOST_NAMED
    if others > 0:
        words = ngettext("%(count)d more field cannot be used.", "%(count)d more fields cannot be used.", others)
        found.setdefault(api_settings.NON_FIELD_ERRORS_KEY, []).append(words % {"count": others})
    return found


@cache
def _fields_of(shown: Shown) -> frozenset[str]:
    return frozenset(shown().fields)


def _refusal(name: str, names: list[str], told: frozenset[str]) -> str:
    if name in told:
        return _("This is told by us and cannot be set.")
    close = get_close_matches(name.lower(), names, n=1)
    if not close:
        return _("There is no such field.")
    return _("There is no such field. Did you mean %(name)s?") % {"name": close[0]}
