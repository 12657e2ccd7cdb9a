"""One shopper of the story and the shop's server: they speak to the product from outside, with Segment's own Python client."""

import http.client
import uuid
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from segment.analytics.client import Client

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
Post = tuple[str, str | None, dict[str, Any], str]


@dataclass
class Shopper:
    """A person in the shop. Every event they cause is remembered, so that the story can post it all again.

    waiting and sent: (kind, name or None, body, message id) in the order they happened.
    """

    name: str
    email: str
    key: str
    host: str
    waiting: list[Post] = field(default_factory=list)
    sent: list[Post] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def user_id(self) -> str:
        """Return the shop's own id of this person."""
        return self.email.partition("@")[0]

    def identify(self, **traits: Any) -> None:
        """Tell the product who this is."""
        self._keep("identify", None, {"email": self.email, "first_name": self.name, **traits})

    def track(self, event: str, /, **properties: Any) -> None:
        """Tell the product what they did."""
        self._keep("track", event, properties)

    def post(self) -> int:
        """Post everything not posted yet and return how many events that was. Raises nothing: see `failures`."""
        fresh, self.waiting = self.waiting, []
        self.sent += fresh
        return self._post(fresh)

    def post_again(self) -> int:
        """Post every event once more with the same message ids, as a client does that missed the answer."""
        return self._post(self.sent)

    def click(self, link: str) -> tuple[int, str]:
        """Open a link as a mail program does, and return the status and where it leads."""
        parts = urlsplit(link)
        line = http.client.HTTPConnection(parts.hostname or "localhost", parts.port, timeout=10)
        try:
            line.request("GET", parts._replace(scheme="", netloc="").geturl(), headers={"User-Agent": BROWSER})
            answer = line.getresponse()
            answer.read()
            return answer.status, answer.getheader("Location") or ""
        finally:
            line.close()

    def _keep(self, kind: str, name: str | None, body: dict[str, Any]) -> None:
        self.waiting.append((kind, name, body, str(uuid.uuid4())))

    def _fail(self, error: Exception, _events: object) -> None:
        self.failures.append(str(error))

    def _post(self, events: list[Post]) -> int:
        client = Client(self.key, host=self.host, gzip=True, on_error=self._fail, max_retries=3, upload_interval=0.05)
        for kind, name, body, message_id in events:
            if kind == "identify":
                client.identify(self.user_id, traits=body, message_id=message_id)
            else:
                client.track(self.user_id, name, body, message_id=message_id)
        client.flush()
        client.join()
        return len(events)
