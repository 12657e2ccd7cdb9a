"""The filters of the customers list as a form: reads the address, says what in it makes no sense. Their meaning is `filtering.py`."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from retention.customers.models import Attribute
from retention.customers.permissions import CHANNELS
from retention.kit.money import LARGEST_MINOR, decimals_of

TWO_LETTERS = gettext_lazy("Two letters, like DE.")
_LONGEST_DAYS = 36_500
_MOST = 2_000_000_000


def _said_choices() -> list[Any]:
    words = (
        ("granted", _("said yes")),
        ("refused", _("said no")),
        ("pending", _("has not confirmed")),
        ("never", _("was never asked")),
    )
    groups = [
        (str(name), [(f"{channel}.{status}", f"{name}: {word}") for status, word in words]) for channel, (_i, name) in CHANNELS.items()
    ]
    return [("", _("whatever they said")), *groups]


def _attribute_choices() -> list[tuple[str, str]]:
    known = Attribute.objects.order_by("key").only("key", "label")[:300]
    return [("", _("none")), *((one.key, str(one)) for one in known)]


class FilterForm(forms.Form):
    """Every filter of the list; empty fields filter nothing. Amounts are typed in the store's money and read into minor units."""

    country = forms.RegexField(
        r"^[A-Za-z]{2}$", label=gettext_lazy("Country"), required=False, error_messages={"invalid": TWO_LETTERS}, help_text=TWO_LETTERS
    )
    city = forms.CharField(label=gettext_lazy("City"), required=False, max_length=100)
    may = forms.ChoiceField(label=gettext_lazy("May we write?"), required=False, choices=_said_choices)
    orders_from = forms.IntegerField(label=gettext_lazy("Orders, at least"), required=False, min_value=0, max_value=_MOST)
    orders_to = forms.IntegerField(label=gettext_lazy("Orders, at most"), required=False, min_value=0, max_value=_MOST)
    spent_from = forms.DecimalField(label=gettext_lazy("Spent, at least"), required=False, min_value=0, max_digits=15)
    spent_to = forms.DecimalField(label=gettext_lazy("Spent, at most"), required=False, min_value=0, max_digits=15)
    quiet_days = forms.IntegerField(label=gettext_lazy("No order for, days"), required=False, min_value=1, max_value=_LONGEST_DAYS)
    active_days = forms.IntegerField(label=gettext_lazy("Ordered in the last, days"), required=False, min_value=1, max_value=_LONGEST_DAYS)
    new_days = forms.IntegerField(
        label=gettext_lazy("First heard of in the last, days"), required=False, min_value=1, max_value=_LONGEST_DAYS
    )
    birthday = forms.ChoiceField(
        label=gettext_lazy("Birthday"), required=False, choices=[("", gettext_lazy("any day")), ("month", gettext_lazy("this month"))]
    )
    attribute = forms.ChoiceField(label=gettext_lazy("Attribute"), required=False, choices=_attribute_choices)
    attribute_value = forms.CharField(label=gettext_lazy("is exactly"), required=False, max_length=500)

    def __init__(self, data: Any = None, *, currency: str) -> None:
        super().__init__(data, auto_id="filter_%s")
        self._currency = currency

    def clean_country(self) -> str:
        """Return the country in capitals."""
        return str(self.cleaned_data["country"]).upper()

    def clean_spent_from(self) -> int | None:
        """Return the lower amount in minor units."""
        return self._minor(self.cleaned_data["spent_from"])

    def clean_spent_to(self) -> int | None:
        """Return the upper amount in minor units."""
        return self._minor(self.cleaned_data["spent_to"])

    def clean(self) -> None:
        """Refuse a value without its attribute."""
        if self.cleaned_data.get("attribute_value") and not self.cleaned_data.get("attribute"):
            self.cleaned_data["attribute_value"] = ""
            self.add_error("attribute", ValidationError(_("Say which attribute has this value.")))

    def chosen(self) -> dict[str, Any]:
        """Return what can be used: the cleaned words, those that make no sense left out."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if name not in self.errors}

    def words(self) -> dict[str, str]:
        """Return the words of the address that are used, as they were typed; this is what a saved view keeps."""
        chosen = self.chosen()
        return {name: str(self.data.get(name, "")) for name in self.fields if chosen.get(name) not in (None, "")}

    def _minor(self, amount: Decimal | None) -> int | None:
        return None if amount is None else min(int(amount.scaleb(decimals_of(self._currency))), LARGEST_MINOR)
