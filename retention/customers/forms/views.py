"""Keeping a view of the customers list: its name and who sees it."""

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy

from retention.customers.filtering import SORTS, VIEWS


class SaveViewForm(forms.Form):
    """The words of a view's dialog."""

    name = forms.CharField(
        label=gettext_lazy("Name of the view"),
        max_length=60,
        validators=[RegexValidator(r"^[^\x00-\x1f]+$", gettext_lazy("A name is one line of text."))],
    )
    shared = forms.BooleanField(label=gettext_lazy("The whole team sees it"), required=False)
    base = forms.ChoiceField(choices=list(VIEWS.items()), widget=forms.HiddenInput)
    sort = forms.ChoiceField(choices=[("", ""), *((key, key) for key in SORTS)], required=False, widget=forms.HiddenInput)


class RenameViewForm(forms.Form):
    """A view's new name."""

    name = SaveViewForm.base_fields["name"]
    shared = forms.BooleanField(label=gettext_lazy("The whole team sees it"), required=False)
