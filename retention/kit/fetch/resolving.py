"""Turn a host name into checked addresses, within the deadline.

The look-up happens once per hop and its answer is what we connect to, so a name that changes its mind (DNS rebinding) gains nothing.
"""

import queue
import socket
import threading
from collections.abc import Callable, Sequence

from retention.kit.fetch.addresses import IPAddress, read_address
from retention.kit.fetch.errors import FetchFailed, FetchRefused
from retention.kit.fetch.policy import Policy
from retention.kit.fetch.targets import Target
from retention.kit.fetch.wire import Meter

Resolve = Callable[[str, int], Sequence[str]]
MOST_ADDRESSES = 4

# A stuck look-up cannot be cancelled, only left behind. This bounds how many may be left behind at once.
_slots = threading.BoundedSemaphore(32)


def system_resolve(host: str, port: int) -> Sequence[str]:
    """Ask the operating system for the addresses of a host; may block for as long as its resolver likes."""
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def checked_addresses(target: Target, *, policy: Policy, resolve: Resolve, meter: Meter) -> list[IPAddress]:
    """Return the addresses to try in order; refuse the target when any of them is forbidden."""
    if target.literal is not None:
        found: list[IPAddress | None] = [target.literal]
    else:
        found = [read_address(text) for text in look_up(target.host, port=target.port, resolve=resolve, meter=meter)]
    allowed = [address for address in found if address is not None and policy.allows(address)]
    if len(allowed) < len(found):
        raise FetchRefused("address")
    return list(dict.fromkeys(allowed))[:MOST_ADDRESSES]


def look_up(host: str, *, port: int, resolve: Resolve, meter: Meter) -> Sequence[str]:
    """Run the look-up in its own thread and wait no longer than the deadline allows."""
    if not _slots.acquire(timeout=meter.left()):
        raise FetchFailed("busy")
    answers: queue.SimpleQueue[Sequence[str]] = queue.SimpleQueue()
    threading.Thread(target=_answer, args=(host, port, resolve, answers), name="fetch-lookup", daemon=True).start()
    try:
        answer = answers.get(timeout=meter.left())
    except queue.Empty:
        raise FetchFailed("timeout") from None
    if not answer:
        raise FetchFailed("dns")
    return answer


def _answer(host: str, port: int, resolve: Resolve, answers: "queue.SimpleQueue[Sequence[str]]") -> None:
    found: Sequence[str] = ()
    try:
        found = resolve(host, port)
    except (OSError, UnicodeError):
        pass  # the empty answer says it
    finally:
        _slots.release()
        answers.put(found)
