"""The three steps of the checkout. A card is never kept: its number decides whether it works, and is forgotten."""

import re

from django import forms
from django.utils.translation import gettext_lazy as _

WORKING_CARD = "4242 4242 4242 4242"
DECLINED_CARD = "4000 0000 0000 0002"
COUNTRIES = [
    ("DE", _("Germany")),
    ("AT", _("Austria")),
    ("CH", _("Switzerland")),
    ("FR", _("France")),
    ("ES", _("Spain")),
    ("SE", _("Sweden")),
]


class ContactForm(forms.Form):
    """Who orders, and whether the shop may write to them."""

    email = forms.EmailField(label=_("E-mail"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"}))
    first_name = forms.CharField(label=_("First name"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "given-name"}))
    last_name = forms.CharField(label=_("Last name"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "family-name"}))
    may_write = forms.BooleanField(label=_("Write to me about new roasts, about twice a month. I can stop it any time."), required=False)


class DeliveryForm(forms.Form):
    """Where to, and how."""

    street = forms.CharField(label=_("Street and number"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "street-address"}))
    postcode = forms.CharField(label=_("Postcode"), max_length=12, widget=forms.TextInput(attrs={"autocomplete": "postal-code"}))
    city = forms.CharField(label=_("City"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "address-level2"}))
    country = forms.ChoiceField(label=_("Country"), choices=COUNTRIES, widget=forms.Select(attrs={"autocomplete": "country"}))
    way = forms.ChoiceField(choices=[("standard", ""), ("express", "")], initial="standard", widget=forms.RadioSelect)


class PaymentForm(forms.Form):
    """A card that is none."""

    card = forms.CharField(
        label=_("Card number"),
        max_length=23,
        initial=WORKING_CARD,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )

    def clean_card(self) -> str:
        """Return the digits of the one card that works; another number is told apart from a declined card."""
        digits = re.sub(r"\D", "", self.cleaned_data["card"])
        if digits == DECLINED_CARD.replace(" ", ""):
            raise forms.ValidationError(_("Your bank declined this card. Nothing was charged; take another one."), code="declined")
        if digits != WORKING_CARD.replace(" ", ""):
            raise forms.ValidationError(_("This is not one of the two test cards. Never type a real card here."), code="unknown")
        return digits
