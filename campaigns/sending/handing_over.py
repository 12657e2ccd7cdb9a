"""Hand over a few built messages at once: sender threads, each on a kept connection of its own, as many as the account is worth."""

import os
import threading
import time
from collections import deque
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor, wait

from campaigns.channels import Account, Answer, Outcome, Outgoing, Provider, Session, Streaming
from campaigns.sending.lines import line

SENDERS = 32
FEW_SENDERS, FEW_SECONDS, TRY_AGAIN = 2, 0.03, 16
SLOW_IN_A_ROW, SLOW_SECONDS = 2, 10.0
"""An account that took its time so often, one after the other, and so lately, counts as slow: once alone may be a busy machine."""
LEFT_ALONE_SECONDS, TRUSTED_SECONDS = 60.0, 60.0
"""For how long one that refused a helper gets no more hands, and one that answered a process at once needs no new try."""
ENOUGH = SENDERS // 2
"""So many in `FEW_SECONDS` are no slow relay: at most a busy machine, which more threads would only make busier."""
DEADLINE_SECONDS = 20.0  # the lease is at least twice this


def is_slow(account: Account) -> bool:
    """Say whether an account takes its time with this process: more processes would only open more connections to it."""
    pace = _paces.get(_key_of(account))
    return pace is not None and pace.is_slow


def leave_alone(account: Account) -> None:
    """Have this process help with an account no more for a minute: it did not take what a helper sent."""
    _pace_of(account).leave_alone()


def has_answered(account: Account) -> bool:
    """Say whether an account took something of this process within the last minute, and at once."""
    return _pace_of(account).has_answered


def send_all(
    outgoing: Mapping[int, Outgoing], *, provider: Provider, account: Account, lease_ends: float, most: int = SENDERS
) -> dict[int, Answer]:
    """Hand over a few messages at once, each on a kept connection of its own.

    A relay that answers at once is served by a few threads: more would only wait for each other. One that takes its time gets all, or
    `most` of them.
    """
    pool, pace = _senders(), _pace_of(account)
    width = min(pace.width(), most)
    chunk = _Chunk(outgoing, lease_ends, spread=width == SENDERS)

    def work() -> None:
        if chunk.left:
            with line(provider, account) as session:
                _hand_over(chunk, session)

    futures = [pool.submit(work) for _ in range(min(width, len(outgoing)))]
    left, enough = len(outgoing), True
    while enough and left and wait(futures, timeout=FEW_SECONDS).not_done:
        enough, left = left - chunk.left >= ENOUGH, chunk.left
    pace.note(slow=not enough)
    chunk.spread = most == SENDERS
    futures += [pool.submit(work) for _ in range(min(chunk.left, most - len(futures)))]
    for future in futures:
        future.result()
    if enough and any(answer.outcome is Outcome.ACCEPTED for answer in chunk.answers.values()):
        pace.answered()
    return chunk.answers


class _Chunk:
    """Messages that wait, and the answers to those that do not; any number of threads take from it.

    spread: there are as many threads as messages, so that none takes two.
    """

    def __init__(self, outgoing: Mapping[int, Outgoing], lease_ends: float, *, spread: bool) -> None:
        self.spread = spread
        self._waiting, self._lease_ends = deque(outgoing.values()), lease_ends
        self._ids = {id(one): pk for pk, one in outgoing.items()}
        self.answers: dict[int, Answer] = {}

    @property
    def left(self) -> int:
        """Return how many still wait."""
        return len(self._waiting)

    def take(self) -> Outgoing | None:
        """Return the next one, or None when none waits any more."""
        try:
            return self._waiting.popleft()
        except IndexError:
            return None

    def following(self) -> Outgoing | None:
        """Return the one behind it, or None where each of the others has a thread that waits for it."""
        return None if self.spread else self.take()

    def begin(self, outgoing: Outgoing) -> float | None:
        """Return until when this one may take; None when a pause ate the lease: nothing has left, and nothing may."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        if deadline <= self._lease_ends:
            return deadline
        self.answered(outgoing, Answer(Outcome.NOT_SENT, retry_after_seconds=30, detail="the lease was nearly over"))
        return None

    def answered(self, outgoing: Outgoing, answer: Answer) -> None:
        """Note what came of one that was taken."""
        self.answers[self._ids[id(outgoing)]] = answer


def _hand_over(chunk: _Chunk, session: Session) -> None:
    if isinstance(session, Streaming):
        session.send_each(chunk)
        return
    while (one := chunk.take()) is not None:
        deadline = chunk.begin(one)
        if deadline is not None:
            chunk.answered(one, session.send(one, deadline=deadline))


class Pace:
    """How many threads an account is worth: few until it was slow, then all, and few again for a try from time to time."""

    def __init__(self) -> None:
        self._slow_for, self._slow_until = 0, 0.0
        self._alone_until = self._trusted_until = 0.0

    @property
    def is_slow(self) -> bool:
        """Say whether it took its time lately, and more than once; or refused a helper."""
        now = time.monotonic()
        return now < self._alone_until or (self._slow_for >= SLOW_IN_A_ROW and now < self._slow_until)

    @property
    def has_answered(self) -> bool:
        """Say whether it took something lately, and at once."""
        return time.monotonic() < self._trusted_until

    def answered(self) -> None:
        """Note that it took something, at once."""
        self._trusted_until = time.monotonic() + TRUSTED_SECONDS

    def leave_alone(self) -> None:
        """Count as slow for a while."""
        self._alone_until, self._trusted_until = time.monotonic() + LEFT_ALONE_SECONDS, 0.0

    def width(self) -> int:
        """Return how many threads begin."""
        return FEW_SENDERS if self._slow_for % TRY_AGAIN == 0 else SENDERS

    def note(self, *, slow: bool) -> None:
        """Note whether a few messages took their time."""
        self._slow_for = self._slow_for + 1 if slow else 0
        self._slow_until = time.monotonic() + SLOW_SECONDS


_paces: dict[str, Pace] = {}


def _pace_of(account: Account) -> Pace:
    return _paces.setdefault(_key_of(account), Pace())


def _key_of(account: Account) -> str:
    return f"{account.provider} {sorted(account.settings.items())}"


_own = threading.local()


def _senders() -> ThreadPoolExecutor:
    """Return the sender threads of this thread of this process: kept, because starting them anew costs as much as sending."""
    if getattr(_own, "process", None) != os.getpid():  # a forked child has the object and not the threads
        _own.pool, _own.process = ThreadPoolExecutor(max_workers=SENDERS, thread_name_prefix="sender"), os.getpid()
    pool: ThreadPoolExecutor = _own.pool
    return pool
