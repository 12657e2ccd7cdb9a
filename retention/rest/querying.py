"""Filters in the address of a list: each is a field of a small serializer, so that nothing unchecked reaches the database."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.request import Request


class PlainText(serializers.CharField):
    """Text without NUL and half surrogate pairs, which the database would refuse."""

    default_error_messages = {"surrogate": _("This text holds half of a surrogate pair.")}

    def to_internal_value(self, data: Any) -> str:
        """Return the text."""
        text = super().to_internal_value(data)
        if any("\ud800" <= letter <= "\udfff" for letter in text):
            self.fail("surrogate")
        return text


def read_query(request: Request, kind: type[serializers.Serializer[Any]]) -> dict[str, Any]:
    """Return the checked filters of a request; raises ValidationError (400) that names the wrong one."""
    query = kind(data=request.query_params.dict())
    query.is_valid(raise_exception=True)
    return dict(query.validated_data)
