"""The Celery base task that opens the store's context before a task's body runs.

Tasks on a store's data take a keyword `store_id` (the hint's address, not its authority: rows decide). Ticks take none.
"""

from typing import Any

from celery import Task

from retention.tenancy.context import store_context


class StoreTask(Task):  # type: ignore[misc]
    """Run the body inside `store_context(store_id)` when the call carries one."""

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Open the store's context, then run the task."""
        store_id = kwargs.get("store_id")
        if store_id is None:
            return super().__call__(*args, **kwargs)
        with store_context(store_id):
            return super().__call__(*args, **kwargs)
