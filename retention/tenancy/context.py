"""The store (and database role) that the running request, task or command works for.

Set by middleware, the task base class or a command; read by querysets and by the database engine. Nothing else sets it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

PLATFORM_ROLE = "boomerang_platform"
SEGMENTS_ROLE = "boomerang_segments"

_store_id: ContextVar[int | None] = ContextVar("store_id", default=None)
_user_id: ContextVar[int | None] = ContextVar("user_id", default=None)
_role: ContextVar[str | None] = ContextVar("database_role", default=None)


class NoStore(LookupError):
    """A store's data was asked for without saying which store."""


def current_store_id() -> int | None:
    """Return the active store's id, or None outside any store."""
    return _store_id.get()


def current_user_id() -> int | None:
    """Return the signed-in user's id, which opens that person's own memberships and nothing else."""
    return _user_id.get()


def current_role() -> str | None:
    """Return the database role to switch to, or None for the login role."""
    return _role.get()


def require_store_id() -> int:
    """Return the active store's id; NoStore when there is none."""
    store_id = _store_id.get()
    if store_id is None:
        raise NoStore("No store is active. Start from a store: `with store_context(store.pk)`, a store page or a StoreTask.")
    return store_id


@contextmanager
def store_context(store_id: int) -> Iterator[None]:
    """Work for one store: its rows are visible and every other store's are not. Leaves `unscoped` when nested in it."""
    role = _role.set(None)
    token = _store_id.set(int(store_id))
    try:
        yield
    finally:
        _store_id.reset(token)
        _role.reset(role)


@contextmanager
def user_context(user_id: int | None) -> Iterator[None]:
    """Work for one signed-in person outside any store: only their own memberships are visible."""
    token = _user_id.set(user_id)
    try:
        yield
    finally:
        _user_id.reset(token)


@contextmanager
def role_context(role: str) -> Iterator[None]:
    """Run statements as another database role. Only `unscoped` and the segment engine call this."""
    token = _role.set(role)
    try:
        yield
    finally:
        _role.reset(token)
