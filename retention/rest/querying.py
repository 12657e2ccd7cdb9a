"""Filters in the address of a list: each is a field of a small serializer, so that nothing unchecked reaches the database."""

import re
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.request import Request

_ADDRESS = re.compile(r"https?://[^\s/]+(/\S*)?|https?://[^\s/]+\?\S*")


class PlainText(serializers.CharField):
    """Text without NUL and half surrogate pairs, which the database would refuse."""

    default_error_messages = {"surrogate": _("This text holds half of a surrogate pair.")}

    def to_internal_value(self, data: Any) -> str:
        """Return the text."""
        text = super().to_internal_value(data)
        if any("\ud800" <= letter <= "\udfff" for letter in text):
            self.fail("surrogate")
        return text


class WebAddress(PlainText):
    """The address of a page or an image, http or https."""

    default_error_messages = {"address": _("This is not a web address beginning with https:// or http://.")}

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=2000, **options)

    def to_internal_value(self, data: Any) -> str:
        """Return the address."""
        text = super().to_internal_value(data)
        if text and not _ADDRESS.fullmatch(text):
            self.fail("address")
        return text


def read_query(request: Request, kind: type[serializers.Serializer[Any]]) -> dict[str, Any]:
    """Return the checked filters of a request; raises ValidationError (400) that names the wrong one."""
    query = kind(data=request.query_params.dict())
    query.is_valid(raise_exception=True)
    return dict(query.validated_data)
