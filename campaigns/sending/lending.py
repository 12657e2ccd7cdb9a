"""The render processes of this worker, and who has which: kept for all, started when first needed."""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

from campaigns.sending.rendering import Renderer

MOST_PROCESSES = 2
"""One feeds what one worker sends, a second what is sent beside it. Each holds some 25 MB, so no more are kept."""
PLACE_SECONDS = 0.5
"""For so long one waits for another's: templates that take their time must not hold up those of other stores."""
_idle: list[Renderer] = []
_lent: list[Renderer] = []
_change = threading.Condition()


@contextmanager
def renderer() -> Iterator[Renderer]:
    """Borrow a render process of this worker. Where all are lent for longer than a moment, one more is started and ends with its use."""
    with _change:
        borrowed = _take() if _change.wait_for(lambda: len(_lent) < MOST_PROCESSES, PLACE_SECONDS) else None
    if borrowed is None:
        with closing(Renderer()) as one_more:
            yield one_more
        return
    try:
        yield borrowed
    except BaseException:  # what it was told and what it still says may not go together any more
        borrowed.stop()
        raise
    finally:
        with _change:
            _lent.remove(borrowed)
            _idle.append(borrowed)
            _change.notify()


def _take() -> Renderer:
    borrowed = _idle.pop() if _idle else Renderer()
    _lent.append(borrowed)
    return borrowed


def none_is_lent() -> bool:
    """Say whether one may be kept for longer than it takes to render: nobody else needs any now."""
    return not _lent
