"""May we write? As pages show it: one icon per channel, and whether the person said yes, no, not yet, or was never asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from retention.customers.models import Consent

CHANNELS: dict[str, tuple[str, str | Promise]] = {
    "email": ("mail", gettext_lazy("E-mail")),
    "sms": ("message-2", gettext_lazy("SMS")),
    "push": ("bell", gettext_lazy("Push")),
}
_CSS = {"granted": "y", "pending": "p", "refused": "u"}


@dataclass(frozen=True)
class Permission:
    """One channel of one customer in words. css: y yes, p waiting, u said no, n never asked."""

    icon: str
    channel: str
    css: str
    word: str
    how: str = ""
    since: datetime | None = None


def permissions_of(consents: Sequence[Consent], *, channels: dict[str, tuple[str, str | Promise]]) -> list[Permission]:
    """Return what a customer allows on each channel, in the order of `channels`."""
    said = {consent.channel: consent for consent in consents}
    return [_permission(icon, str(name), said.get(channel)) for channel, (icon, name) in channels.items()]


def _permission(icon: str, name: str, consent: Consent | None) -> Permission:
    if consent is None:
        return Permission(icon, name, "n", _("not asked"))
    words = {"granted": _("yes"), "pending": _("waiting for confirmation"), "refused": _("said no")}
    how = ", ".join(part for part in (consent.method, consent.source) if part)
    return Permission(icon, name, _CSS[consent.status], words[consent.status], how, consent.changed_at)
