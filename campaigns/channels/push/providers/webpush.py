"""Web Push: one encrypted HTTP call to each of a person's browsers, with one total deadline, its answers classified.

Keyed: the topic and the notification's tag come from the message, so a repeat replaces what the browser shows and may be made. The same
headers as pywebpush sends, through the one guarded way out: an endpoint is whatever a browser said, so it is trusted with nothing (S28).
Source: RFC 8030, 8291, 8292; reliability guide 2.3.
"""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from campaigns.channels.base import Account, Answer, Outcome, Outgoing
from campaigns.channels.push.encrypting import BadSubscription, Subscription, TooLong, encrypt
from campaigns.channels.push.endpoints import check_endpoint
from campaigns.channels.push.vapid import authorization
from retention.kit.fetch import FetchFailed, FetchRefused, fetch

SUBSCRIPTIONS = "subscriptions"
"""Under this name the browsers stand in an Outgoing's secrets: a JSON list of `Subscription`s."""
TTL_SECONDS = 24 * 3600
_RETRY_SECONDS, _REST_SECONDS = 60, 300
_MOST_BYTES = 16 * 1024
MOST_SECONDS = 5.0
"""For one browser. Push services answer in a fraction of this; whoever names a slow host as theirs must not hold a sender for longer."""
_GONE = frozenset({404, 410})
_DOUBTS = frozenset({408, 425})
_RANK = (Outcome.ACCEPTED, Outcome.AMBIGUOUS, Outcome.LATER, Outcome.NOT_SENT, Outcome.REFUSED)


class WebPush:
    """The Web Push vendor kind: whichever push service a browser names."""

    key = "webpush"
    keyed = True

    def open(self, account: Account) -> "WebPushSession":
        """Return a session; each message is a call of its own."""
        return WebPushSession(account)


@dataclass
class WebPushSession:
    """Calls in the name of one store. settings: contact (an address), urgency where not normal; credentials: private_key."""

    account: Account

    def send(self, outgoing: Outgoing, *, deadline: float) -> Answer:
        """Hand one message to each of the person's browsers; taken by one of them is taken. `gone` names those that are no more."""
        browsers = [Subscription.read(one) for one in json.loads(outgoing.secrets.get(SUBSCRIPTIONS, "[]"))]
        answers: list[Answer] = []
        gone: list[str] = []
        for place, browser in enumerate(browsers):
            left = deadline - time.monotonic()
            share = time.monotonic() + min(left / (len(browsers) - place), MOST_SECONDS)
            answer = self._send_one(outgoing, browser, deadline=share)
            answers.append(answer)
            if answer.bad_address:
                gone.append(browser.name)
        if not answers:
            return Answer(Outcome.REFUSED, bad_address=True, detail="no browser is left")
        return replace(joined(answers), gone=tuple(gone))

    def close(self) -> None:
        """Do nothing: no connection is kept."""

    def _send_one(self, outgoing: Outgoing, browser: Subscription, *, deadline: float) -> Answer:
        try:
            check_endpoint(browser.endpoint)  # also of those that were kept before the list of services changed
            body = encrypt(outgoing.content, p256dh=browser.p256dh, auth=browser.auth)
        except TooLong as error:
            return Answer(Outcome.REFUSED, detail=str(error))
        except BadSubscription as error:
            return Answer(Outcome.REFUSED, bad_address=True, detail=str(error))
        except FetchRefused as error:
            return Answer(Outcome.REFUSED, bad_address=True, detail=f"not allowed: {error.reason}")
        seconds = deadline - time.monotonic()
        if seconds <= 0:
            return Answer(Outcome.NOT_SENT, retry_after_seconds=_RETRY_SECONDS, detail="no time was left")
        try:
            headers = self.headers_of(outgoing, browser)
            answer = fetch(browser.endpoint, method="POST", headers=headers, body=body, max_bytes=_MOST_BYTES, seconds=seconds)
        except BadSubscription:
            return Answer(Outcome.NOT_SENT, retry_after_seconds=_REST_SECONDS, whole_account=True, detail="our own key cannot be read")
        except FetchRefused as error:  # no public https address: nothing will ever be sent there
            return Answer(Outcome.REFUSED, bad_address=True, detail=f"not allowed: {error.reason}")
        except FetchFailed as error:
            if error.request_sent:
                return Answer(Outcome.AMBIGUOUS, retry_after_seconds=_RETRY_SECONDS, detail=f"no answer: {error.reason}")
            return Answer(Outcome.NOT_SENT, retry_after_seconds=_RETRY_SECONDS, detail=f"no connection: {error.reason}")
        return classify(answer.status, answer.headers)

    def headers_of(self, outgoing: Outgoing, browser: Subscription) -> dict[str, str]:
        """Return what goes with the body: who sends, how long it may wait, and the topic a repeat replaces."""
        settings = self.account.settings
        private = str(self.account.credentials.get("private_key", ""))
        return {
            "Authorization": authorization(browser.endpoint, private=private, subject=f"mailto:{settings.get('contact', '')}"),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(int(settings.get("ttl_seconds") or TTL_SECONDS)),
            "Urgency": str(settings.get("urgency") or "normal"),
            "Topic": outgoing.key[:32],
        }


def classify(status: int, headers: Mapping[str, str]) -> Answer:
    """Say what one push service's answer means. Answers are read by status alone: their bodies differ and may name the endpoint."""
    detail = f"status {status}"
    if status in _GONE:
        return Answer(Outcome.REFUSED, bad_address=True, detail=detail)
    if 200 <= status < 300:
        return Answer(Outcome.ACCEPTED, provider_message_id=headers.get("location", "").rpartition("/")[2][:200], detail=detail)
    wait = headers.get("retry-after", "")
    seconds = min(int(wait), 4 * 3600) if wait.isascii() and wait.isdigit() and len(wait) < 9 else 0
    if status == 429 or (status == 503 and seconds):
        return Answer(Outcome.LATER, retry_after_seconds=seconds or _RETRY_SECONDS, detail=detail)
    if status >= 500 or status in _DOUBTS:
        return Answer(Outcome.AMBIGUOUS, retry_after_seconds=seconds or _RETRY_SECONDS, detail=detail)
    return Answer(Outcome.REFUSED, detail=detail)


def joined(answers: Sequence[Answer]) -> Answer:
    """Return one answer for all browsers: what reached one is sent; the worst counts only where nothing better came.

    A repeat reaches those that had it too; there it replaces itself.
    """
    best = min(answers, key=lambda answer: _RANK.index(answer.outcome))
    every = all(answer.bad_address for answer in answers)
    wait = max(answer.retry_after_seconds for answer in answers)
    whole = all(answer.whole_account for answer in answers)
    detail = best.detail if len(answers) == 1 else f"{best.detail}, {len(answers)} browsers"
    return replace(best, bad_address=every, retry_after_seconds=wait, whole_account=whole, detail=detail)


WEBPUSH = WebPush()
