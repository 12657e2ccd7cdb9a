"""The render processes of this worker: started when first needed, killed after a second without progress, started anew.

A slice of messages goes in at once and the answers come back in order. A hostile template costs its own message and nobody else's (S30,
S33): the process is killed, and the next one begins behind the culprit. One that ended by itself may have ended of what others left in it:
the message is tried again in a new one, alone. What happens inside: `personalization/render_process.py`.
"""

import fcntl
import mmap
import os
import select
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from campaigns.personalization.render import CannotRender, Rendered
from campaigns.personalization.render_process import DONE_BYTES, LENGTH_BYTES, NO_MEMORY, framed
from campaigns.personalization.tracking import MOST_LINKS, addresses_to

PATIENCE_SECONDS = 1.0
START_SECONDS = 20.0
MOST_KILLS = 3
MOST_SHOPS = 8
"""Words of shops a render process keeps, because all mails of a slice have the same: told once, they cost a message nothing."""
MOST_TEMPLATES = 64
"""A render process keeps every template it was told of, within limited memory; with more than these it is started anew."""
_ROOT = Path(__file__).resolve().parents[2]
_COMMAND = (sys.executable, "-m", "campaigns.personalization.render_process_alone")
_READ_BYTES = _PIPE_BYTES = 1 << 20
_MORE_LINKS = 8  # how many more than any mail of its template had before a mail may have and need not be made twice
_CRLF = b"\r\n"
_decode = msgspec.msgpack.Decoder().decode

_kills: Counter[str] = Counter()  # how many processes of this worker each template has cost


class Links(NamedTuple):
    """How the links of a mail are made ours while it is rendered.

    utm, hosts: as for `track`, the same for many mails, which have this `way` in common. base, proofs: what makes the addresses of this
    very mail, see `address_of`; proofs returns those of as many positions as it is asked for.
    """

    utm: Mapping[str, str]
    hosts: frozenset[str]
    way: str
    base: str
    proofs: Callable[[int], str]


class Job(NamedTuple):
    """One message to render. template: what identifies the parts for as long as the worker lives. links: None leaves them alone."""

    template: str
    parts: Mapping[str, str]
    context: Mapping[str, Any]
    links: Links | None = None

    @property
    def key(self) -> str:
        """Return what the render process keeps this template by."""
        return self.template if self.links is None else f"{self.template} {self.links.way}"


class _Told:
    """What we were told of a template: its fixed texts by number, and where its own links lead. dotted: those that may need stuffing.

    chunks: pieces with our addresses between them, and the positions of these; forms: those that plain texts asked for, joined. most: how
    many addresses there are. met: how many links a mail had at most, -1 when none was made yet. names: of a context, that it may ask for;
    None for all of it.
    """

    def __init__(self) -> None:
        self.chunks: list[tuple[tuple[bytes, ...], Sequence[int]]] = []
        self.forms: dict[int, bytes] = {}
        self.dotted: set[int] = set()
        self.fixed: tuple[str, ...] = ()
        self.names: Sequence[str] | None = None
        self.most, self.met = 0, -1

    @property
    def proven(self) -> int:
        """Return for how many positions a mail gets proofs: to make and tell those of all that may be takes longer than to render it."""
        return MOST_LINKS if self.met < 0 else min(MOST_LINKS, self.met + _MORE_LINKS)

    def note(
        self, anew: bool, fixed: Sequence[str], chunks: Sequence[tuple[Sequence[str], Sequence[int]]], names: Sequence[str] | None = None
    ) -> None:
        """Note what is new. anew: it was compiled, for the first time or after it was dropped for want of memory."""
        self.names = names
        if anew:
            self.chunks, self.forms, self.dotted, self.fixed, self.most = [], {}, set(), tuple(fixed), 0
        for texts, positions in chunks:
            pieces = tuple([text.encode() for text in texts])
            if any(map(_wants_stuffing, pieces)):
                self.dotted.add(len(self.chunks))
            self.chunks.append((pieces, positions))
            self.most = max(self.most, max(positions, default=-1) + 1)

    def filled(self, number: int, at: Sequence[bytes]) -> bytes:
        """Return a fixed piece of plain text with the addresses of one mail in it. at: these, by position."""
        texts, positions = self.chunks[number]
        form = self.forms.get(number)
        if form is None:
            form = self.forms[number] = b"%b".join([text.replace(b"%", b"%%") for text in texts])
        return form % tuple([at[place] for place in positions])


class Renderer:
    """One render process, used by one thread at a time."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._shared = os.memfd_create("done")
        os.ftruncate(self._shared, DONE_BYTES)
        self._done = memoryview(mmap.mmap(self._shared, DONE_BYTES)).cast("Q")  # how many jobs the process has finished
        self._is_new = True  # nobody's message has been made in it
        self._known: dict[str, _Told] = {}  # the templates it has
        self._shops: list[Any] = []  # the words of shops it has, by place
        self._next_shop = 0

    def render(self, template: str, parts: Mapping[str, str], context: Mapping[str, Any]) -> Rendered | CannotRender:
        """Render one message."""
        return self.render_all([Job(template, parts, context)])[0]

    def render_all(self, jobs: Sequence[Job]) -> list[Rendered | CannotRender]:
        """Render messages and return their texts in the same order.

        A template that has cost `MOST_KILLS` processes is set aside: its messages are not even tried.
        """
        answers: list[Rendered | CannotRender] = []
        while len(answers) < len(jobs):
            if _kills[jobs[len(answers)].template] >= MOST_KILLS:
                answers.append(CannotRender("template_set_aside", f"it ended {MOST_KILLS} render processes"))
                continue
            answers += self._run(self._allowed(jobs[len(answers) :]))
        return answers

    def warm_up(self) -> None:
        """Start the process where it does not run, so that what follows takes the time of rendering alone."""
        self._running()

    def _allowed(self, jobs: Sequence[Job]) -> Sequence[Job]:
        """Return the jobs up to the first one that is set aside."""
        ends = [place for place, job in enumerate(jobs) if _kills[job.template] >= MOST_KILLS]
        return jobs[: ends[0]] if ends else jobs

    def _run(self, jobs: Sequence[Job]) -> list[Rendered | CannotRender]:
        """Render until all is done or the process is no more; then the last answer says why."""
        process, before = self._running(), self._done[0]
        was_new, self._is_new = self._is_new, False
        made = [self._framed(job, last=place == len(jobs)) for place, job in enumerate(jobs, 1)]
        found, ended = self._exchange(process, b"".join([frame for frame, _, _ in made]), len(jobs), patience=PATIENCE_SECONDS)
        answers = [_read(one, job, told, proofs) for one, job, (_, told, proofs) in zip(found, jobs, made, strict=False)]
        if len(answers) < len(jobs):
            culprit = max(len(answers), self._done[0] - before)
            self.stop()
            if culprit > len(answers):  # made, and lost with the process: made again
                answers += self._run(jobs[len(answers) : culprit])
            if ended and len(answers) == culprit < len(jobs) and not (was_new and culprit == 0):
                self.stop()
                answers += self._run(jobs[culprit : culprit + 1])
                if answers[-1] == NO_MEMORY:
                    _kills[jobs[culprit].template] += 1
            elif len(answers) == culprit < len(jobs):
                _kills[jobs[culprit].template] += 1
                why = ("template_too_big", "the render process ended") if ended else ("template_too_slow", _SLOW)
                answers.append(CannotRender(*why))
        return [self.render_all([job])[0] if answer is None else answer for answer, job in zip(answers, jobs, strict=False)]

    def _framed(self, job: Job, *, last: bool) -> tuple[bytes, _Told, str]:
        """Return a job as one frame, what we were told of its template, and the proofs its links were given."""
        links, key, proofs, context = job.links, job.key, "", job.context
        saying: dict[str, Any] = {"template": key, "context": context, "last": last}
        told = self._known.get(key)
        if told is not None and told.names is not None:
            saying["context"] = {name: context[name] for name in told.names if name in context}
        if "shop" in saying["context"]:
            self._share(saying, context["shop"])
        if told is None:
            told = self._known[key] = _Told()
            saying["parts"] = dict(job.parts)
            if links is not None:
                saying |= {"utm": dict(links.utm), "hosts": sorted(links.hosts)}
        if links is not None:
            saying["base"] = links.base
            saying["proofs"] = proofs = links.proofs(told.proven)
        return framed(saying), told, proofs

    def _share(self, saying: dict[str, Any], shop: object) -> None:
        """Tell the words of the shop apart, and only where the process does not have them."""
        place = next((place for place, one in enumerate(self._shops) if one is shop), None)
        if place is None:
            place, self._next_shop = self._next_shop, (self._next_shop + 1) % MOST_SHOPS
            self._shops[place : place + 1] = [shop]
            saying["shop"] = shop
        saying["place"] = place
        saying["context"] = saying["context"] | {"shop": None}

    def _exchange(self, process: subprocess.Popen[bytes], jobs: bytes, count: int, *, patience: float) -> tuple[list[bytes], bool]:
        """Write jobs and read answers side by side; stop when one is missing for too long. Second value: the process has ended."""
        if process.stdin is None or process.stdout is None:
            return [], True
        source, sink = process.stdout.fileno(), process.stdin.fileno()
        answers: list[bytes] = []
        unsent, buffer = memoryview(jobs), bytearray()
        until = time.monotonic() + patience
        while len(answers) < count:
            readable, writable, _ = select.select([source], [sink] if unsent else [], [], max(0.0, until - time.monotonic()))
            if writable:
                try:
                    unsent = unsent[os.write(sink, unsent[:_READ_BYTES]) :]
                except BlockingIOError:
                    pass
                except OSError:
                    return answers, True
            if readable:
                chunk = os.read(source, _READ_BYTES)
                if not chunk:
                    return answers, True
                buffer += chunk
                arrived = _whole_frames(buffer)
                answers += arrived
                until = time.monotonic() + patience if arrived else until
            if time.monotonic() >= until:
                return answers, False
        return answers, False

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is not None and (self._process.poll() is not None or len(self._known) > MOST_TEMPLATES):
            self.stop()
        if self._process is None:
            environment = {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(_ROOT), "LANG": "C.UTF-8"}
            self._known, self._is_new = {}, True
            self._shops, self._next_shop = [], 0
            self._process = subprocess.Popen(  # noqa: S603 - a fixed command
                (*_COMMAND, str(self._shared)),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=_ROOT,
                env=environment,
                pass_fds=(self._shared,),
            )
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    _widen(pipe.fileno())
            if self._process.stdin is not None:
                os.set_blocking(self._process.stdin.fileno(), False)
            self._exchange(self._process, self._framed(_WARM_UP, last=True)[0], 1, patience=START_SECONDS)
        return self._process

    def stop(self) -> None:
        """Kill the process; the next message starts a new one."""
        if self._process is not None:
            self._process.kill()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    with suppress(OSError):
                        pipe.close()
            self._process.wait()
            self._process = None

    def close(self) -> None:
        """Kill the process for good; nothing may be asked of this object any more."""
        self.stop()
        os.close(self._shared)


_SLOW = f"no progress within {PATIENCE_SECONDS:g} s"
_WARM_UP = Job("", {"subject": "", "html": "", "text": ""}, {})  # loads what is needed before a message's second begins to run


def _widen(pipe: int) -> None:
    """Let a pipe hold what is told for a batch at once: with its usual 64 KB both sides wake each other a dozen times."""
    with suppress(OSError, AttributeError):
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)


def _whole_frames(buffer: bytearray) -> list[bytes]:
    """Take the complete frames out of what has arrived."""
    frames: list[bytes] = []
    start = 0
    while len(buffer) >= start + LENGTH_BYTES:
        end = start + LENGTH_BYTES + int.from_bytes(buffer[start : start + LENGTH_BYTES])
        if len(buffer) < end:
            break
        frames.append(bytes(buffer[start + LENGTH_BYTES : end]))
        start = end
    del buffer[:start]
    return frames


def _read(content: bytes, job: Job, told: _Told, proofs: str = "") -> Rendered | CannotRender | None:
    """Return what an answer says, None when the mail needs more proofs. told: of this template; what is new is added."""
    answer: Any = _decode(content)
    if type(answer) is int:
        told.met = max(told.met, answer)
        return None
    if type(answer) is dict:
        return CannotRender(**answer) if "reason" in answer else Rendered(answer["subject"], answer["html"], answer["text"])
    subject, html, text, targets, news = answer
    if news is not None:
        told.note(*news)
    told.met = max(told.met, len(told.fixed) + len(targets))
    base = "" if job.links is None else job.links.base
    if type(html) is str:
        return Rendered(subject, html, text, tuple(targets), told.fixed, base=base)
    at = addresses_to(told.most, base=base, proofs=proofs)
    plain = b""
    if type(text) is list:
        plain = b"".join([told.filled(one, at) if type(one) is int else one.encode() for one in text])
        text = ""
    if (begin := escape(base)) != base:
        at = addresses_to(told.most, base=begin, proofs=proofs)
    pieces, own = list[bytes](), list[bytes]()
    for one in html:
        if type(one) is int:
            texts, positions = told.chunks[one]
            pieces += _filled(texts, positions, at) if positions else texts
        else:
            own.append(one.encode())
            pieces.append(own[-1])
    dotless = (not told.dotted or told.dotted.isdisjoint(html)) and not _wants_stuffing(_CRLF.join(own))
    return Rendered(subject, "", text, tuple(targets), told.fixed, tuple(pieces), base, dotless, plain)


def _filled(texts: tuple[bytes, ...], positions: Sequence[int], at: Sequence[bytes]) -> list[bytes]:
    """Return a fixed text's pieces with the addresses of one mail between them. at: these, by position."""
    pieces = [b""] * (len(texts) + len(positions))
    pieces[::2], pieces[1::2] = texts, [at[place] for place in positions]
    return pieces


def _wants_stuffing(piece: bytes) -> bool:
    """Say whether a piece that is ready for the wire cannot leave as it is: for a dot, or for a CR or LF alone."""
    if piece.startswith(b".") or b"\n." in piece:
        return True
    return not piece.count(b"\r") == piece.count(b"\n") == piece.count(_CRLF)


def may_begin_a_line_with_a_dot(piece: bytes) -> bool:
    """Say whether a piece of a mail has a line that begins with a dot, wherever it stands."""
    return piece.startswith(b".") or b"\n." in piece or b"\r." in piece


def forget_kills() -> None:
    """Let every template be tried again."""
    _kills.clear()


MOST_PROCESSES = 2
"""One feeds what one worker sends, a second what is sent beside it. Each holds some 25 MB, so no more are kept."""
PLACE_SECONDS = 0.5
"""For so long one waits for another's: templates that take their time must not hold up those of other stores."""
_idle: list[Renderer] = []
_guard = threading.Lock()
_places = threading.BoundedSemaphore(MOST_PROCESSES)


@contextmanager
def renderer() -> Iterator[Renderer]:
    """Borrow a render process of this worker. Where all are lent for longer than a moment, one more is started and ends with its use."""
    if not _places.acquire(timeout=PLACE_SECONDS):
        with closing(Renderer()) as one_more:
            yield one_more
        return
    try:
        with _guard:
            borrowed = _idle.pop() if _idle else Renderer()
        try:
            yield borrowed
        finally:
            with _guard:
                _idle.append(borrowed)
    finally:
        _places.release()
