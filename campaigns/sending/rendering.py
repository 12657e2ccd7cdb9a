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
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from campaigns.personalization.render import CannotRender, Rendered
from campaigns.personalization.render_process import CANNOT_FRAME, DONE_BYTES, LENGTH_BYTES, NO_MEMORY, framed
from campaigns.personalization.tracking import MOST_LINKS
from campaigns.sending.told import Told, read_answer

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


class _Started(NamedTuple):
    """Jobs a process was told of: what of each, what its pipe did not take yet, and how many it had done before."""

    jobs: Sequence[Job]
    process: subprocess.Popen[bytes]
    told: Sequence[tuple[Told, str]]
    unsent: memoryview
    before: int
    was_new: bool


class Begun(NamedTuple):
    """Messages that are being rendered; of `first`, all up to one whose template is set aside, the process knows."""

    jobs: Sequence[Job]
    first: _Started | None


class Renderer:
    """One render process, used by one thread at a time."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._shared = os.memfd_create("done")
        os.ftruncate(self._shared, DONE_BYTES)
        self._done = memoryview(mmap.mmap(self._shared, DONE_BYTES)).cast("Q")  # how many jobs the process has finished
        self._is_new = True  # nobody's message has been made in it
        self._begun: Begun | None = None
        self._known: dict[str, Told] = {}  # the templates it has
        self._shops: list[Any] = []  # the words of shops it has, by place
        self._next_shop = 0

    def render(self, template: str, parts: Mapping[str, str], context: Mapping[str, Any]) -> Rendered | CannotRender:
        """Render one message."""
        return self.render_all([Job(template, parts, context)])[0]

    def render_all(self, jobs: Sequence[Job]) -> list[Rendered | CannotRender]:
        """Render messages and return their texts in the same order.

        A template that has cost `MOST_KILLS` processes is set aside: its messages are not even tried.
        """
        return self.finish(self.begin(jobs))

    def begin(self, jobs: Sequence[Job]) -> "Begun":
        """Have messages rendered while something else is done; `finish` returns their texts, before anything else is asked."""
        if self._begun is not None:  # nobody came for it: its answers are in the way
            self.stop()
        self._begun = Begun(jobs, self._start(first) if (first := self._allowed(jobs)) else None)
        return self._begun

    def finish(self, begun: "Begun") -> list[Rendered | CannotRender]:
        """Wait for what was begun; patience begins now, for what is not done yet."""
        jobs, self._begun = begun.jobs, None
        answers = self._end(begun.first) if begun.first is not None else []
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
        if max(list(_kills.values()), default=0) < MOST_KILLS:  # other threads add to it
            return jobs
        ends = [place for place, job in enumerate(jobs) if _kills[job.template] >= MOST_KILLS]
        return jobs[: ends[0]] if ends else jobs

    def _run(self, jobs: Sequence[Job]) -> list[Rendered | CannotRender]:
        return self._end(self._start(jobs))

    def _start(self, jobs: Sequence[Job]) -> "_Started":
        """Tell the process of jobs, as far as its pipe takes them."""
        process, before = self._running(), self._done[0]
        was_new, self._is_new = self._is_new, False
        keys = [job.key for job in jobs]
        proofs = [self._proofs(job, key) for job, key in zip(jobs, keys, strict=True)]  # all in a row, and what follows too: it is faster
        last = len(jobs) - 1
        made = [self._framed(job, keys[place], proofs[place], last=place == last) for place, job in enumerate(jobs)]
        unsent = _written(process, memoryview(b"".join([frame for frame, _ in made])))
        return _Started(jobs, process, [(told, proof) for (_, told), proof in zip(made, proofs, strict=True)], unsent, before, was_new)

    def _end(self, started: "_Started") -> list[Rendered | CannotRender]:
        """Wait until all is done or the process is no more; then the last answer says why."""
        jobs, process, made, unsent, before, was_new = started
        found, ended = self._exchange(process, unsent, len(jobs), patience=PATIENCE_SECONDS)
        answers = [
            read_answer(one, told, base="" if job.links is None else job.links.base, proofs=proofs)
            for one, job, (told, proofs) in zip(found, jobs, made, strict=False)
        ]
        if len(answers) < len(jobs):
            culprit = max(len(answers), self._done[0] - before) if len(jobs) > 1 else 0
            self.stop()
            if culprit > len(answers):  # made, and lost with the process: made again, half of them first, which may all be too much
                answers += self._run(jobs[len(answers) : (len(answers) + culprit + 1) // 2])
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

    def _proofs(self, job: Job, key: str) -> str:
        """Return the proofs the links of a job are given, for as many as its template's mails have. key: the job's."""
        if job.links is None:
            return ""
        told = self._known.get(key)
        return job.links.proofs(MOST_LINKS if told is None else told.proven)

    def _framed(self, job: Job, key: str, proofs: str, *, last: bool) -> tuple[bytes, Told]:
        """Return a job as one frame, and what we were told of its template."""
        _, _, context, links = job
        told = self._known.get(key)
        names = context if told is None or told.names is None else told.names
        said = {name: context[name] for name in names if name in context}
        saying: dict[str, Any] = {"template": key, "context": said, "last": last}
        if "shop" in said:
            self._share(saying, context["shop"])
            said["shop"] = None
        if told is None:
            told = self._known[key] = Told()
            saying["parts"] = dict(job.parts)
            if links is not None:
                saying |= {"utm": dict(links.utm), "hosts": sorted(links.hosts)}
        if links is not None:
            saying["base"] = links.base
            saying["proofs"] = proofs
        try:
            return framed(saying), told
        except CANNOT_FRAME as error:  # the process is told the rest all the same, and that there is nothing to make
            return framed(saying | {"context": {}, "unfit": type(error).__name__}), told

    def _share(self, saying: dict[str, Any], shop: object) -> None:
        """Tell the words of the shop apart, and only where the process does not have them."""
        place = next((place for place, one in enumerate(self._shops) if one is shop), None)
        if place is None:
            place, self._next_shop = self._next_shop, (self._next_shop + 1) % MOST_SHOPS
            self._shops[place : place + 1] = [shop]
            saying["shop"] = shop
        saying["place"] = place

    def _exchange(self, process: subprocess.Popen[bytes], unsent: memoryview, count: int, *, patience: float) -> tuple[list[bytes], bool]:
        """Write jobs and read answers side by side; stop when one is missing for too long. Second value: the process has ended."""
        if process.stdin is None or process.stdout is None:
            return [], True
        source, sink = process.stdout.fileno(), process.stdin.fileno()
        answers: list[bytes] = []
        buffer = bytearray()
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
            self._exchange(self._process, memoryview(self._framed(_WARM_UP, "", "", last=True)[0]), 1, patience=START_SECONDS)
        return self._process

    def stop(self) -> None:
        """Kill the process; the next message starts a new one."""
        self._begun = None
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


def _written(process: subprocess.Popen[bytes], jobs: memoryview) -> memoryview:
    """Write what the process's pipe takes at once, and return the rest. That it has ended is found by whoever reads."""
    with suppress(OSError):
        if process.stdin is not None:
            return jobs[os.write(process.stdin.fileno(), jobs[:_READ_BYTES]) :]
    return jobs


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


def forget_kills() -> None:
    """Let every template be tried again."""
    _kills.clear()
