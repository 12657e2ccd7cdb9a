"""Answers to what was asked of values before: kept within one limit for all templates, for shops share the process and its memory."""

from typing import Any
from weakref import WeakValueDictionary

_MOST_KEPT, _LONGEST_KEPT = 4096, 400
MOST_SIGNS = 4_000_000
"""How much is kept of values in one process, in signs of what was asked and answered; each counts as `_SIGNS_OF_ONE` more."""
_SIGNS_OF_ONE = 100


class Kept(dict[str, Any]):
    """Answers to what was asked before; forgets all when they are too many, and so do all others when they are too much together."""

    def __init__(self) -> None:
        super().__init__()
        _everywhere[id(self)] = self

    def keep(self, asked: str, answer: Any) -> Any:
        """Keep an answer and return it."""
        if len(asked) <= _LONGEST_KEPT:
            size = _SIGNS_OF_ONE + len(asked) + _signs(answer)
            if _used[0] + size > MOST_SIGNS:
                forget_kept()
            elif len(self) >= _MOST_KEPT:
                self.clear()  # what it took stays counted: the limit is only reached the earlier
            _used[0] += size
            self[asked] = answer
        return answer


_everywhere: WeakValueDictionary[int, Kept] = WeakValueDictionary()
_used = [0]


def forget_kept() -> None:
    """Forget what was asked of values, in all templates of this process."""
    for kept in list(_everywhere.values()):
        kept.clear()
    _used[0] = 0


def _signs(answer: Any) -> int:
    if isinstance(answer, str):
        return len(answer)
    return sum(_SIGNS_OF_ONE + len(part) + len(meant or "") for part, meant in answer)
