"""The fields of one customer, as somebody of the shop corrects them."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from retention.customers.birthdays import read_birthday
from retention.customers.editing import EDITED, value_of
from retention.customers.forms.filters import TWO_LETTERS
from retention.customers.identifying import email_key
from retention.customers.models import Customer
from retention.kit.zones import ZONES

_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_MOST_INTERESTS = 50


def _text(label: Any, length: int, **more: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=length, required=False, **more)


class PersonForm(forms.Form):
    """Everything about a person that is typed; what they allow is not, it needs their own word."""

    first_name = _text(gettext_lazy("First name"), 100)
    last_name = _text(gettext_lazy("Last name"), 100)
    email = _text(gettext_lazy("E-mail"), 254)
    phone = _text(gettext_lazy("Phone"), 30, help_text=gettext_lazy("With the country, like +49 170 1234567."))
    gender = _text(gettext_lazy("Gender as stated"), 20)
    birthday = _text(gettext_lazy("Birthday"), 20, help_text=gettext_lazy("1990-05-01, or --05-01 without a year."))
    interests = _text(gettext_lazy("Interests"), 2000, help_text=gettext_lazy("Separated by commas."))
    language = forms.RegexField(
        r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$",
        label=gettext_lazy("Language"),
        required=False,
        max_length=10,
        error_messages={"invalid": gettext_lazy("A code like en or de-AT.")},
        help_text=gettext_lazy("A code like en or de-AT."),
    )
    zone = _text(gettext_lazy("Time zone"), 64, help_text=gettext_lazy("Like Europe/Berlin."))
    city = _text(gettext_lazy("City"), 100)
    region = _text(gettext_lazy("Region"), 100)
    postcode = _text(gettext_lazy("Postcode"), 20)
    country = forms.RegexField(
        r"^[A-Za-z]{2}$", label=gettext_lazy("Country"), required=False, error_messages={"invalid": TWO_LETTERS}, help_text=TWO_LETTERS
    )

    def __init__(self, data: Any = None, *, customer: Customer) -> None:
        super().__init__(data, initial={name: value_of(customer, name) for name in EDITED})
        self._customer = customer

    def clean(self) -> dict[str, Any]:
        """Refuse to empty the address of somebody whom nothing else names: they could be neither reached nor recognised."""
        told: dict[str, Any] = super().clean() or self.cleaned_data
        emptied = self._customer.email and told.get("email") == ""
        if emptied and not told.get("phone", "refused") and not self._customer.identities.filter(kind="external").exists():
            self.add_error("email", _("This is all they are known by. Write another address, or a phone number, before this one goes."))
        return told

    def clean_email(self) -> str:
        """Return the address as it is written, or nothing where it was emptied."""
        address = str(self.cleaned_data["email"])
        if address and not email_key(address):
            raise ValidationError(_("This is not an e-mail address."))
        return address

    def clean_phone(self) -> str:
        """Return the number without its spaces."""
        number = re.sub(r"[\s().-]", "", self.cleaned_data["phone"])
        if number and not _PHONE.fullmatch(number):
            raise ValidationError(_("A number starts with + and the country, and has 7 to 15 digits."))
        return number

    def clean_birthday(self) -> str:
        """Return the birthday as it is written."""
        text = self.cleaned_data["birthday"]
        if text and read_birthday(text) is None:
            raise ValidationError(_("“%(text)s” is not a day.") % {"text": text})
        return str(text)

    def clean_interests(self) -> list[str]:
        """Return the interests one by one."""
        words = [word.strip()[:80] for word in self.cleaned_data["interests"].split(",") if word.strip()]
        if len(words) > _MOST_INTERESTS:
            raise ValidationError(_("At most %(count)s interests.") % {"count": _MOST_INTERESTS})
        return list(dict.fromkeys(words))

    def clean_zone(self) -> str:
        """Return the zone when there is one of this name."""
        zone = str(self.cleaned_data["zone"])
        if zone and zone not in ZONES:
            raise ValidationError(_("There is no time zone “%(zone)s”.") % {"zone": zone})
        return zone

    def clean_country(self) -> str:
        """Return the country in capitals."""
        return str(self.cleaned_data["country"]).upper()
