"""Twilio: one HTTP call a message with one total deadline, its answers classified, and its calls to us read and proven.

Keyless: Twilio recognises no repeat, so a call without an answer is ambiguous. WhatsApp is the same call with `whatsapp:` addresses.
Source: reliability guide 2.3, S42, S44; Twilio's error dictionary.
"""

import base64
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from twilio.request_validator import RequestValidator

from campaigns.channels.base import Account, Answer, Outcome, Outgoing, Receipt, Reply
from retention.kit.fetch import FetchFailed, FetchRefused, fetch

API = "https://api.twilio.com"
WHATSAPP = "whatsapp:"
_REST_SECONDS, _RETRY_SECONDS = 300, 60
_MOST_BYTES = 64 * 1024
_STOPPED = frozenset({21610})
_NO_NUMBER = frozenset({21211, 21217, 21614, 21265, 63003})
_LOST = frozenset({30005, 30006, 30011})  # the handset does not exist, is a landline, or takes no such messages
_LATER = frozenset({20429, 21611, 14107, 63018})
_NUMBER = re.compile(r"\+?\d[\d ()-]{5,}\d")
_SENT, _FAILED = frozenset({"sent", "delivered", "read"}), frozenset({"failed", "undelivered"})


class Twilio:
    """The Twilio vendor kind."""

    key = "twilio"
    keyed = False

    def open(self, account: Account) -> "TwilioSession":
        """Return a session; each message is a call of its own."""
        return TwilioSession(account)


@dataclass
class TwilioSession:
    """Calls in the name of one account. settings: account_sid, and from or messaging_service_sid; credentials: auth_token."""

    account: Account

    def send(self, outgoing: Outgoing, *, deadline: float) -> Answer:
        """Hand over one message within the deadline."""
        settings, sid = self.account.settings, str(self.account.settings.get("account_sid", ""))
        url = f"{str(settings.get('api_url') or API).rstrip('/')}/2010-04-01/Accounts/{quote(sid, safe='')}/Messages.json"
        secret = base64.b64encode(f"{sid}:{self.account.credentials.get('auth_token', '')}".encode()).decode()
        headers = {"Authorization": f"Basic {secret}", "Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        body = urlencode(form_of(outgoing, self.account)).encode()
        seconds = deadline - time.monotonic()
        if seconds <= 0:
            return Answer(Outcome.NOT_SENT, retry_after_seconds=_RETRY_SECONDS, detail="no time was left")
        try:
            answer = fetch(url, method="POST", headers=headers, body=body, max_bytes=_MOST_BYTES, seconds=seconds)
        except FetchRefused as error:
            return Answer(Outcome.NOT_SENT, retry_after_seconds=_REST_SECONDS, whole_account=True, detail=f"not allowed: {error.reason}")
        except FetchFailed as error:
            if error.request_sent:
                return Answer(Outcome.AMBIGUOUS, detail=f"no answer: {error.reason}")
            return Answer(Outcome.NOT_SENT, retry_after_seconds=_RETRY_SECONDS, whole_account=True, detail=f"no connection: {error.reason}")
        return classify(answer.status, answer.headers, answer.body)

    def close(self) -> None:
        """Do nothing: no connection is kept."""


def form_of(outgoing: Outgoing, account: Account) -> dict[str, str]:
    """Return what is posted. A messaging service chooses its own sender, so it goes before a number."""
    sender, service = outgoing.sender, str(account.settings.get("messaging_service_sid", ""))
    over = WHATSAPP if sender.startswith(WHATSAPP) else ""
    form = {"To": f"{over}{outgoing.recipient}", "Body": outgoing.content.decode()}
    form |= {"MessagingServiceSid": service} if service else {"From": sender}
    if account.reports_url:
        form["StatusCallback"] = f"{account.reports_url}/status?m={outgoing.key}"
    return form


def classify(status: int, headers: Mapping[str, str], body: bytes) -> Answer:
    """Say what one answer means. A 2xx without Twilio's own id is ambiguous: somebody else answered in between."""
    said = _read(body)
    code = said.get("code") if isinstance(said.get("code"), int) else 0
    detail = f"{status} {code or ''} {_NUMBER.sub('[number]', str(said.get('message') or ''))}".replace("  ", " ").strip()[:200]
    if 200 <= status < 300:
        sid = str(said.get("sid") or "")
        return Answer(Outcome.ACCEPTED, provider_message_id=sid, detail=detail) if sid else Answer(Outcome.AMBIGUOUS, detail=detail)
    if status >= 500:
        return Answer(Outcome.AMBIGUOUS, detail=detail)
    if status == 429 or code in _LATER:
        wait = headers.get("retry-after", "")
        seconds = min(int(wait), 3600) if wait.isascii() and wait.isdigit() else _RETRY_SECONDS
        return Answer(Outcome.LATER, retry_after_seconds=seconds, whole_account=status == 429, detail=detail)
    if status in {401, 403, 404, 407} or status < 400:
        return Answer(Outcome.NOT_SENT, retry_after_seconds=_REST_SECONDS, whole_account=True, detail=detail)
    return Answer(Outcome.REFUSED, bad_address=code in _NO_NUMBER, unsubscribed=code in _STOPPED, detail=detail)


def is_signed(url: str, form: Any, *, signature: str, auth_token: str) -> bool:
    """Say whether Twilio signed this call. url: exactly the public address it called, with its query; form: its fields."""
    return bool(signature and auth_token and RequestValidator(auth_token).validate(url, form, signature))


def read_status(form: Mapping[str, str], *, key: str, now: datetime) -> Receipt | None:
    """Read a report about a message of ours; None for a stage that changes nothing. key: ours, from the address that was called."""
    status, sid = form.get("MessageStatus", "").lower(), form.get("MessageSid", "")
    error = form.get("ErrorCode", "")
    code = int(error) if error.isascii() and error.isdigit() else 0
    if not sid or status not in _SENT | _FAILED:
        return None
    kind = "unsubscribed" if code in _STOPPED else "bounced" if status in _FAILED else "sent" if status == "sent" else "delivered"
    return Receipt(kind, key, now, permanent=code in _LOST | _NO_NUMBER, detail=f"{status} {error}".strip()[:100], data={"id": sid[:64]})


def read_reply(form: Mapping[str, str]) -> Reply | None:
    """Read what a person wrote back; None when it is no message. told: what Twilio answered itself already (advanced opt-out)."""
    sid, sender = form.get("MessageSid", ""), form.get("From", "").removeprefix(WHATSAPP).strip()
    if not sid or not re.fullmatch(r"\+\d{5,20}", sender):
        return None
    return Reply(key=sid[:64], sender=sender, text=form.get("Body", "")[:1600], told=form.get("OptOutType", "").lower())


def _read(body: bytes) -> Mapping[str, Any]:
    try:
        said = json.loads(body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


TWILIO = Twilio()
