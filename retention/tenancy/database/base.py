"""The database engine: tells PostgreSQL which store, person and role a transaction works for, without a round trip of its own.

psycopg2 sends one message that may hold several statements, so the setting travels with the first real one and is
forgotten by PostgreSQL at commit and rollback. Source: reliability guide 3.2 (p95 1.01-1.08 of plain).
"""

from contextlib import ExitStack
from typing import Any

from django.db import transaction
from django.db.backends.postgresql import base
from psycopg2.extensions import TRANSACTION_STATUS_IDLE, TRANSACTION_STATUS_INERROR

from retention.tenancy.context import current_role, current_store_id, current_user_id

Wanted = tuple[int | None, int | None, str | None]


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that carries the active store into every transaction."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._applied: Wanted | None = None
        self.execute_wrappers.append(self._with_store)

    def _with_store(self, execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        prefix = self._prefix()
        if not prefix:
            return execute(sql, params, many, context)
        if many:
            return self._many_with(prefix, execute, sql, params, context)
        text = sql if isinstance(sql, str) else sql.as_string(self.connection)
        return execute(prefix + text, params, many, context)

    def _many_with(self, prefix: str, execute: Any, sql: Any, params: Any, context: Any) -> Any:
        """Send the prefix apart; in autocommit inside a transaction, since it would be forgotten before the first row."""
        with ExitStack() as stack:
            if self.get_autocommit():
                stack.enter_context(transaction.atomic(using=self.alias))
            context["cursor"].cursor.execute(prefix)
            return execute(sql, params, True, context)

    def _prefix(self) -> str:
        """Return the statement that must go first, or nothing when this transaction already carries it."""
        status = self.connection.get_transaction_status() if self.connection is not None else TRANSACTION_STATUS_IDLE
        if status == TRANSACTION_STATUS_INERROR:
            return ""
        wanted: Wanted = (current_store_id(), current_user_id(), current_role())
        before = None if status == TRANSACTION_STATUS_IDLE else self._applied
        self._applied = wanted
        if before == wanted or (before is None and status == TRANSACTION_STATUS_IDLE and wanted == (None, None, None)):
            return ""
        store, user, role = wanted
        # Whole numbers and fixed role names only, so nothing here needs quoting.
        return (
            f"SELECT set_config('app.store_id', '{'' if store is None else int(store)}', true), "
            f"set_config('app.user_id', '{'' if user is None else int(user)}', true), "
            f"set_config('role', '{role or 'none'}', true); "
        )

    def _savepoint_rollback(self, sid: str) -> None:
        super()._savepoint_rollback(sid)  # type: ignore[misc]
        self._applied = None

    def close(self) -> None:
        """Close the connection and forget what it carried."""
        self._applied = None
        super().close()
