"""The forms behind Settings, Channels: one a provider. They only check and clean; a secret left empty stays as it was."""

from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.functional import lazy
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from campaigns.channels.email.vendors import VENDORS, Vendor
from campaigns.models import Connection
from retention.stores.forms.fields import LineField

_SID = RegexValidator(r"^AC[0-9a-fA-F]{32}$", _("An Account SID is AC and 32 letters and digits."))
_SERVICE = RegexValidator(r"^MG[0-9a-fA-F]{32}$", _("A Messaging Service SID is MG and 32 letters and digits."))
_SENDER = RegexValidator(
    r"^((whatsapp:)?\+[1-9]\d{5,14}|[A-Za-z0-9 ]{2,11}|\d{3,8})$",
    _("A number like +4915112345678, whatsapp:+…, or a name of up to 11 letters."),
)


def _secret(label: Any) -> LineField:
    return LineField(
        label=label,
        max_length=500,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_("Kept sealed, and never shown again. Leave it empty to keep the one that is there."),
    )


class ProviderForm(forms.Form):
    """What all of them share. settings: names of the fields that are kept in clear; secrets: of those that are sealed."""

    channel = ""
    provider = ""
    clear: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()

    def __init__(self, *args: Any, known: Connection | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.known = known

    @classmethod
    def of(cls, connection: Connection) -> "ProviderForm":
        """Return the form filled with what is kept in clear."""
        stored = {name: connection.settings.get(name) for name in cls.clear}
        own = {"from_name": connection.from_name, "from_address": connection.from_address}
        return cls(initial=stored | own, known=connection)

    def settings(self) -> dict[str, Any]:
        """Return what is kept in clear."""
        return {name: self.cleaned_data[name] for name in self.clear}

    def new_secrets(self) -> dict[str, str]:
        """Return the secrets that were typed."""
        return {name: self.cleaned_data[name] for name in self.secrets if self.cleaned_data.get(name)}


class SmtpForm(ProviderForm):
    """Any relay that speaks SMTP."""

    channel, provider = "email", "smtp"
    clear, secrets = ("host", "port", "security"), ("username", "password")
    from_name = LineField(label=_("Sender's name"), max_length=120)
    from_address = forms.EmailField(label=_("Sender's address"), max_length=254)
    host = LineField(label=_("Server"), max_length=253, help_text=_("For example smtp.example.com."))
    port = forms.IntegerField(label=_("Port"), min_value=1, max_value=65535, initial=587)
    security = forms.ChoiceField(
        label=_("Security"),
        choices=[("starttls", _("STARTTLS, usually port 587")), ("tls", _("TLS, usually port 465")), ("none", _("None"))],
    )
    username = LineField(label=_("User name"), max_length=254, required=False, help_text=_("Leave it empty to keep the one that is there."))
    password = _secret(_("Password"))


class ServiceForm(ProviderForm):
    """An e-mail service with an API (`channels/email/vendors.py`). asked: the secrets it cannot do without."""

    asked: tuple[str, ...] = ()

    def clean(self) -> dict[str, Any]:
        """Ask for every secret the first time."""
        data: dict[str, Any] = super().clean() or {}
        for name in self.asked if self.known is None else ():
            if not data.get(name) and name not in self.errors:
                self.add_error(name, _("Enter it; without it the service takes no mail."))
        return data


class TwilioForm(ProviderForm):
    """A Twilio account, for SMS and WhatsApp."""

    channel, provider = "sms", "twilio"
    clear, secrets = ("account_sid", "from", "messaging_service_sid"), ("auth_token",)
    account_sid = LineField(label=_("Account SID"), max_length=34, validators=[_SID])
    auth_token = _secret(_("Auth token"))
    messaging_service_sid = LineField(label=_("Messaging Service SID"), max_length=34, required=False, validators=[_SERVICE])

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["from"] = LineField(  # the word is Python's own, so it cannot be a class attribute
            label=_("Sender"), max_length=40, required=False, validators=[_SENDER], help_text=_("A number, a WhatsApp sender or a name.")
        )

    def clean(self) -> dict[str, Any]:
        """Ask for one of the two senders, and for a token the first time."""
        data: dict[str, Any] = super().clean() or {}
        if not self.errors and not data.get("from") and not data.get("messaging_service_sid"):
            self.add_error("from", _("Enter a sender or a messaging service."))
        if not self.errors and not data.get("auth_token") and self.known is None:
            self.add_error("auth_token", _("Enter the auth token."))
        return data


class WebPushForm(ProviderForm):
    """Web Push: its keys are made by us, so only a name and somebody to turn to are asked for."""

    channel, provider = "push", "webpush"
    clear = ("contact",)
    from_name = LineField(label=_("Sender's name"), max_length=120)
    contact = forms.EmailField(
        label=_("Address for push services"),
        max_length=200,
        help_text=_("Google, Apple, Mozilla and Microsoft write there when something is wrong with your messages."),
    )


def _service_form(vendor: Vendor) -> type[ProviderForm]:
    """Return the form of an e-mail service: its sender, what it needs to know, and what it signs its reports with."""
    sealed = (*vendor.secrets, *(["report_secret"] if vendor.proof else []))
    fields: dict[str, Any] = {
        "from_name": LineField(label=_("Sender's name"), max_length=120),
        "from_address": forms.EmailField(label=_("Sender's address"), max_length=254),
        **{name: LineField(label=_sentence(label), max_length=253, required=False) for name, label in vendor.settings.items()},
        **{name: _secret(_sentence(label)) for name, label in vendor.secrets.items()},
    }
    if vendor.proof:
        fields["report_secret"] = _secret(_("Signing secret of its webhooks"))
    about = {"channel": "email", "provider": vendor.key, "clear": tuple(vendor.settings), "secrets": sealed, "asked": tuple(vendor.secrets)}
    return type(f"{vendor.label}Form", (ServiceForm,), {**fields, **about, "__doc__": f"An account at {vendor.label}."})


def _sentence(label: str) -> Any:
    """Return a label as a field shows it, in the reader's language."""
    return lazy(lambda: capfirst(gettext(label)), str)()


FORMS: dict[str, type[ProviderForm]] = {
    "smtp": SmtpForm,
    **{vendor.key: _service_form(vendor) for vendor in VENDORS},
    "twilio": TwilioForm,
    "webpush": WebPushForm,
}
