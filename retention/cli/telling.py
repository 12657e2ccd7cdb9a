"""What the demo's story is given, and what it must be: the seam between the words and `retention/demo/story.py`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol


class StoryFailedError(Exception):
    """A line of the story is not true; the message is that line, with what was seen instead."""


@dataclass
class StoryContext:
    """Everything the story needs from outside.

    say: prints one line of the story. step: prints one line with the time since the start. report: figures by name,
    written by --report. pages: (label, path) pairs and logins: lines, both printed at the end. service_pid: the process
    number of a running service, for a story that ends one on purpose. once: nobody watches, so what takes long is left out.
    """

    base_url: str
    inbox_dir: Path
    clock_file: Path
    smtp_url: str
    say: Callable[[str], None]
    step: Callable[[str], None]
    service_pid: Callable[[str], int]
    once: bool = False
    report: dict[str, object] = field(default_factory=dict)
    pages: list[tuple[str, str]] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)


class Story(Protocol):
    """The shape of `retention/demo/story.py`. It runs with Django set up and everything running."""

    def tell(self, context: StoryContext) -> Mapping[str, object] | None:
        """Tell the story, and return figures to add to the report. Raises StoryFailedError with the failing line."""
