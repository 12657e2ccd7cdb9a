"""What the sign-up page asks besides address and password."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from retention.stores.forms.fields import LineField


class SignupName(forms.Form):
    """The one question the sign-up page adds."""

    name = LineField(label=_("Your name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"}))

    field_order = ("name", "email", "password1")

    def signup(self, request: Any, user: Any) -> None:
        """Keep the name on the new user."""
        user.name = self.cleaned_data["name"]
        user.save(update_fields=["name"])
