"""What Amazon SES reports by way of SNS: the signature checked by us with Amazon's certificate, only of the shop's own topic.

The certificate's address stands in the message itself, so it counts only where it leads to Amazon's own host. Source: reliability guide,
part 2; Amazon SNS, verifying signatures; Amazon SES, contents of event data.
"""

import base64
import hashlib
import json
import re
from collections import OrderedDict
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256

from campaigns.channels.base import Receipt
from retention.kit.fetch import FetchFailed, FetchRefused, fetch

MARK = "boomerang"
SECONDS, MOST_BYTES, MOST_KEPT = 8.0, 64 * 1024, 16
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")
_OLDEST = timedelta(days=25)  # what came once is known for 30 days; an older one would be somebody's repeat
_SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
_KINDS = {"delivery": "delivered", "bounce": "bounced", "reject": "bounced", "complaint": "complained"}
_kept: OrderedDict[str, bytes] = OrderedDict()


class NotProven(Exception):
    """Not signed by Amazon, or not of this connection's topic."""


class NotReadable(Exception):
    """Signed, and yet no report."""


def read_sns(body: bytes, *, topic: str, now: datetime) -> list[Receipt]:
    """Return what a message of SNS reports of mails that carry our key; a question whether we want the topic is answered yes.

    Raises NotProven and NotReadable.
    """
    told = _read(body)
    if not topic or told.get("TopicArn") != topic:
        raise NotProven
    check(told, host=host_of(topic), now=now)
    if told["Type"] == "SubscriptionConfirmation":
        _say_yes(str(told.get("SubscribeURL", "")), host=host_of(topic))
        return []
    event = _read(str(told.get("Message", "")).encode()) if str(told.get("Message", "")).startswith("{") else {}
    found = _receipt(event, name=str(told.get("MessageId", "")), now=now)
    return [found] if found else []


def check(told: Mapping[str, Any], *, host: str, now: datetime) -> None:
    """Check the signature of a message of SNS by a certificate of this host; raises NotProven."""
    names = _SIGNED.get(str(told.get("Type")))
    if names is None or _moment(told.get("Timestamp"), now) < now - _OLDEST:
        raise NotProven
    text = "".join(f"{name}\n{told[name]}\n" for name in names if isinstance(told.get(name), str))
    digest = SHA256() if str(told.get("SignatureVersion")) == "2" else SHA1()  # noqa: S303 - what SNS signs with unless told otherwise
    try:
        certificate = x509.load_pem_x509_certificate(certificate_at(str(told.get("SigningCertURL", "")), host=host))
        key, signature = certificate.public_key(), base64.b64decode(str(told.get("Signature", "")), validate=True)
        if not isinstance(key, rsa.RSAPublicKey) or not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
            raise NotProven
        key.verify(signature, text.encode(), padding.PKCS1v15(), digest)
    except (InvalidSignature, ValueError):
        raise NotProven from None


def certificate_at(url: str, *, host: str) -> bytes:
    """Return the certificate at an address of this host, asked once; raises NotProven for any other address."""
    if not is_at(url, host=host) or not urlsplit(url).path.endswith(".pem"):
        raise NotProven
    if url not in _kept:
        try:
            answer = fetch(url, max_bytes=MOST_BYTES, seconds=SECONDS)
        except (FetchRefused, FetchFailed):
            raise NotProven from None
        if answer.status != 200:
            raise NotProven
        keep_certificate(url, answer.body)
    return _kept[url]


def keep_certificate(url: str, pem: bytes) -> None:
    """Keep a certificate for the next message; the oldest leaves when there are many."""
    _kept[url] = pem
    while len(_kept) > MOST_KEPT:
        _kept.popitem(last=False)


def host_of(topic: str) -> str:
    """Return the one host of SNS that speaks for a topic, by the region its ARN names; nothing for what is no ARN of a topic."""
    parts = topic.split(":")
    if len(parts) != 6 or parts[:1] != ["arn"] or parts[2] != "sns" or not _REGION.fullmatch(parts[3]):
        return ""
    return f"sns.{parts[3]}.amazonaws.com{'.cn' if parts[1] == 'aws-cn' else ''}"


def is_at(url: str, *, host: str) -> bool:
    """Say whether an address is on this host, by TLS, on its usual port, with nobody's name in it."""
    try:
        parts = urlsplit(url)
        plain = parts.scheme == "https" and parts.port in (None, 443) and "@" not in parts.netloc
    except ValueError:
        return False
    return plain and bool(host) and parts.hostname == host


def _say_yes(url: str, *, host: str) -> None:
    if not is_at(url, host=host):
        raise NotProven
    try:
        answer = fetch(url, max_bytes=MOST_BYTES, seconds=SECONDS)
    except (FetchRefused, FetchFailed):
        raise NotReadable from None  # asked again by SNS
    if answer.status != 200:
        raise NotReadable


def _receipt(event: Mapping[str, Any], *, name: str, now: datetime) -> Receipt | None:
    word = str(event.get("eventType") or event.get("notificationType") or "").lower()
    kind, about, mail = _KINDS.get(word, ""), event.get(word), event.get("mail")
    if not kind or not isinstance(about, Mapping) or not isinstance(mail, Mapping):
        return None
    tags = mail.get("tags")
    keys = tags.get(MARK) if isinstance(tags, Mapping) else None
    key = str(keys[0]) if isinstance(keys, list) and keys else ""
    if not key:
        return None
    final = word == "bounce" and str(about.get("bounceType")) == "Permanent"
    detail = f"{about.get('bounceType', '')} {about.get('bounceSubType', '')} {about.get('complaintFeedbackType', '')}".strip()[:200]
    digest = hashlib.blake2b(f"sns {name}".encode("utf-8", "replace"), digest_size=16).hexdigest()
    return Receipt(kind, key, _moment(about.get("timestamp"), now), permanent=final, detail=detail, data={"event": digest})


def _moment(text: object, now: datetime) -> datetime:
    try:
        return not_after(datetime.fromisoformat(str(text)), now)
    except ValueError:
        return now


def not_after(told: datetime, now: datetime) -> datetime:
    """Return a moment somebody told us; `now` for one that has no zone, lies ahead, or before all calendars."""
    try:
        return min(told.astimezone(UTC), now) if told.tzinfo else now
    except OverflowError:  # the year 1, east of Greenwich
        return now


def _read(body: bytes) -> Mapping[str, Any]:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        raise NotReadable from None
    if not isinstance(told, dict):
        raise NotReadable
    return told
