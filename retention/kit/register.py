"""A small explicit register: things by key, in the order they were added.

Used where there are three kinds or more, and where an upper floor adds itself to a lower one in `AppConfig.ready()`. No import magic.
"""

import re
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

Item = TypeVar("Item")
_KEY = re.compile(r"[a-z][a-z0-9_]{0,62}(\.[a-z][a-z0-9_]{0,62})?")


class RegisterError(ValueError):
    """A key is taken or cannot be a key; a fault of the program, found at start-up."""


class UnknownKey(KeyError):
    """Nothing is registered under a key; a stored row may name a kind that this release does not have."""

    def __str__(self) -> str:
        return str(self.args[0])


class Register(Generic[Item]):
    """Things of one kind by key. Stored keys never change: rows in the database name them."""

    def __init__(self, kind: str) -> None:
        """Make an empty register; `kind` says what is in it, for error messages ("segment condition")."""
        self.kind = kind
        self._items: dict[str, Item] = {}

    def add(self, key: str, item: Item) -> Item:
        """Add one thing and return it; raises RegisterError for a key that is taken or not lower-case snake text (one dot allowed)."""
        if not _KEY.fullmatch(key):
            raise RegisterError(f"{key!r} cannot be the key of a {self.kind}; use lower-case letters, digits and underscores.")
        if key in self._items:
            raise RegisterError(f"Two {self.kind} entries want the key {key!r}.")
        self._items[key] = item
        return item

    def __getitem__(self, key: str) -> Item:
        try:
            return self._items[key]
        except KeyError:
            raise UnknownKey(f"There is no {self.kind} with the key {key!r}.") from None

    def get(self, key: str) -> Item | None:
        """Return the thing under a key, or None."""
        return self._items.get(key)

    def __contains__(self, key: object) -> bool:
        return key in self._items

    def __iter__(self) -> Iterator[Item]:
        return iter(self._items.values())

    def __len__(self) -> int:
        return len(self._items)

    def keys(self) -> list[str]:
        """Return the keys in order."""
        return list(self._items)

    def items(self) -> list[tuple[str, Item]]:
        """Return (key, thing) pairs in order."""
        return list(self._items.items())

    def choices(self, label: Callable[[Item], str]) -> list[tuple[str, str]]:
        """Return (key, label) pairs for a kind field; passed as a function, so that a new kind needs no migration."""
        return [(key, label(item)) for key, item in self._items.items()]
