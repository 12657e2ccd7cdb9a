"""Bodies of the API: a field that does not exist is refused by its name, for a misspelt one would be left out in silence."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ValidationError


class Body(serializers.Serializer[Any]):
    """The base of what a caller sends: fields it does not declare are refused, at every depth that declares its fields.

    A field whose parts are free, such as attributes or a rule, checks them itself.
    """

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Return the values by field; raises ValidationError with unknown fields beside what else is wrong."""
        unknown = unknown_fields(data, [name for name, field in self.fields.items() if not field.read_only])
        try:
            values: dict[str, Any] = super().to_internal_value(data)
        except ValidationError as error:
            raise ValidationError({**error.detail, **unknown}) from error  # type: ignore[dict-item]
        if unknown:
            raise ValidationError(unknown)
        return values


def unknown_fields(data: Any, known: Iterable[str]) -> dict[str, list[str]]:
    """Return a sentence for each key of a body that is none of the known ones, with the name that was meant if one is close."""
    names = list(known)
    given = data if isinstance(data, Mapping) else {}
    return {str(name): [_refusal(str(name), names)] for name in given if name not in names}


def _refusal(name: str, names: list[str]) -> str:
    close = get_close_matches(name[:80].lower(), names, n=1)
    if not close:
        return _("There is no such field.")
    return _("There is no such field. Did you mean %(name)s?") % {"name": close[0]}
