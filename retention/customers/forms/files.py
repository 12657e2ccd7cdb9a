"""Forms of the customers room: putting a file in, and saying which column is which."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from retention.customers.importing.cells import DATE_ORDERS, DECIMAL_MARKS
from retention.customers.importing.kinds import ATTRIBUTE, Kind, kinds
from retention.customers.importing.mapping import check_mapping
from retention.customers.importing.people import AGREED, wants_source
from retention.customers.importing.reading import LARGEST_BYTES
from retention.kit.money import DECIMALS
from retention.stores.models.store import check_zone


class UploadForm(forms.Form):
    """A file and what it holds."""

    kind = forms.ChoiceField(
        label=gettext_lazy("What does the file hold?"),
        choices=lambda: kinds.choices(lambda kind: str(kind.label)),
        widget=forms.RadioSelect,
    )
    file = forms.FileField(
        label=gettext_lazy("CSV file"),
        help_text=gettext_lazy("Up to 50 MB. Commas, semicolons or tabs; UTF-8, UTF-16 or the Windows letters."),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.tsv,.txt,text/csv"}),
        allow_empty_file=True,
        max_length=200,
    )

    def clean_file(self) -> Any:
        """Refuse a file that is too large before anything of it is read."""
        file = self.cleaned_data["file"]
        if file.size > LARGEST_BYTES:
            raise forms.ValidationError(_("The file is larger than 50 MB. Split it, or leave out columns you do not need."))
        return file


_OPTIONS: dict[str, tuple[Any, Any]] = {
    "date_order": (gettext_lazy("How are dates written?"), DATE_ORDERS),
    "decimal_mark": (gettext_lazy("How are amounts written?"), DECIMAL_MARKS),
}


class MappingForm(forms.Form):
    """Which column is which, and how the file writes days and numbers. Fields: `column_<place>` and the kind's options."""

    def __init__(
        self, data: Any = None, *, kind: Kind, headings: list[str], mapping: Mapping[str, str], options: Mapping[str, str]
    ) -> None:
        super().__init__(data)
        self.kind, self.headings = kind, headings
        for place, heading in enumerate(headings):
            self.fields[f"column_{place}"] = forms.ChoiceField(
                label=heading, choices=_choices(kind), required=False, initial=mapping.get(str(place), "")
            )
        for name in kind.options:
            self.fields[name] = _option(name, initial=options.get(name, ""))

    def columns(self) -> list[Any]:
        """Return the bound fields of the columns, in the file's order."""
        return [self[f"column_{place}"] for place in range(len(self.headings))]

    def assumed(self) -> list[str]:
        """Return in words what is taken for granted with the columns as they are chosen."""
        return self.kind.assumed({bound.value() for bound in self.columns()})

    def choices_of_file(self) -> list[tuple[Any, bool]]:
        """Return the bound fields of the options, and of each whether the page asks for it; whether it is missing, `clean` says."""
        fields = {bound.value() for bound in self.columns()}
        options = {name: self[name].value() for name in self.kind.options}
        return [(self[name], name == "consent_source" and wants_source(fields, options)) for name in options]

    def clean_zone(self) -> str:
        """Refuse what is no time zone."""
        zone = str(self.cleaned_data["zone"])
        check_zone(zone)
        return zone

    def clean(self) -> dict[str, Any]:
        """Refuse a mapping that nothing can be read by."""
        if not self.errors:
            for fault in check_mapping(self.kind, self.mapping(), self.options(), self.headings):
                self.add_error(None, fault)
        return self.cleaned_data

    def mapping(self) -> dict[str, str]:
        """Return the field of each column by its place."""
        return {str(place): self.cleaned_data[f"column_{place}"] for place in range(len(self.headings))}

    def options(self) -> dict[str, str]:
        """Return the options by name."""
        return {name: self.cleaned_data[name] for name in self.kind.options}


def _choices(kind: Kind) -> list[tuple[str, Any]]:
    own = [(ATTRIBUTE, _("An attribute of its own name"))] if kind.takes_attributes else []
    return [("", _("Do not read it")), *((field.key, field.label) for field in kind.fields), *own]


def _option(name: str, *, initial: str) -> forms.Field:
    if name in _OPTIONS:
        label, values = _OPTIONS[name]
        return forms.ChoiceField(label=label, choices=list(values.items()), initial=initial)
    if name == "currency":
        return forms.ChoiceField(
            label=_("Currency where the file names none"), choices=[(code, code) for code in sorted(DECIMALS)], initial=initial
        )
    if name == "zone":
        return forms.CharField(label=_("On which city's clock are the times?"), initial=initial, max_length=64)
    if name == "agreed":
        return forms.ChoiceField(label=_("Whom may you write to?"), choices=list(AGREED.items()), initial=initial, required=False)
    return forms.CharField(
        label=_("Where did these people agree to be written to?"),
        help_text=_(
            "For example “Newsletter form until 2025”. Needed if a column says who may be written to, or if you say that everybody agreed."
        ),
        initial=initial,
        max_length=120,
        required=False,
    )
