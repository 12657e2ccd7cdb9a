"""Querysets that refuse to run without a store.

The refusal comes before the database sees anything, because a database error would abort the caller's transaction.
"""

from typing import TYPE_CHECKING, Any, Self, TypeVar

from django.db import models

from retention.tenancy.context import PLATFORM_ROLE, SEGMENTS_ROLE, current_role, require_store_id

M = TypeVar("M", bound=models.Model)


class StoreQuerySet(models.QuerySet[M]):
    """A queryset of one store's rows. Subclass it with the filters a model needs."""

    def bulk_create(self, objs, *args, **kwargs):  # type: ignore[no-untyped-def]
        """Give rows without a store the active one; NoStore without one. Rows of another store are refused by the database."""
        rows = list(objs)
        if current_role() is None:
            active = require_store_id()
            for row in rows:
                if row.store_id is None:
                    row.store_id = active
        return super().bulk_create(rows, *args, **kwargs)


class StoreManager(models.Manager[M]):
    """The default manager of store-owned models: filters by the active store, raises NoStore without one."""

    _queryset_class: type[StoreQuerySet[M]] = StoreQuerySet

    def get_queryset(self) -> StoreQuerySet[M]:
        """Return the active store's rows, or every store's inside `unscoped`."""
        rows = self._queryset_class(model=self.model, using=self._db, hints=self._hints)
        if current_role() in (PLATFORM_ROLE, SEGMENTS_ROLE):
            return rows
        return rows.filter(store_id=require_store_id())

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Stand for the methods of the queryset class given to `of`, which the type checker cannot see."""

    @classmethod
    def of(cls, queryset_class: type[StoreQuerySet[M]]) -> Self:
        """Return a manager with the methods of `queryset_class`, as `Manager.from_queryset` does."""
        build: Any = cls.from_queryset  # the stubs' plugin cannot follow a generic call of it
        return build(queryset_class)()  # type: ignore[no-any-return]
