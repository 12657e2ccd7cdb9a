"""The two steps of opening a store that ask something; the third only shows the answers."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from retention.stores import countries
from retention.stores.forms.fields import LineField, WebAddressField


class ShopForm(forms.Form):
    """Step 1: what the shop is called."""

    name = LineField(
        label=_("Name"),
        max_length=120,
        help_text=_("Shoppers see it as the sender."),
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    web_address = WebAddressField(label=_("Web address"), help_text=_("Where your shop is, such as shop.example.com."))
    postal_address = forms.CharField(
        label=_("Postal address"),
        max_length=500,
        help_text=_("The law wants it at the foot of every e-mail."),
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "street-address"}),
    )
    browser_zone = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput(attrs={"data-browser-zone": ""}))


class SellingForm(forms.Form):
    """Step 2: where and how it sells. The country proposes currency and time zone; without one nothing is chosen."""

    country = forms.ChoiceField(label=_("Country"), help_text=_("Proposes currency and time zone. Each can be another."))
    currency = forms.ChoiceField(label=_("Currency"), help_text=_("Every amount is shown in it."))
    locale = forms.ChoiceField(label=_("Language"), help_text=_("Your messages start in it."))
    zone = forms.ChoiceField(label=_("Time zone"), help_text=_("Days begin and messages leave by this clock."))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["country"].choices = [("", _("Choose a country")), *countries.country_choices()]  # type: ignore[attr-defined]
        self.fields["currency"].choices = [("", _("Choose a currency")), *countries.currency_choices()]  # type: ignore[attr-defined]
        self.fields["locale"].choices = countries.language_choices()  # type: ignore[attr-defined]
        zones = zone_groups(str(self["country"].value() or ""))
        self.fields["zone"].choices = [("", _("Choose a time zone")), *zones]  # type: ignore[attr-defined]


def beginning(browser_zone: str) -> dict[str, str]:
    """Return how step 2 begins: the country and the rest by the time zone a browser told, the language by that of the page."""
    page, _part, _variant = (get_language() or "en").partition("-")
    proposed = proposal(countries.country_of_zone(browser_zone))
    return {"locale": page if page in countries.LANGUAGES else "en"} | proposed | ({"zone": browser_zone} if proposed else {})


def proposal(country: str) -> dict[str, str]:
    """Return what a country proposes for currency and time zone; nothing for one we do not know."""
    found = countries.countries().get(country)
    if found is None:
        return {}
    return {"country": found.code, "currency": found.currency, "zone": found.zones[0]}


def zone_groups(country: str) -> list[Any]:
    """Return the time zones: the country's own first, then every other by part of the world."""
    now = timezone.now()
    found = countries.countries().get(country)
    groups: list[Any] = [(found.name, countries.zone_choices(found.zones, now=now))] if found else []
    parts: dict[str, list[str]] = {}
    for zone in countries.all_zones():
        parts.setdefault(zone.partition("/")[0], []).append(zone)
    return groups + [(part, countries.zone_choices(zones, now=now)) for part, zones in parts.items()]
