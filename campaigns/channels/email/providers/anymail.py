"""E-mail services with an API, through Anymail: our mail goes over as they want it, their answer becomes one of ours.

Anymail asks over a session of `requests`; ours in its place leads through the one guarded way out and ends at one total deadline.
What an answer means: reliability guide 2.3. A service without keys for repeats makes of every doubt an `unknown`.
"""

import email
import email.policy
import time
from dataclasses import dataclass, field
from email.message import EmailMessage
from functools import cache
from importlib import import_module
from typing import Any

import requests
from anymail.exceptions import AnymailAPIError, AnymailError, AnymailRecipientsRefused
from django.core.mail import EmailMultiAlternatives

from campaigns.channels.base import Account, Answer, Outcome, Outgoing
from campaigns.channels.email.vendors import VENDORS, Vendor
from retention.kit.fetch import FetchFailed, FetchRefused, fetch

MARK = "boomerang"  # the name under which our key travels along and comes back in reports
_MOST_BYTES = 256 * 1024
_RETRY_SECONDS, _REST_SECONDS = 60, 300
_KEPT_HEADERS = ("List-Unsubscribe", "List-Unsubscribe-Post", "Feedback-ID")
_OURS = frozenset({"host", "content-length", "connection", "accept-encoding", "transfer-encoding"})
_BEFORE_BYTES = frozenset({"dns", "connect", "tls", "busy", "proxy"})
_NO_ACCOUNT = frozenset({401, 402, 403})


class _Way:
    """Stands where Anymail's session would: one guarded request, one deadline for everything together."""

    def __init__(self) -> None:
        self.headers: dict[str, str] = {}
        self.added: dict[str, str] = {}
        self.deadline = 0.0
        self.answered = False

    def request(self, method: str, url: str, *, timeout: object = None, **how: Any) -> requests.Response:
        """Ask once; raises FetchRefused and FetchFailed."""
        prepared = requests.Request(method, url, **how).prepare()
        body: Any = prepared.body.encode() if isinstance(prepared.body, str) else prepared.body
        headers = {name: str(value) for name, value in prepared.headers.items() if name.lower() not in _OURS} | self.added
        seconds = max(0.001, self.deadline - time.monotonic())
        answer = fetch(str(prepared.url), method=str(method).upper(), headers=headers, body=body, max_bytes=_MOST_BYTES, seconds=seconds)
        self.answered = True
        told = requests.Response()
        told.status_code, told._content, told.url = answer.status, answer.body, answer.url
        told.headers.update(answer.headers)
        return told

    def close(self) -> None:
        """Nothing is kept open."""


class AnymailProvider:
    """One service as a provider kind."""

    def __init__(self, vendor: Vendor) -> None:
        self.vendor = vendor
        self.key, self.keyed = vendor.key, vendor.keyed

    def open(self, account: Account) -> "AnymailSession":
        """Return a session; nothing is connected yet."""
        return AnymailSession(self.vendor, account)


@dataclass
class AnymailSession:
    """Hands mails to one account of one service."""

    vendor: Vendor
    account: Account
    way: _Way = field(default_factory=_Way)

    def send(self, outgoing: Outgoing, *, deadline: float) -> Answer:
        """Hand over one mail within the deadline."""
        self.way.deadline, self.way.answered = deadline, False
        self.way.added = {"Idempotency-Key": outgoing.key} if self.vendor.keyed else {}
        try:
            mail = mail_of(outgoing, tagged=self.vendor.tagged)
            backend = self._backend()
            backend.session = self.way
            backend.send_messages([mail])
        except FetchRefused as error:
            return Answer(Outcome.NOT_SENT, retry_after_seconds=_REST_SECONDS, whole_account=True, detail=str(error))
        except FetchFailed as error:
            return _after_failure(error)
        except AnymailRecipientsRefused as error:
            return _after_refusal(error)
        except AnymailAPIError as error:
            return _after_answer(error)
        except (AnymailError, ValueError, TypeError, LookupError, AttributeError) as error:
            if self.way.answered:  # with something nobody expected: it may have been a yes
                return Answer(Outcome.AMBIGUOUS, detail=f"the answer cannot be read: {type(error).__name__}")
            return Answer(Outcome.REFUSED, detail=f"the mail does not fit the service: {type(error).__name__}")
        name = str(mail.anymail_status.message_id or "")[:200]
        return Answer(Outcome.ACCEPTED if name else Outcome.AMBIGUOUS, provider_message_id=name, detail="accepted" if name else "no id")

    def close(self) -> None:
        """Nothing is kept open."""

    def _backend(self) -> Any:
        known = {*self.vendor.secrets, *self.vendor.settings, "api_url"}
        told = {**self.account.settings, **self.account.credentials}
        options = {name: value for name, value in told.items() if name in known and value}
        return _backend_of(self.vendor)(ignore_unsupported_features=True, **options)


@cache
def _backend_of(vendor: Vendor) -> Any:
    return import_module(f"anymail.backends.{vendor.backend}").EmailBackend


def mail_of(outgoing: Outgoing, *, tagged: bool = False) -> Any:
    """Return our finished mail as Django and Anymail speak of it, with our key beside it. Message-ID is the service's own.

    tagged: the key stands as a tag too.
    """
    made = email.message_from_bytes(outgoing.content, _class=EmailMessage, policy=email.policy.default)
    bodies = {part.get_content_type(): part.get_content() for part in made.walk() if not part.is_multipart()}
    headers = {name: str(made[name]) for name in _KEPT_HEADERS if made[name]}
    mail: Any = EmailMultiAlternatives(
        subject=str(made["Subject"] or ""),
        body=bodies.get("text/plain", ""),
        from_email=str(made["From"]),
        to=[str(made["To"])],
        headers=headers,
    )
    if "text/html" in bodies:
        mail.attach_alternative(bodies["text/html"], "text/html")
    mail.metadata = {MARK: outgoing.key}
    if tagged:
        mail.tags = [outgoing.key]
    mail.track_clicks = mail.track_opens = False  # a link is ours already; a second layer would only slow it down
    return mail


def _after_failure(error: FetchFailed) -> Answer:
    """Classify a request without an answer: before its bytes left nothing was sent, afterwards nobody knows."""
    if error.reason in _BEFORE_BYTES and not error.request_sent:
        return Answer(Outcome.NOT_SENT, retry_after_seconds=_RETRY_SECONDS, whole_account=True, detail=error.reason)
    return Answer(Outcome.AMBIGUOUS, detail=error.reason)


def _after_refusal(error: Any) -> Answer:
    statuses = {one.status for one in error.email_message.anymail_status.recipients.values()} if error.email_message else set()
    return Answer(Outcome.REFUSED, bad_address="invalid" in statuses, detail=f"refused: {', '.join(sorted(map(str, statuses)))}"[:200])


def _after_answer(error: Any) -> Answer:
    """Classify an answer by its status; a 2xx that Anymail cannot read was an acceptance nobody can prove."""
    status, headers = error.status_code, error.response.headers if error.response is not None else {}
    detail = f"status {status}"
    if status is None or 200 <= status < 300 or status in {408, 409}:
        return Answer(Outcome.AMBIGUOUS, detail=detail)
    wait = headers.get("Retry-After", "")
    seconds = min(int(wait), 3600) if wait.isdigit() else 0
    if status == 429 or (status == 503 and seconds):
        return Answer(Outcome.LATER, retry_after_seconds=seconds or _RETRY_SECONDS, whole_account=True, detail=detail)
    if status in _NO_ACCOUNT:  # the key, not the mail: everything waits until the merchant has looked
        return Answer(Outcome.NOT_SENT, retry_after_seconds=_REST_SECONDS, whole_account=True, detail=detail)
    return Answer(Outcome.AMBIGUOUS if status >= 500 else Outcome.REFUSED, detail=detail)


ANYMAIL = tuple(AnymailProvider(vendor) for vendor in VENDORS)
