"""The forms behind Settings, Connections: a new shop, and its secret."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from retention.intake.models import ShopConnection
from retention.stores.forms.fields import LineField

SHORTEST_SECRET = 16


class SecretField(LineField):
    """A secret as it is pasted: its ends cut, its middle untouched."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=200, **options)
        self.widget = forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"})

    def clean(self, value: Any) -> Any:
        """Refuse what is too short to be one."""
        cleaned = super().clean(value)
        if cleaned and len(cleaned) < SHORTEST_SECRET:
            raise ValidationError(_("A secret has at least 16 characters."), code="short")
        return cleaned


class ShopForm(forms.Form):
    """Which shop."""

    kind = forms.ChoiceField(
        label=_("What is the shop made with?"),
        choices=ShopConnection.Kind.choices,
        widget=forms.RadioSelect,
        initial=ShopConnection.Kind.SHOPIFY,
    )
    name = LineField(label=_("Its name or web address"), max_length=120, help_text=_("So that you recognise it: lumen.myshopify.com."))


class SecretForm(forms.Form):
    """What the shop signs with."""

    secret = SecretField(label=_("Secret"), help_text=_("Kept sealed, and never shown again."))
