"""Where `python -m retention.cli WORD` begins: picks the word, turns a failed step into one sentence and exit code 1."""

import os
import sys

from retention.cli import StepFailedError
from retention.cli.folders import ROOT
from retention.cli.stopping import Interrupted
from retention.cli.words import WORDS
from retention.embedded import CannotStartError


def main(arguments: list[str]) -> int:
    """Run one word and return the exit code."""
    word = arguments[0] if arguments else "help"
    if word not in WORDS:
        wanted = "" if word in {"help", "-h", "--help"} else f"There is no word {word!r}.\n"
        lines = [f"  ./run {name:<8} {entry.about}" for name, entry in WORDS.items()]
        sys.stdout.write(f"{wanted}Boomerang's words:\n" + "\n".join(lines) + "\n")
        return 2 if wanted else 0
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "retention.settings")
    try:
        return WORDS[word].run(arguments[1:])
    except (StepFailedError, CannotStartError) as error:
        sys.stdout.flush()
        sys.stderr.write(str(error).replace(f"{ROOT}/", "") + "\n")
        return 1
    except Interrupted:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
