"""Amazon SES by its API: our finished mail as it is, one signed request with one total deadline, the answer classified.

Keyless: SES recognises no repeat, so every doubt stays unknown. Our key travels as a tag and comes back in reports (`email/sns.py`).
Source: reliability guide 2.3; Amazon SES API v2, SendEmail.
"""

import base64
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from campaigns.channels.base import Account, Answer, Outcome, Outgoing
from campaigns.channels.email.aws import signed_headers
from campaigns.channels.email.sns import MARK
from retention.kit.fetch import FetchFailed, FetchRefused, fetch

_PATH = "/v2/email/outbound-emails"
_REGION = re.compile(r"[a-z0-9-]{5,30}")
_REST_SECONDS, _RETRY_SECONDS, _MOST_BYTES = 300, 60, 64 * 1024
_LATER = frozenset({"TooManyRequestsException", "LimitExceededException", "ThrottlingException"})
_ACCOUNT = frozenset({"AccountSuspendedException", "SendingPausedException", "MailFromDomainNotVerifiedException", "NotFoundException"})
_UNVERIFIED = "not verified"  # the sender's address, or everybody's in the sandbox: no fault of the message, and mended in their console
_BEFORE_BYTES = frozenset({"dns", "connect", "tls", "busy", "proxy"})


class Ses:
    """The Amazon SES vendor kind."""

    key = "ses"
    keyed = False

    def open(self, account: Account) -> "SesSession":
        """Return a session; each mail is a call of its own."""
        return SesSession(account)


@dataclass
class SesSession:
    """Calls in the name of one account. settings: region, configuration_set; credentials: access_key_id, secret_access_key."""

    account: Account

    def send(self, outgoing: Outgoing, *, deadline: float) -> Answer:
        """Hand over one mail within the deadline."""
        region, seconds = str(self.account.settings.get("region", "")), deadline - time.monotonic()
        keys = [str(self.account.credentials.get(name, "")) for name in ("access_key_id", "secret_access_key")]
        if not _REGION.fullmatch(region):
            return Answer(Outcome.NOT_SENT, retry_after_seconds=_REST_SECONDS, whole_account=True, detail="the region is missing")
        if seconds <= 0:
            return Answer(Outcome.NOT_SENT, retry_after_seconds=_RETRY_SECONDS, detail="no time was left")
        url = f"{str(self.account.settings.get('api_url') or f'https://email.{region}.amazonaws.com').rstrip('/')}{_PATH}"
        body = json.dumps(told_of(outgoing, self.account)).encode()
        headers = signed_headers(
            "POST", url, headers={"content-type": "application/json"}, body=body, region=region, service="ses",
            key_id=keys[0], secret=keys[1], now=datetime.now(UTC),
        )  # fmt: skip
        try:
            answer = fetch(url, method="POST", headers=headers, body=body, max_bytes=_MOST_BYTES, seconds=seconds)
        except FetchRefused as error:
            return Answer(Outcome.NOT_SENT, retry_after_seconds=_REST_SECONDS, whole_account=True, detail=str(error))
        except FetchFailed as error:
            if error.reason in _BEFORE_BYTES and not error.request_sent:
                return Answer(Outcome.NOT_SENT, retry_after_seconds=_RETRY_SECONDS, whole_account=True, detail=error.reason)
            return Answer(Outcome.AMBIGUOUS, detail=error.reason)
        return classify(answer.status, answer.headers, answer.body)

    def close(self) -> None:
        """Nothing is kept open."""


def told_of(outgoing: Outgoing, account: Account) -> dict[str, Any]:
    """Return what is posted: the mail as its bytes, whom it goes to, and our key as a tag."""
    told: dict[str, Any] = {
        "Destination": {"ToAddresses": [outgoing.recipient]},
        "Content": {"Raw": {"Data": base64.b64encode(outgoing.content).decode()}},
        "EmailTags": [{"Name": MARK, "Value": outgoing.key}],
    }
    name = str(account.settings.get("configuration_set") or "")
    return told | ({"ConfigurationSetName": name} if name else {})


def classify(status: int, headers: Mapping[str, str], body: bytes) -> Answer:
    """Say what one answer means. A 2xx without an id is ambiguous: somebody else answered in between."""
    said = _read(body)
    kind = str(headers.get("x-amzn-errortype") or said.get("__type") or "").partition(":")[0].rpartition("#")[2]
    detail = f"{status} {kind}".strip()[:200]
    if 200 <= status < 300:
        name = str(said.get("MessageId") or "")[:200]
        return Answer(Outcome.ACCEPTED if name else Outcome.AMBIGUOUS, provider_message_id=name, detail=detail)
    if status == 429 or kind in _LATER:
        return Answer(Outcome.LATER, retry_after_seconds=_RETRY_SECONDS, whole_account=True, detail=detail)
    if status >= 500 or status in {408, 409}:
        return Answer(Outcome.AMBIGUOUS, detail=detail)
    if status in {401, 403, 404} or kind in _ACCOUNT or (kind == "MessageRejected" and _UNVERIFIED in str(said.get("message")).lower()):
        return Answer(Outcome.NOT_SENT, retry_after_seconds=_REST_SECONDS, whole_account=True, detail=detail)
    return Answer(Outcome.REFUSED, detail=detail)


def _read(body: bytes) -> Mapping[str, Any]:
    try:
        said = json.loads(body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


SES = Ses()
