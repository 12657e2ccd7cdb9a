"""Many things in one call: at most a hundred, all or nothing, and a refusal says which one and which field of it."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from retention.rest.bodies import unknown_fields

MOST_AT_ONCE = 100


def read_many(data: Any, kind: type[serializers.Serializer[Any]], *, name: str, beside: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """Return the checked things of a body `{name: [...]}`; raises ValidationError (400) with the place and field of what is wrong.

    name: of the list, such as "products". beside: what else the body may hold, which the caller reads.
    """
    unknown = unknown_fields(data, (name, *beside))
    if unknown:
        raise ValidationError(unknown)
    found = data.get(name) if isinstance(data, dict) else None
    if not isinstance(found, list) or not found:
        raise ValidationError({name: [_("This must be a list with at least one entry.")]})
    if len(found) > MOST_AT_ONCE:
        raise ValidationError({name: [_("At most %(count)d at once.") % {"count": MOST_AT_ONCE}]})
    many = kind(data=found, many=True)
    if not many.is_valid():
        found_wrong: Any = many.errors  # by place, since this release of the framework
        raise ValidationError({name: {str(place): errors for place, errors in found_wrong.items()}})
    return [dict(one) for one in many.validated_data]


def refuse_repeats(keys: list[Any], *, name: str, field: str) -> None:
    """Refuse a list in which two entries are the same thing; which one would count is not ours to guess."""
    seen: set[Any] = set()
    for place, key in enumerate(keys):
        if key in seen:
            raise ValidationError({name: {str(place): {field: [_("This stands twice in the list.")]}}})
        seen.add(key)
