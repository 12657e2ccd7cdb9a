"""Hand over a few built messages at once, over kept connections: by this thread alone, or by as many as the account is worth.

An account that answers at once keeps nobody waiting, and to change threads costs as much as to hand over: one thread writes to a few
connections and goes on with whichever answers. Connections that must be opened get threads, and so do accounts that take their time.
"""

import os
import select
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait

from campaigns.channels import Account, Answer, Outcome, Outgoing, Provider, Streaming
from campaigns.sending.lines import line

SENDERS = 32
FEW_SENDERS, FEW_SECONDS, TRY_AGAIN = 2, 0.03, 16
ALONE = 4
"""So many connections does one thread serve by itself where the account answers at once: fewer wait for it, and more are no quicker."""
SLOW_IN_A_ROW, SLOW_SECONDS = 2, 10.0
"""An account that took its time so often, one after the other, and so lately, counts as slow: once alone may be a busy machine."""
LEFT_ALONE_SECONDS, TRUSTED_SECONDS = 60.0, 60.0
"""For how long one that refused a helper gets no more hands, and one that answered a process at once needs no new try."""
ENOUGH = SENDERS // 2
"""So many in `FEW_SECONDS` are no slow relay: at most a busy machine, which more threads would only make busier."""
_OVER = -1  # no file has this number
DEADLINE_SECONDS = 20.0  # the lease is at least twice this

Hand = Iterator[int | None]
"""One connection's way through messages; says before each wait what it waits for, see `Streaming`."""


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

    A relay that answers at once is served by this thread alone, over a few connections: more would only wait for each other. One that takes
    its time gets a thread for each message, or `most` of them; one that nobody knows yet a few.
    """
    pace = _pace_of(account)
    width = min(pace.width(), most)
    alone = width < SENDERS and pace.has_answered
    width = min(ALONE, most) if alone else width
    chunk = _Chunk(outgoing, lease_ends, spread=width == SENDERS)
    hands = [_hand_over(chunk, provider, account) for _ in range(min(width, len(outgoing)))]
    futures: list[Future[None]] = []

    def by_a_thread(hand: Hand) -> None:
        futures.append(_senders().submit(_go_on, hand))

    left, enough = len(outgoing), True
    if alone:
        left, enough = _alone(hands, chunk, by_a_thread)
    else:
        for hand in hands:
            by_a_thread(hand)
    if enough and futures:
        enough = _enough(chunk, left, lambda: bool(wait(futures, timeout=FEW_SECONDS).not_done))
    pace.note(slow=not enough)
    chunk.spread = most == SENDERS
    for _ in range(min(chunk.left, most - len(futures))):
        by_a_thread(_hand_over(chunk, provider, account))
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


def _hand_over(chunk: _Chunk, provider: Provider, account: Account) -> Hand:
    if not chunk.left:
        return
    with line(provider, account) as session:
        if isinstance(session, Streaming):
            yield from session.send_each(chunk)
            return
        while (one := chunk.take()) is not None:
            deadline = chunk.begin(one)
            if deadline is not None:
                yield None
                chunk.answered(one, session.send(one, deadline=deadline))


def _go_on(hand: Hand) -> None:
    """Let one hand do the rest, and wait with it."""
    for _ in hand:
        pass


def _enough(chunk: _Chunk, left: int, go_on: Callable[[], bool]) -> bool:
    """Say whether messages leave as fast as an account takes them that answers at once. left: so many waited at the beginning.

    go_on: for a moment; says whether more is to do.
    """
    enough = True
    while enough and chunk.left and go_on():
        enough, left = left - chunk.left >= ENOUGH, chunk.left
    return enough


def _alone(hands: Sequence[Hand], chunk: _Chunk, by_a_thread: Callable[[Hand], None]) -> tuple[int, bool]:
    """Let several hands go on by this thread alone, as long as the account answers at once.

    by_a_thread: gets those with whom somebody must wait. Returns how many messages wait at the end, and whether the account did answer.
    """
    poll, going = select.poll(), dict[int, Hand]()

    def step(hand: Hand) -> None:
        waits_for = next(hand, _OVER)
        if waits_for is None:
            by_a_thread(hand)
        elif waits_for != _OVER:
            going[waits_for] = hand
            poll.register(waits_for, select.POLLIN)

    def go_on() -> bool:
        until = time.monotonic() + FEW_SECONDS
        while going and (seconds := until - time.monotonic()) > 0:
            for place, _ in poll.poll(1000 * seconds):
                poll.unregister(place)
                step(going.pop(place))
        return bool(going)

    left = chunk.left
    for hand in hands:
        step(hand)
    enough = _enough(chunk, left, go_on)
    if enough:
        go_on()  # the last of them were taken a moment ago
    for hand in going.values():
        by_a_thread(hand)
    return chunk.left, enough


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
