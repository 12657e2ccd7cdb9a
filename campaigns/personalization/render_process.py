"""The render process: reads jobs from its input, writes one answer for each, and can be killed at any moment.

Started by `campaigns/sending/rendering.py`. Imports no Django. Jobs and answers are MessagePack behind four bytes of length. Its memory
is limited here; its time is limited by the parent, and by a CPU limit that also ends it when the parent is gone.

Answers leave together, at the latest after the last job that came with them: waking the reader for each costs as much as rendering. Large
ones leave earlier, because those that wait take the memory of what is made. How many jobs are done stands in memory shared with the parent,
who so knows the culprit when it has to end this process.

Where memory does not suffice, everything kept for all shops is dropped and the job is tried once more. If that does not help, the process
ends: libraries keep things of their own. Only in a process that has made nothing else yet a want of memory is the job's own.
"""

import gc
import mmap
import resource
import sys
import time
from io import BufferedReader, FileIO
from typing import Any

import msgspec

from campaigns.personalization.render import CannotRender, Mailing, Rendered, forget, render
from campaigns.personalization.tracking import MOST_LINKS, PROOF_SIGNS, ways_of

MEMORY_BYTES = 128 * 1024 * 1024
CPU_SECONDS_A_JOB = 3
LENGTH_BYTES = 4
DONE_BYTES = 8
FLUSH_SECONDS = 0.05
FLUSH_BYTES = 4 * 1024 * 1024
MADE_TO_WARM_UP = 1
NO_MEMORY = CannotRender("template_too_big", "MemoryError")
READ_BYTES = 1 << 17
CANNOT_FRAME = (OverflowError, RecursionError, ValueError)
_LEAST, _MOST = -(2**63), 2**64 - 1
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode


def main() -> None:
    """Answer jobs until the input ends."""
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
    source, sink = BufferedReader(FileIO(sys.stdin.fileno(), closefd=False), READ_BYTES), sys.stdout.buffer
    templates: dict[str, dict[str, str] | Mailing] = {}
    shops: dict[int, dict[str, Any]] = {}
    done = memoryview(mmap.mmap(int(sys.argv[1]), DONE_BYTES)).cast("Q")
    gc.freeze()  # the libraries stay; looking through them again and again would cost more than rendering
    answers: list[bytes] = []
    made = size = 0
    flushed = time.monotonic()
    _allow_cpu()
    while head := source.read(LENGTH_BYTES):
        job = _decode(source.read(int.from_bytes(head)))
        if "place" in job:
            job["context"]["shop"] = _shop_of(job, shops)
        answer = _answer(job, templates)
        if answer is None and made > MADE_TO_WARM_UP:
            sink.write(b"".join(answers))
            sink.flush()
            return
        answers.append(answer or framed(NO_MEMORY))
        made += 1
        size += len(answers[-1])
        done[0] += 1
        if job["last"] or size > FLUSH_BYTES or time.monotonic() - flushed > FLUSH_SECONDS:
            sink.write(b"".join(answers))
            sink.flush()
            answers, size, flushed = [], 0, time.monotonic()
            _allow_cpu()


def _shop_of(job: dict[str, Any], shops: dict[int, dict[str, Any]]) -> dict[str, Any]:
    """Return the words of a message's shop, which came with it or with an earlier one."""
    if "shop" in job:
        shops[job["place"]] = job["shop"]
    return shops[job["place"]]


def framed(value: object) -> bytes:
    """Return a value as one frame; a whole number that takes more than 64 bits stands in it as a float.

    Raises `CANNOT_FRAME` where no frame holds it: a number no float holds, letters that are none, too much inside each other.
    """
    try:
        content = _encode(value)
    except OverflowError:
        content = _encode(_countable(value))
    return len(content).to_bytes(LENGTH_BYTES) + content


def _countable(value: Any) -> Any:
    if isinstance(value, int) and not _LEAST <= value <= _MOST:
        return float(value)
    if isinstance(value, dict):
        return {name: _countable(one) for name, one in value.items()}
    return [_countable(one) for one in value] if isinstance(value, list | tuple) else value


def _answer(job: dict[str, Any], templates: dict[str, dict[str, str] | Mailing]) -> bytes | None:
    """Render one job and return the frame of its answer: plain texts, or a mail with its links and the fixed pieces its reader lacks.

    None where memory does not suffice.
    """
    if "parts" in job:
        templates[job["template"]] = Mailing(job["parts"], utm=job["utm"], hosts=job["hosts"]) if "utm" in job else job["parts"]
    for _try in range(2):
        try:
            return framed(_made(job, templates[job["template"]]))
        except MemoryError:
            pass  # what was kept goes outside of this block, where the error no longer holds on to what it met
        for template in templates.values():
            if isinstance(template, Mailing):
                template.drop()
        forget()
        gc.collect()
    return None


def _made(job: dict[str, Any], template: dict[str, str] | Mailing) -> Rendered | CannotRender | tuple[Any, ...] | int:
    """Return what is answered: how many links a mail has where it was told too few proofs."""
    if "unfit" in job:
        return CannotRender("template_error", job["unfit"])
    if not isinstance(template, Mailing):
        return render(template, job["context"])
    proofs = job["proofs"]
    made = template.render(job["context"], base=job["base"], proofs=proofs, leave=ways_of(job["context"]))
    if isinstance(made, CannotRender):
        return made
    links = template.links_of(made)
    if len(proofs) < PROOF_SIGNS * min(links, MOST_LINKS):
        return links
    return made.subject, made.html, made.text, made.targets, template.news()


def _allow_cpu() -> None:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used = int(usage.ru_utime + usage.ru_stime)
    resource.setrlimit(resource.RLIMIT_CPU, (used + CPU_SECONDS_A_JOB, resource.RLIM_INFINITY))


if __name__ == "__main__":
    main()
