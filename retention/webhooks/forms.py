"""The forms of the webhook pages: an endpoint, and the period of a replay."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from retention.stores.forms.fields import LineField
from retention.webhooks.managing import Wish, refusal_of_url
from retention.webhooks.types import webhook_types


class EndpointForm(forms.Form):
    """Where to, what for, and what is told."""

    url = forms.CharField(
        label=_("Address"),
        max_length=2000,
        help_text=_("We post to it with https. It must answer with a 2xx status within 15 seconds."),
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off", "spellcheck": "false"}),
    )
    description = LineField(label=_("What for"), max_length=120, required=False, help_text=_("So that you recognise it in a year."))
    types = forms.MultipleChoiceField(label=_("What shall we tell it?"), widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["types"].choices = webhook_types.choices(lambda one: str(one.label))  # type: ignore[attr-defined]
        self.fields["types"].error_messages["required"] = _("Choose at least one thing to tell.")

    def clean_url(self) -> str:
        """Refuse an address we could never post to."""
        url = str(self.cleaned_data["url"]).strip()
        refusal = refusal_of_url(url)
        if refusal:
            raise ValidationError(refusal)
        return url

    def wish(self) -> Wish:
        """Return what the form says."""
        data = self.cleaned_data
        return Wish(data["url"], data["description"], data["types"])

    def carried(self) -> list[tuple[str, str, str, bool]]:
        """Return each type as (key, label, what it carries, whether it is chosen)."""
        chosen = set(self["types"].value() or ())
        return [(key, str(one.label), str(one.carries), key in chosen) for key, one in webhook_types.items()]


class PeriodForm(forms.Form):
    """From which day to which, both included, as the store counts days."""

    first = forms.DateField(label=_("From"), widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(label=_("To"), widget=forms.DateInput(attrs={"type": "date"}))

    def clean(self) -> dict[str, Any]:
        """Refuse a period that ends before it begins."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("first") and data.get("last") and data["last"] < data["first"]:
            self.add_error("last", _("The period ends before it begins."))
        return data

    def bounds(self) -> tuple[datetime, datetime]:
        """Return the first moment and the first one after the period, by the store's clock."""
        zone = timezone.get_current_timezone()
        start = datetime.combine(self.cleaned_data["first"], datetime.min.time(), tzinfo=zone)
        end = datetime.combine(self.cleaned_data["last"] + timedelta(days=1), datetime.min.time(), tzinfo=zone)
        return start.astimezone(UTC), end.astimezone(UTC)
