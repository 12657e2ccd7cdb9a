"""Forms of the stores room."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class SignupName(forms.Form):
    """The one question the sign-up page adds to address and password."""

    name = forms.CharField(label=_("Your name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"}))

    field_order = ("name", "email", "password1")

    def signup(self, request: Any, user: Any) -> None:
        """Keep the name on the new user."""
        user.name = self.cleaned_data["name"]
        user.save(update_fields=["name"])
