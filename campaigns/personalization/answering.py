"""Whether the links of a mail answer: asked once, when somebody presses the button, within one deadline for all of them together."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from campaigns.personalization.checking import links_in
from retention.kit.fetch import FetchFailed, FetchRefused, fetch
from retention.kit.words import Phrase, gettext_noop

SECONDS, SECONDS_EACH, AT_ONCE, MOST_ASKED = 12.0, 5.0, 6, 40
_MOST_BYTES = 64 * 1024
_NO_HEAD = frozenset({403, 405, 501})
Ask = Callable[[str, str, float], int]


@dataclass(frozen=True)
class Answered:
    """One address: whether it answers, and what it said."""

    address: str
    good: bool
    words: Phrase


def ask_links(html: str, *, ask: Ask | None = None) -> list[Answered]:
    """Ask every http address a rendered mail links to, each once, and return what it said, in the order of the mail.

    ask: method, address and seconds in, status out; raises FetchRefused and FetchFailed. Never longer than SECONDS altogether.
    """
    addresses = [link for link in dict.fromkeys(links_in(html)) if link.lower().startswith(("http://", "https://"))][:MOST_ASKED]
    until = time.monotonic() + SECONDS
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="ask-links") as threads:
        return list(threads.map(lambda address: _asked(address, until, ask or _ask), addresses))


def _asked(address: str, until: float, ask: Ask) -> Answered:
    try:
        for status in _statuses(address, until, ask):
            if 200 <= status < 400:
                return Answered(address, True, Phrase(gettext_noop("It answers.")))
            last = status
    except FetchRefused:
        return Answered(address, False, Phrase(gettext_noop("It leads to a place we never ask.")))
    except FetchFailed:
        return Answered(address, False, Phrase(gettext_noop("It did not answer.")))
    except TimeoutError:
        return Answered(address, False, Phrase(gettext_noop("There was no time left to ask it.")))
    return Answered(address, False, Phrase(gettext_noop("It answers with %(status)s."), {"status": last}))


def _statuses(address: str, until: float, ask: Ask) -> Iterator[int]:
    """Yield the status of a HEAD, and of a GET where the place does not like HEAD."""
    for method in ("HEAD", "GET"):
        left = min(SECONDS_EACH, until - time.monotonic())
        if left <= 0:
            raise TimeoutError
        status = ask(method, address, left)
        yield status
        if status not in _NO_HEAD:
            return


def _ask(method: str, address: str, seconds: float) -> int:
    return fetch(address, method=method, max_bytes=_MOST_BYTES, seconds=seconds).status
