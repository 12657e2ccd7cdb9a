"""MJML to HTML. The compiler walks down a source by calling itself, so one that nests deeply enough ends the process it runs in (S30).

A source with so many tags that it could do that is compiled in a process of its own, which may end without harm. No Django.
"""

import os
import subprocess
import sys
from pathlib import Path

import mrml

MOST_TAGS = 600
"""As many may nest without harm: 400 need less than two megabytes of stack, 800 less than four; a thread has eight."""
SECONDS = 10.0
_REFUSED = 3
_ROOT = Path(__file__).resolve().parents[2]
_COMMAND = (sys.executable, "-m", "campaigns.personalization.mjml")


class NoMjml(ValueError):
    """It cannot be compiled; the message says why."""


def html_of(source: str) -> str:
    """Return the HTML of MJML; raises NoMjml."""
    return _compiled(source) if source.count("<") <= MOST_TAGS else _compiled_apart(source)


def _compiled(source: str) -> str:
    try:
        return str(mrml.to_html(source, render_options=mrml.RenderOptions(fonts={}, disable_comments=True)).content)
    except (OSError, ValueError) as error:
        raise NoMjml(str(error)[:200]) from None


def _compiled_apart(source: str) -> str:
    told = source.encode("utf-8", "replace")
    environment = {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(_ROOT), "LANG": "C.UTF-8"}
    try:
        ended = subprocess.run(  # noqa: S603 - a fixed command
            _COMMAND, env=environment, input=told, capture_output=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise NoMjml("it takes too long to put together") from None
    if ended.returncode not in (0, _REFUSED):
        raise NoMjml("nested too deeply")
    said = ended.stdout.decode()
    if ended.returncode == _REFUSED:
        raise NoMjml(said)
    return said


def main() -> int:
    """Compile what comes in; the answer is the HTML or, with another return code, why there is none."""
    try:
        said, code = _compiled(sys.stdin.buffer.read().decode()), 0
    except NoMjml as error:
        said, code = str(error), _REFUSED
    sys.stdout.buffer.write(said.encode())
    return code


if __name__ == "__main__":
    sys.exit(main())
