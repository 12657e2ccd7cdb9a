"""The forms behind a store's settings: the store itself, its people, its keys, the filter of its audit log, one's own account."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from retention.stores import countries, team
from retention.stores.forms.fields import LineField, WebAddressField
from retention.stores.forms.opening import zone_groups
from retention.stores.models import ApiKey, User
from retention.stores.models.key import Scope
from retention.stores.models.membership import Role

ROLE_WORDS = {
    Role.OWNER: _("Everything, and the only one who makes other owners"),
    Role.MANAGER: _("Everything but owners, sign-in rules and closing the store"),
    Role.MARKETER: _("Customers, segments, messages and sales; no exports, keys or team"),
    Role.WRITER: _("Writes campaigns and asks before they leave; nobody's address, sends nothing"),
    Role.ANALYST: _("Figures and reports, nobody's address, changes nothing"),
    Role.SUPPORT: _("Looks customers and orders up and answers them"),
}
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?")


def _months(count: int) -> Any:
    return ngettext_lazy("For %(count)s month", "For %(count)s months", "count") % {"count": count}


class StoreForm(forms.Form):
    """What a store is called, where it is and how it looks."""

    name = LineField(label=_("Name"), max_length=120, help_text=_("Shoppers see it as the sender."))
    web_address = WebAddressField(label=_("Web address"), required=False)
    postal_address = forms.CharField(
        label=_("Postal address"),
        max_length=500,
        help_text=_("Stands at the foot of every e-mail; the law asks for it."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    country = forms.ChoiceField(label=_("Country"))
    currency = forms.ChoiceField(label=_("Currency"))
    locale = forms.ChoiceField(label=_("Language"), help_text=_("New messages start in it. Written ones stay as they are."))
    zone = forms.ChoiceField(label=_("Time zone"), help_text=_("Days begin and messages leave by this clock, from the next one on."))
    brand_color = forms.CharField(
        label=_("Brand colour"),
        max_length=7,
        validators=[RegexValidator(r"^#[0-9a-fA-F]{6}$", _("Write it like #0b6674."))],
        help_text=_("For buttons and links in your messages."),
    )
    logo_url = WebAddressField(
        label=_("Logo address"), required=False, help_text=_("An image on the web, beginning with https. It stands on top of your e-mails.")
    )

    event_months = forms.TypedChoiceField(
        label=_("Keep events"),
        choices=[("", _("For good")), *((months, _months(months)) for months in (6, 12, 18, 24, 36, 60))],
        coerce=int,
        empty_value=None,
        required=False,
        help_text=_("Counted from the day they reached us. Older ones are deleted for good, a few at a time, beginning within minutes."),
    )

    message_months = forms.TypedChoiceField(
        label=_("Keep single messages"),
        choices=[("", _("For good")), *((months, _months(months)) for months in (14, 24, 36, 60))],
        coerce=int,
        empty_value=None,
        required=False,
        help_text=_("What each person was sent and what became of it. Links in mails lead to the shop for 400 days, so no fewer."),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["country"].choices = countries.country_choices()  # type: ignore[attr-defined]
        self.fields["currency"].choices = countries.currency_choices()  # type: ignore[attr-defined]
        self.fields["locale"].choices = countries.language_choices()  # type: ignore[attr-defined]
        self.fields["zone"].choices = zone_groups(str(self["country"].value() or ""))  # type: ignore[attr-defined]

    def clean_logo_url(self) -> str:
        """Refuse an image that mail programs would not load."""
        url = str(self.cleaned_data["logo_url"])
        if url and not url.startswith("https://"):
            raise ValidationError(_("It must begin with https://, or mail programs will not show it."))
        return url


class InviteForm(forms.Form):
    """Whom to ask into the team, and as what."""

    email = forms.EmailField(label=_("E-mail"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    role = forms.ChoiceField(label=_("Role"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, actor_role: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["role"].choices = role_choices(actor_role)  # type: ignore[attr-defined]


def role_choices(actor_role: str) -> list[tuple[str, str]]:
    """Return the roles somebody in this role may give, with what each may do."""
    return [(role.value, f"{role.label}: {ROLE_WORDS[role]}") for role in Role if team.may_give(role.value, actor_role=actor_role)]


class KeyForm(forms.Form):
    """A new key: for browsers or for servers, and what it may do."""

    kind = forms.ChoiceField(
        label=_("For what?"),
        choices=[
            (ApiKey.Kind.SECRET.value, _("A server: may read or write what you choose below. Nobody else may see it.")),
            (ApiKey.Kind.PUBLIC.value, _("A storefront: stands in the page, can only send what visitors do.")),
        ],
        widget=forms.RadioSelect,
        initial=ApiKey.Kind.SECRET.value,
    )
    label = LineField(label=_("Name"), max_length=80, help_text=_("So that you recognise it in a year: Shop server, Data warehouse."))
    scopes = forms.MultipleChoiceField(
        label=_("What may it do?"),
        choices=Scope.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("Give as little as it needs."),
    )
    origins = forms.CharField(
        label=_("Web addresses"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Where the key may be used: one a line, such as https://shop.example.com. Empty: anywhere."),
    )

    def clean_origins(self) -> list[str]:
        """Return the addresses, each without a path."""
        lines = [line.strip().rstrip("/").lower() for line in str(self.cleaned_data["origins"]).splitlines() if line.strip()]
        wrong = next((line for line in lines if not _ORIGIN.fullmatch(line)), None)
        if wrong is not None:
            raise ValidationError(_("“%(line)s” is not an address like https://shop.example.com."), params={"line": wrong[:60]})
        return lines[:20]

    def clean(self) -> dict[str, Any]:
        """Ask for scopes where they matter, and forget them where they do not."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("kind") == ApiKey.Kind.PUBLIC:
            data["scopes"] = []
        elif not data.get("scopes") and "scopes" not in self.errors:
            self.add_error("scopes", _("Choose at least one thing it may do."))
        if data.get("kind") == ApiKey.Kind.SECRET:
            data["origins"] = []
        return data


class AccountForm(forms.ModelForm):  # type: ignore[type-arg]
    """One's own name."""

    name = LineField(label=_("Your name"), max_length=120, help_text=_("Colleagues see it beside what you did."))

    class Meta:
        model = User
        fields = ("name",)


class VisitForm(forms.Form):
    """Why our staff looks into a store."""

    store = forms.IntegerField(min_value=1)
    reason = LineField(label=_("Why"), min_length=10, max_length=200, help_text=_("The store's people read it."))
