"""The forms behind Settings, Channels (one a provider), and what is done when something shown is no longer true.

They only check and clean; a secret left empty stays as it was.
"""

import re
from datetime import datetime
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.db.models import Q
from django.utils.functional import lazy
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from campaigns.channels.email.vendors import SERVICES, Vendor
from campaigns.connecting.asking import read_domain
from campaigns.models import Connection, CouponPool, SendRule
from campaigns.sending.buckets import SETTING
from retention.stores.forms.fields import LineField

MOST_SELECTORS = 5
_SELECTOR = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,60}[A-Za-z0-9])?")
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
        help_text=_("Kept sealed, and never shown again."),
    )


class ProviderForm(forms.Form):
    """What all of them share.

    clear: names of the fields that are kept in clear. secrets: of those that are sealed. asked: the secrets it cannot do without the first
    time; later an empty field keeps what is there.
    """

    channel = ""
    provider = ""
    clear: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()

    def __init__(self, *args: Any, known: Connection | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.known = known
        self.fields[SETTING] = forms.IntegerField(
            label=_("Most messages a second"), required=False, min_value=1, max_value=10_000, help_text=_("Empty: as many as it takes.")
        )
        self._say_which_secrets()
        if self.channel == "email":
            self.fields["name"] = LineField(
                label=_("What you call it"), max_length=100, required=False, help_text=_("Tells two accounts of one service apart.")
            )

    def _say_which_secrets(self) -> None:
        for name in self.secrets:
            field = self.fields[name]
            if self.known is not None:
                field.help_text = " ".join(filter(None, (str(field.help_text), str(_("Leave it empty to keep the one that is there.")))))
            elif name in self.asked:
                field.required = True
                field.error_messages["required"] = _("Enter it; without it the service takes no message.")

    @classmethod
    def of(cls, connection: Connection) -> "ProviderForm":
        """Return the form filled with what is kept in clear."""
        stored = {name: connection.settings.get(name) for name in (*cls.clear, SETTING)}
        own = {"from_name": connection.from_name, "from_address": connection.from_address, "name": connection.name}
        return cls(initial=stored | own, known=connection)

    def settings(self) -> dict[str, Any]:
        """Return what is kept in clear."""
        pace = self.cleaned_data.get(SETTING)
        return {name: self.cleaned_data[name] for name in self.clear} | ({SETTING: pace} if pace else {})

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
    username = LineField(label=_("User name"), max_length=254, required=False)
    password = _secret(_("Password"))


class ServiceForm(ProviderForm):
    """An e-mail service with an API (`channels/email/vendors.py`)."""


class TwilioForm(ProviderForm):
    """A Twilio account, for SMS and WhatsApp."""

    channel, provider = "sms", "twilio"
    clear, secrets, asked = ("account_sid", "from", "messaging_service_sid", "part_price"), ("auth_token",), ("auth_token",)
    account_sid = LineField(label=_("Account SID"), max_length=34, validators=[_SID])
    auth_token = _secret(_("Auth token"))
    messaging_service_sid = LineField(label=_("Messaging Service SID"), max_length=34, required=False, validators=[_SERVICE])
    part_price = forms.DecimalField(
        label=_("What one SMS costs you"),
        required=False,
        min_value=0,
        max_digits=9,
        decimal_places=6,
        help_text=_("In the money of the shop, from your provider's price list. Campaigns say with it what they cost."),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["from"] = LineField(  # the word is Python's own, so it cannot be a class attribute
            label=_("Sender"), max_length=40, required=False, validators=[_SENDER], help_text=_("A number, a WhatsApp sender or a name.")
        )
        self.order_fields(["account_sid", "auth_token", "from"])

    def settings(self) -> dict[str, Any]:
        """Return what is kept in clear; the price as a text, so that nothing of it is lost."""
        price = self.cleaned_data["part_price"]
        return super().settings() | {"part_price": "" if price is None else f"{price.normalize():f}"}

    def clean(self) -> dict[str, Any]:
        """Ask for one of the two senders."""
        data: dict[str, Any] = super().clean() or {}
        if not self.errors and not data.get("from") and not data.get("messaging_service_sid"):
            self.add_error("from", _("Enter a sender or a messaging service."))
        return data


class SenderForm(forms.Form):
    """A name and an address that mails may come from."""

    name = LineField(
        label=_("Sender's name"), max_length=120, help_text=_("What people see in their list of mails: “Ana of Lumen Coffee”.")
    )
    address = forms.EmailField(label=_("Sender's address"), max_length=254)


class DomainForm(forms.Form):
    """What only the shop knows about a domain it sends from."""

    selectors = LineField(
        label=_("DKIM selectors"),
        max_length=300,
        required=False,
        help_text=_("Your service calls it selector; with spaces between several."),
    )
    return_path = LineField(
        label=_("Where bounces go"),
        max_length=253,
        required=False,
        help_text=_("The return path your service shows. Empty: the domain itself."),
    )

    def clean_selectors(self) -> str:
        """Refuse what can be no name in the DNS."""
        wrong = [one for one in self.cleaned_data["selectors"].split() if not _SELECTOR.fullmatch(one)]
        if wrong:
            raise forms.ValidationError(
                _("“%(selector)s” is no selector: letters, digits, dots and hyphens."), params={"selector": wrong[0]}
            )
        return " ".join(self.cleaned_data["selectors"].split()[:MOST_SELECTORS])

    def clean_return_path(self) -> str:
        """Refuse what is no domain."""
        typed: str = self.cleaned_data["return_path"]
        domain = read_domain(typed) if typed else ""
        if typed and not domain:
            raise forms.ValidationError(_("This is no domain. For example: bounces.example.com."))
        return domain


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
    signs = bool(vendor.proof) and vendor.proof not in vendor.settings
    sealed = (*vendor.secrets, *(["report_secret"] if signs else []))
    fields: dict[str, Any] = {
        "from_name": LineField(label=_("Sender's name"), max_length=120),
        "from_address": forms.EmailField(label=_("Sender's address"), max_length=254),
        **{name: LineField(label=_sentence(label), max_length=253, required=False) for name, label in vendor.settings.items()},
        **{name: _secret(_sentence(label)) for name, label in vendor.secrets.items()},
    }
    if signs:
        fields["report_secret"] = _secret(_("Signing secret of its webhooks"))
    about = {"channel": "email", "provider": vendor.key, "clear": tuple(vendor.settings), "secrets": sealed, "asked": tuple(vendor.secrets)}
    return type(f"{vendor.label}Form", (ServiceForm,), {**fields, **about, "__doc__": f"An account at {vendor.label}."})


def _sentence(label: str) -> Any:
    """Return a label as a field shows it, in the reader's language."""
    return lazy(lambda: capfirst(gettext(label)), str)()


FORMS: dict[str, type[ProviderForm]] = {
    "smtp": SmtpForm,
    **{vendor.key: _service_form(vendor) for vendor in SERVICES},
    "twilio": TwilioForm,
    "webpush": WebPushForm,
}


class RuleForm(forms.Form):
    """What happens when what a message shows is no longer true. usual: the words of an empty answer; "" says what then happens."""

    sold_out = forms.ChoiceField(label=_("When a product is sold out or gone"), required=False)
    dearer = forms.ChoiceField(label=_("When a product costs more than it did"), required=False)
    fallback = LineField(
        label=_("The other words"),
        max_length=300,
        required=False,
        help_text=_("They stand where the mail says {{ fallback }}; nothing stands there while all is true."),
    )
    pool = forms.ChoiceField(label=_("Coupon codes come from"), required=False)

    def __init__(self, *args: Any, rule: SendRule, usual: str, has_place: bool, **options: Any) -> None:
        kept = {"sold_out": rule.sold_out, "dearer": rule.dearer, "fallback": rule.fallback, "pool": rule.pool_id or ""}
        options["initial"] = kept
        super().__init__(*args, **options)
        self.rule, self.has_place = rule, has_place
        pools = CouponPool.objects.filter(Q(archived_at=None) | Q(pk=rule.pool_id)).order_by("name", "id")
        offered: dict[str, list[Any]] = {
            "pool": [("", _("No pool")), *pools.values_list("pk", "name")],
            "sold_out": [("", usual or _("As usual: leave the product out")), *SendRule.SoldOut.choices],
            "dearer": [("", usual or _("As usual: show the price of now")), *SendRule.Dearer.choices],
        }
        for name, choices in offered.items():
            field: Any = self.fields[name]
            field.choices = choices

    def clean(self) -> dict[str, Any]:
        """Other words need a text, and a place in the mail."""
        data: dict[str, Any] = super().clean() or {}
        if "fallback" in (data.get("sold_out"), data.get("dearer")):
            if not data.get("fallback"):
                self.add_error("fallback", _("Write the other words."))
            elif not self.has_place:
                self.add_error("fallback", _("The mail has no place for them. Put {{ fallback }} where they shall stand, and save it."))
        return data

    def keep(self, *, now: datetime) -> None:
        """Write the answers into the rule and save it."""
        for name in ("sold_out", "dearer", "fallback"):
            setattr(self.rule, name, self.cleaned_data[name])
        self.rule.pool_id = int(self.cleaned_data["pool"]) if self.cleaned_data["pool"] else None
        self.rule.changed_at = now
        self.rule.save()


_HEARD = {"list": "events-heard", "autocomplete": "off"}


class RowForm(forms.Form):
    """A row of the recovery plan of the merchant's own: its name, the event it begins with and the one that does not follow."""

    name = LineField(label=_("Name of the row"), max_length=60, help_text=_("As it stands in the matrix, such as “Size guide read”."))
    event = LineField(
        label=_("This happened"),
        max_length=120,
        help_text=_("An event your shop sends: choose one that was heard already, or write its name exactly as it is sent."),
        widget=forms.TextInput(attrs=_HEARD),
    )
    without = LineField(
        label=_("And this did not follow in the same visit"),
        max_length=120,
        widget=forms.TextInput(attrs=_HEARD),
        initial="Order Completed",
        help_text=_("The name of an event."),
    )
    device = forms.ChoiceField(
        label=_("On which device"),
        required=False,
        choices=[("", _("On any")), ("phone", _("Phone")), ("tablet", _("Tablet")), ("computer", _("Computer"))],
    )

    def clean(self) -> dict[str, Any]:
        """Refuse a row nobody could be in: the same event cannot both happen and not follow."""
        said: dict[str, Any] = super().clean() or {}
        if said.get("event") and said.get("event") == said.get("without"):
            self.add_error("without", gettext("This must be another event than the one above."))
        return said
