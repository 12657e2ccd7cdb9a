"""One file per word of ./run, listed here. A word is a function from its arguments to an exit code."""

import importlib
from dataclasses import dataclass


@dataclass(frozen=True)
class Word:
    """A word: the module that holds its `run`, read only when it is spoken, and one line of help."""

    module: str
    about: str

    def run(self, arguments: list[str]) -> int:
        """Carry the word out and return the exit code."""
        answer = importlib.import_module(self.module).run(arguments)
        return int(answer)


WORDS = {
    "demo": Word("retention.cli.words.demo", "everything up, a short story, then a login  [--once] [--report FILE] [--reset] [--port N]"),
    "serve": Word("retention.cli.words.serve", "the same without story, for real use on one machine  [--port N] [--workers N]"),
    "test": Word("retention.cli.words.test", "the test suite on real PostgreSQL and Valkey  [--deep] [pytest's arguments]"),
    "check": Word("retention.cli.words.check", "style, types, house rules  [gate ...]"),
    "bench": Word("retention.cli.words.bench", "one benchmark: a table, then one line of JSON  NAME [--scale S]"),
    "messages": Word("retention.cli.words.messages", "brings what customers read into every language's file, and compiles it"),
    "manage": Word("retention.cli.words.manage", "Django's management commands on this folder's data  [--serve | --demo] COMMAND ..."),
    "stop": Word("retention.cli.words.stop", "stop whatever runs from this folder"),
}
