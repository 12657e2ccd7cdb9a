"""The form of a new pool of coupon codes: it shows and reads only what belongs to the answers."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from campaigns.coupons.making import MOST_AT_ONCE, read_codes
from campaigns.models import CouponPool
from retention.kit.money import DECIMALS
from retention.stores.forms.fields import LineField

MOST_BYTES = 5 * 1024 * 1024
_PREFIX = RegexValidator(r"^[A-Za-z0-9._-]*$", _("Letters, digits and . _ - only."))
_ORIGINS = (
    ("paste", _("I paste codes my shop knows")),
    ("file", _("I have them in a CSV file")),
    ("make", _("Make so many now")),
    ("endless", _("Make one whenever one is needed")),
)
_LASTS = (("days", _("So many days from when it is sent")), ("date", _("Until the same day for all")), ("ever", _("Without end")))
_PATTERN = ("beginning", "length")
_PARTS = {
    "origin": {"paste": ("codes",), "file": ("file",), "make": ("make", *_PATTERN), "endless": _PATTERN},
    "lasts": {"days": ("valid_days",), "date": ("expires_on",), "ever": ()},
    "benefit": {"percent": ("worth",), "amount": ("worth",), "shipping": ()},
    "when_out": {"hold": (), "fallback": ("fallback",)},
}
"""Which fields belong to an answer: the others are not shown, and what stands in them does not count."""


class PoolForm(forms.Form):
    """A pool of coupon codes: what they are worth, until when, and what happens when none is left. currency: the shop's."""

    name = LineField(label=_("Name"), max_length=120, help_text=_("Only you see it, for example Spring, ten percent."))
    benefit = forms.ChoiceField(label=_("What a code is worth"), choices=CouponPool.Benefit.choices)
    worth = forms.DecimalField(
        label=_("How much"),
        required=False,
        min_value=0,
        max_digits=12,
        decimal_places=3,
        help_text=_("Percent or an amount; your shop takes it off."),
    )
    origin = forms.ChoiceField(label=_("Where the codes come from"), choices=_ORIGINS)
    codes = forms.CharField(
        label=_("Your codes, one a line"),
        required=False,
        max_length=2_000_000,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
        help_text=_("Paste the codes your shop knows already."),
    )
    file = forms.FileField(label=_("The CSV file"), required=False, help_text=_("The first column holds the codes."))
    make = forms.IntegerField(label=_("How many"), required=False, min_value=1, max_value=MOST_AT_ONCE)
    beginning = LineField(label=_("Beginning of made codes"), max_length=12, required=False, validators=[_PREFIX])
    length = forms.IntegerField(label=_("Random signs in made codes"), min_value=8, max_value=24, initial=10)
    lasts = forms.ChoiceField(label=_("How long a code counts"), choices=_LASTS)
    valid_days = forms.IntegerField(
        label=_("Days"),
        required=False,
        min_value=1,
        max_value=1000,
        help_text=_("From the day it is sent, to the end of the last day."),
    )
    expires_on = forms.DateField(label=_("The last day"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    when_out = forms.ChoiceField(label=_("When no code is left or valid"), choices=CouponPool.WhenOut.choices)
    fallback = LineField(label=_("The other words"), max_length=120, required=False, help_text=_("They stand in place of the code."))
    warn_below = forms.IntegerField(label=_("Tell us when so few are left"), min_value=0, max_value=1_000_000, initial=100)

    def __init__(self, *args: Any, currency: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.currency = currency

    def clean_file(self) -> str:
        """Return the file's text; UTF-8 and small enough."""
        file = self.cleaned_data.get("file")
        if file is None:
            return ""
        if file.size > MOST_BYTES:
            raise forms.ValidationError(_("This file is larger than 5 MB."))
        try:
            return str(file.read().decode("utf-8-sig"))
        except UnicodeDecodeError:
            raise forms.ValidationError(_("This file is not UTF-8 text. Save it as CSV UTF-8.")) from None

    def clean(self) -> dict[str, Any]:
        """Check what belongs together."""
        data: dict[str, Any] = super().clean() or {}
        self._leave_out(data)
        worth, benefit = data.get("worth"), data.get("benefit")
        if benefit == "percent" and "worth" not in self.errors and (worth is None or not 1 <= worth <= 100 or worth % 1):
            self.add_error("worth", _("Enter whole percent, 1 to 100."))
        if benefit == "amount" and "worth" not in self.errors and (worth is None or self.minor() < 1):
            self.add_error("worth", _("Enter an amount above zero."))
        if data.get("expires_on") and not 2000 <= data["expires_on"].year <= 2099:
            self.add_error("expires_on", _("Choose a day of this century."))
        for answer, name, words in (("days", "valid_days", _("Enter how many days.")), ("date", "expires_on", _("Choose the last day."))):
            if data.get("lasts") == answer and not data.get(name) and name not in self.errors:
                self.add_error(name, words)
        if data.get("when_out") == "fallback" and not data.get("fallback"):
            self.add_error("fallback", _("Write what stands there instead of a code."))
        needed = {"paste": _("Paste at least one code."), "file": _("Choose a file."), "make": _("Enter how many.")}
        origin = data.get("origin")
        if origin in needed and not data.get(name := _PARTS["origin"][origin][0]) and name not in self.errors:
            self.add_error(name, needed[origin])
        self.pasted = read_codes(f"{data.get('codes') or ''}\n{data.get('file') or ''}")
        if self.pasted.refused:
            line, code = self.pasted.refused[0]
            self.add_error(
                "file" if data.get("origin") == "file" else "codes",
                _("Line %(line)d is no code: “%(code)s”. A code has 3 to 60 letters, digits and . _ - signs.")
                % {"line": line, "code": code},
            )
        return data

    def _leave_out(self, data: dict[str, Any]) -> None:
        """Take away what stands in fields that do not belong to the answers, and what was said about it."""
        for question, answers in _PARTS.items():
            mine = answers.get(data.get(question, ""), ())
            for name in {name for names in answers.values() for name in names} - {*mine}:
                self.errors.pop(name, None)
                data[name] = self.fields[name].initial

    def minor(self) -> int:
        """Return the amount in the currency's smallest units; 0 where there is none."""
        worth = self.cleaned_data.get("worth")
        return round(worth * 10 ** DECIMALS.get(self.currency, 2)) if worth is not None else 0

    def fields_of_pool(self, *, zone: ZoneInfo) -> dict[str, Any]:
        """Return the pool's columns."""
        data = self.cleaned_data
        plain = {name: data[name] for name in ("name", "benefit", "length", "valid_days", "when_out", "warn_below")}
        last = data.get("expires_on")
        end = datetime.combine(last + timedelta(days=1), time(), zone).astimezone(UTC) if last else None
        is_amount = data["benefit"] == "amount"
        worth = {
            "percent": int(data["worth"]) if data["benefit"] == "percent" else None,
            "amount_minor": self.minor() if is_amount else None,
            "currency": self.currency if is_amount else "",
        }
        made = {"endless": data["origin"] == "endless", "prefix": (data["beginning"] or "").upper()}
        fallback = {"fallback": data["fallback"] or ""}
        return plain | worth | made | fallback | {"expires_at": end}
