"""Turning what went wrong into one plain sentence, with the whole trace in a log file."""

import traceback
from pathlib import Path
from types import TracebackType

from retention.cli import StepFailedError
from retention.cli.folders import relative


class told_plainly:  # noqa: N801 - used as a context manager, like contextlib's
    """Run a block; an error inside it becomes StepFailedError with a sentence and the path of the log that has the trace."""

    def __init__(self, sentence: str, *, log: Path) -> None:
        self._sentence, self._log = sentence, log

    def __enter__(self) -> None:
        """Enter the block."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Write the trace down and raise the sentence instead; interruptions and plain sentences pass."""
        if not isinstance(error, Exception) or isinstance(error, StepFailedError):
            return
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("a") as log:
            log.write("".join(traceback.format_exception(kind, error, trace)))
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise StepFailedError(f"{self._sentence} ({first}); the trace is in {relative(self._log)}.") from error
