"""The render process: reads one job a line from its input, writes one answer a line, and can be killed at any moment.

Started by `campaigns/sending/rendering.py`. Imports no Django. Its memory is limited here; its time is limited by the parent,
and by a CPU limit that also ends it when the parent is gone.
"""

import json
import resource
import sys
from dataclasses import asdict
from typing import Any

from campaigns.personalization.render import CannotRender, render

MEMORY_BYTES = 128 * 1024 * 1024
CPU_SECONDS_A_JOB = 3


def main() -> None:
    """Answer jobs until the input ends."""
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
    templates: dict[str, dict[str, str]] = {}
    for line in sys.stdin:
        _allow_cpu()
        sys.stdout.write(json.dumps(_answer(json.loads(line), templates)) + "\n")
        sys.stdout.flush()


def _answer(job: dict[str, Any], templates: dict[str, dict[str, str]]) -> dict[str, Any]:
    if "parts" in job:
        templates[job["template"]] = job["parts"]
    try:
        result = render(templates[job["template"]], job["context"])
    except MemoryError:
        result = CannotRender("template_too_big", "MemoryError")
    return asdict(result)


def _allow_cpu() -> None:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used = int(usage.ru_utime + usage.ru_stime)
    resource.setrlimit(resource.RLIMIT_CPU, (used + CPU_SECONDS_A_JOB, resource.RLIM_INFINITY))


if __name__ == "__main__":
    main()
