"""Kept connections to providers: borrowed by one sender thread at a time, closed when they were idle for too long."""

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from campaigns.channels import Account, Provider, Session

IDLE_SECONDS = 20.0
MOST_IDLE = 32

_idle: dict[tuple[str, str], deque[tuple[float, Session]]] = {}
_guard = threading.Lock()


@contextmanager
def line(provider: Provider, account: Account) -> Iterator[Session]:
    """Borrow a session to an account; it goes back for the next message."""
    kind = f"{getattr(provider, 'channel', '')}:{provider.key}"  # the test inbox stands for several channels, each with lines of its own
    key = (kind, repr((sorted(account.settings.items()), sorted(account.credentials.items()))))
    session = _take(key) or provider.open(account)
    try:
        yield session
    except BaseException:
        session.close()
        raise
    _put(key, session)


def _take(key: tuple[str, str]) -> Session | None:
    stale: list[Session] = []
    found: Session | None = None
    with _guard:
        waiting = _idle.get(key, deque())
        while waiting and found is None:
            since, session = waiting.pop()
            if time.monotonic() - since > IDLE_SECONDS:
                stale.append(session)
            else:
                found = session
    for session in stale:
        session.close()
    return found


def _put(key: tuple[str, str], session: Session) -> None:
    with _guard:
        waiting = _idle.setdefault(key, deque())
        waiting.append((time.monotonic(), session))
        dropped = waiting.popleft()[1] if len(waiting) > MOST_IDLE else None
    if dropped is not None:
        dropped.close()


def close_stale() -> None:
    """Close every connection that was idle for too long, so that a relay which counts them has room for other processes."""
    until = time.monotonic() - IDLE_SECONDS
    with _guard:
        stale = [session for waiting in _idle.values() for since, session in waiting if since < until]
        for key, waiting in list(_idle.items()):
            _idle[key] = deque(one for one in waiting if one[0] >= until)
            if not _idle[key]:
                del _idle[key]
    for session in stale:
        session.close()


def close_all() -> None:
    """Close every idle connection."""
    with _guard:
        sessions = [session for waiting in _idle.values() for _, session in waiting]
        _idle.clear()
    for session in sessions:
        session.close()
