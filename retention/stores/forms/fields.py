"""Fields that several forms of this room share."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext_lazy as _

_BREAKS = re.compile("[\x00-\x1f\x7f\x85\u2028\u2029]")


class LineField(forms.CharField):
    """One line of text: no line break or other control character, which could end up in a mail's header (S23)."""

    def clean(self, value: Any) -> Any:
        """Refuse control characters, then do what every text field does."""
        if isinstance(value, str) and _BREAKS.search(value.strip()):
            raise ValidationError(_("Write this in one line."), code="line_break")
        return super().clean(value)


class WebAddressField(forms.URLField):
    """The address of a web page; `shop.example` is read as `https://shop.example`."""

    default_validators = [URLValidator(schemes=["http", "https"])]
    default_error_messages = {"invalid": _("This is not a web address. It looks like shop.example.com.")}

    def __init__(self, **options: Any) -> None:
        super().__init__(assume_scheme="https", **({"max_length": 300} | options))
        self.widget = forms.TextInput(attrs={"inputmode": "url", "autocomplete": "url", "spellcheck": "false"})

    def clean(self, value: Any) -> Any:
        """Refuse what names a person or a password inside the address."""
        cleaned = super().clean(value)
        if cleaned and "@" in cleaned.partition("//")[2].partition("/")[0]:
            raise ValidationError(_("Leave out name and password."), code="invalid")
        return cleaned
