"""May we write? As pages show it: one icon per channel, and whether the person said yes, no, not yet, or was never asked.

An address that is blocked is said before what they allowed: nothing is sent there, whatever they said.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from retention.customers.consent import ADDRESS_COLUMNS, address_digest
from retention.customers.models import Consent, ConsentRecord, Customer, Suppression
from retention.kit.words import gettext_noop

CHANNELS: dict[str, tuple[str, str | Promise]] = {
    "email": ("mail", gettext_lazy("E-mail")),
    "sms": ("message-2", gettext_lazy("SMS")),
    "push": ("bell", gettext_lazy("Push")),
}
_WORDS = {
    "": gettext_noop("not asked"), "granted": gettext_noop("yes"), "pending": gettext_noop("waiting for confirmation"),
    "refused": gettext_noop("said no"),
}  # fmt: skip
_CSS = {"granted": "y", "pending": "p", "refused": "u"}


@dataclass(frozen=True)
class Permission:
    """One channel of one customer in words. css: y yes, p waiting, u said no, n never asked, b blocked address."""

    icon: str
    channel: str
    css: str
    word: str
    how: str = ""
    since: datetime | None = None


def permissions_of(
    consents: Sequence[Consent], *, channels: dict[str, tuple[str, str | Promise]], blocks: Mapping[str, Suppression] | None = None
) -> list[Permission]:
    """Return what a customer allows on each channel, in the order of `channels`. blocks: of their addresses, by channel (`blocks_of`)."""
    said = {consent.channel: consent for consent in consents}
    blocked = blocks or {}
    return [_permission(icon, str(name), said.get(channel), blocked.get(channel)) for channel, (icon, name) in channels.items()]


def blocks_of(customer: Customer) -> dict[str, Suppression]:
    """Return what blocks the addresses a customer has, by channel."""
    addresses = {channel: getattr(customer, column) for channel, column in ADDRESS_COLUMNS.items()}
    wanted = {(channel, address_digest(address)) for channel, address in addresses.items() if address}
    rows = Suppression.objects.filter(address_digest__in=[digest for _channel, digest in wanted])
    return {row.channel: row for row in rows if (row.channel, row.address_digest) in wanted}


def _permission(icon: str, name: str, consent: Consent | None, block: Suppression | None) -> Permission:
    if block is not None and (consent is None or consent.status != "refused"):
        return Permission(icon, name, "b", _("blocked"), block.get_reason_display(), block.created_at)
    if consent is None:
        return Permission(icon, name, "n", word_of(""))
    return Permission(icon, name, _CSS[consent.status], word_of(consent.status), proof_of(consent), consent.changed_at)


def word_of(status: str) -> str:
    """Return what a status of consent is called; nothing is what nobody asked for."""
    return _(_WORDS[status])


def proof_of(said: Consent | ConsentRecord) -> str:
    """Return how, where and under which words somebody said it, as far as it is known."""
    text = _("text %(version)s") % {"version": said.text_version} if said.text_version else ""
    confirmed = _("confirmed by mail") if said.method in {"double_opt_in", "confirmed"} else said.method
    return ", ".join(part for part in (confirmed, said.source, text) if part)
