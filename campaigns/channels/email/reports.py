"""What e-mail services report later about mails of ours: proven first, then read by Anymail, then told as receipts. No database here.

Anymail calls every refusal by the next server a bounce; only what a service itself calls final blocks an address (`_FINAL`).
"""

import base64
import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from importlib import import_module
from typing import Any

from anymail.exceptions import AnymailError
from anymail.signals import AnymailTrackingEvent
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest

from campaigns.channels.base import Receipt
from campaigns.channels.email import sns
from campaigns.channels.email.providers.anymail import MARK
from campaigns.channels.email.vendors import BY_KEY, Vendor
from retention.webhooks.signing import sign

USER = "boomerang"
MOST_SKEW_SECONDS = 300
_KINDS = {
    "delivered": "delivered", "bounced": "bounced", "rejected": "bounced", "complained": "complained", "unsubscribed": "unsubscribed",
    "opened": "opened", "clicked": "clicked",
}  # fmt: skip
_FINAL: dict[str, Callable[[Mapping[str, Any]], bool]] = {
    "brevo": lambda told: told.get("event") in {"hard_bounce", "invalid_email"},
    "mailersend": lambda told: told.get("type") == "activity.hard_bounced",
    "mailgun": lambda told: _inside(told, "event-data").get("severity") == "permanent",
    "mailjet": lambda told: bool(told.get("hard_bounce")),
    "postmark": lambda told: told.get("Type") in {"HardBounce", "BadEmailAddress"},
    "resend": lambda told: str(_inside(told, "data", "bounce").get("type", "")).lower() == "permanent",
    "sendgrid": lambda told: told.get("event") == "bounce" and told.get("type") == "bounce",
    "sparkpost": lambda told: str(told.get("bounce_class")) in {"10", "30", "90"},
}


class NotProven(Exception):
    """The report does not carry the signature or the password of this connection."""


class NotReadable(Exception):
    """The report is none the service sends."""


def read_reports(vendor_key: str, request: HttpRequest, *, secret: str, password: str, now: datetime) -> list[Receipt]:
    """Return what a request reports of mails that carry our key, `event` telling repeats apart; raises NotProven and NotReadable.

    secret: what the service signs with, where it does; of Amazon the topic that is ours. password: of the hook's address; others carry it.
    """
    vendor = BY_KEY[vendor_key]
    if vendor.key == "ses":
        return _of_amazon(request, topic=secret, now=now)
    if vendor.key == "resend":
        _check_standard(request, secret)
    try:
        view = _view_of(vendor)(**_proof(vendor, secret, password))
        view.run_validators(request)
    except (AnymailError, SuspiciousOperation):
        raise NotProven from None
    try:
        events = view.parse_events(request)
    except (AnymailError, SuspiciousOperation, ValueError, TypeError, LookupError, AttributeError):
        raise NotReadable from None
    return [told for event in events if isinstance(event, AnymailTrackingEvent) and (told := _receipt(vendor, event, now=now))]


def _of_amazon(request: HttpRequest, *, topic: str, now: datetime) -> list[Receipt]:
    try:
        return sns.read_sns(request.body, topic=topic, now=now)
    except sns.NotProven:
        raise NotProven from None
    except sns.NotReadable:
        raise NotReadable from None


def _proof(vendor: Vendor, secret: str, password: str) -> dict[str, Any]:
    if not vendor.proof:
        return {"webhook_secret": f"{USER}:{password}"}
    if not secret:
        raise NotProven
    return {} if vendor.key == "resend" else {vendor.proof: secret}


@cache
def _view_of(vendor: Vendor) -> Any:
    module, _, name = vendor.reports.rpartition(".")
    found = getattr(import_module(f"anymail.webhooks.{module}"), name)
    return type(f"Quiet{name}", (found,), {"warn_if_no_basic_auth": False}) if vendor.key != "resend" else _unsigned(found)


def _unsigned(found: Any) -> Any:
    """Return Resend's view without the check that needs a library of theirs; `_check_standard` did it before."""

    class Checked(found):  # type: ignore[misc]
        def __init__(self) -> None:
            self.validators: list[Any] = []

    return Checked


def _check_standard(request: HttpRequest, secret: str) -> None:
    """Check a signature of Standard Webhooks, as Resend makes it under the names of its own supplier; raises NotProven."""
    told = {name: request.headers.get(f"svix-{name}", "") for name in ("id", "timestamp", "signature")}
    stamp = int(told["timestamp"]) if told["timestamp"].isdigit() and len(told["timestamp"]) < 12 else 0
    if not secret or abs(time.time() - stamp) > MOST_SKEW_SECONDS:
        raise NotProven
    try:
        base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except ValueError:
        raise NotProven from None
    wanted = sign(request.body, webhook_id=told["id"], timestamp=stamp, secrets=[secret])
    if not any(hmac.compare_digest(wanted.encode(), one.encode()) for one in told["signature"].split(" ")):
        raise NotProven


def _receipt(vendor: Vendor, event: Any, *, now: datetime) -> Receipt | None:
    """Return one event as a receipt; None for what is no news to us, or of no mail of ours."""
    key = str((event.metadata or {}).get(MARK, "") or "")
    key = next(iter(event.tags or ()), "") if vendor.tagged else key
    kind = _KINDS.get(str(event.event_type), "")
    if not kind or not key:
        return None
    told = event.esp_event if isinstance(event.esp_event, Mapping) else {}
    final = kind == "bounced" and _FINAL[vendor.key](told)
    at = sns.not_after(event.timestamp, now) if isinstance(event.timestamp, datetime) else now
    detail = str(event.mta_response or event.description or event.reject_reason or "")[:200]
    named = str(event.event_id or "") or repr((key, kind, at.isoformat(), str(event.click_url or "")))
    digest = hashlib.blake2b(named.encode("utf-8", "replace"), digest_size=16).hexdigest()
    return Receipt(kind, key, at, permanent=final, detail=detail, data={"event": digest})


def _inside(told: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    for name in names:
        part = told.get(name)
        told = part if isinstance(part, Mapping) else {}
    return told
