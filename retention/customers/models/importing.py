"""Files a merchant brings in: the import, its file in pieces, what was read out of it, and why a row was left out."""

import uuid
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Value
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from retention.kit.arrays import array_of
from retention.tenancy.constraints import StoreForeignKey, StoreIsolation
from retention.tenancy.models import StoreOwned, implied_store
from retention.tenancy.statement_keys import StatementForeignKey


class _Ids(ArrayField):  # type: ignore[type-arg]  # not a generic one when it runs
    """Thousands of ids, written as one literal: a list is an expression for each, which PostgreSQL parses anew with every batch."""

    def deconstruct(self) -> Any:
        """Be an ArrayField for migrations: the column is the same."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.contrib.postgres.fields.ArrayField", args, kwargs

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """Return the literal of a list."""
        return array_of(value) if isinstance(value, list) else super().get_db_prep_value(value, connection, prepared)


class Import(StoreOwned):
    """One file on its way in. kind: a key of `importing/kinds.py`. position: how far the running step has come, committed with its work.

    Counts are things (people, orders), except rows_count; refused_count counts rows. The file and what was read from it go when it is over.
    unsettled: customers of whom something came in and whose figures are not worked out yet. failures: how often the next batch broke.
    touched_at: when someone or a worker last did something with it.
    """

    class State(models.TextChoices):
        UPLOADED = "uploaded", _("Waiting for its columns")
        READING = "reading", _("Being read")
        COMPARING = "comparing", _("Being compared")
        READY = "ready", _("Ready to bring in")
        RUNNING = "running", _("Coming in")
        PAUSED = "paused", _("Paused")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Called off")

    WORKING: ClassVar[tuple[str, ...]] = ("reading", "comparing", "running")
    WAITING: ClassVar[tuple[str, ...]] = ("uploaded", "ready", "paused")
    OVER: ClassVar[tuple[str, ...]] = ("done", "failed", "cancelled")

    public_id = models.UUIDField(default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=20)
    file_name = models.CharField(_("file"), max_length=200)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=State.choices, default=State.UPLOADED)
    encoding = models.CharField(max_length=20)
    delimiter = models.CharField(max_length=1)
    headings = models.JSONField(default=list)
    mapping = models.JSONField(default=dict)  # column, from 0, as text -> field
    options = models.JSONField(default=dict)
    position = models.BigIntegerField(default=0)
    rows_count = models.PositiveIntegerField(default=0)
    things_count = models.PositiveIntegerField(default=0)
    new_count = models.PositiveIntegerField(default=0)
    changed_count = models.PositiveIntegerField(default=0)
    same_count = models.PositiveIntegerField(default=0)
    refused_count = models.PositiveIntegerField(default=0)
    totals = models.JSONField(default=dict)
    to_bring_count = models.PositiveIntegerField(default=0)
    unsettled = _Ids(models.BigIntegerField(), default=list, db_default=Value([], ArrayField(models.BigIntegerField())), editable=False)
    failures = models.PositiveSmallIntegerField(default=0, db_default=0)
    error = models.CharField(max_length=300, blank=True)
    created_by = models.ForeignKey("stores.User", on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    touched_at = models.DateTimeField(default=timezone.now, db_default=Now(), editable=False)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        constraints = [
            models.UniqueConstraint(fields=["store", "id"], name="import_of_store"),
            models.UniqueConstraint(fields=["store", "public_id"], name="import_public_id_once"),
            models.CheckConstraint(
                condition=models.Q(
                    state__in=["uploaded", "reading", "comparing", "ready", "running", "paused", "done", "failed", "cancelled"]
                ),
                name="import_state_known",
            ),
            StoreIsolation(name="import_isolation"),
        ]
        indexes = [models.Index(fields=["store", "-created_at", "-id"], name="import_newest")]

    def __str__(self) -> str:
        return f"{self.kind}: {self.file_name}"

    @property
    def is_working(self) -> bool:
        """Say whether a worker is at it."""
        return self.state in self.WORKING

    @property
    def is_over(self) -> bool:
        """Say whether nothing will happen any more."""
        return self.state in self.OVER


class ImportChunk(StoreOwned):
    """One compressed piece of an import's file."""

    of_import = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="chunks", db_constraint=False)
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        verbose_name = _("piece of a file")
        verbose_name_plural = _("pieces of files")
        constraints = [
            models.UniqueConstraint(fields=["store", "of_import", "number"], name="import_chunk_once"),
            StoreForeignKey(field="of_import", name="import_chunk_import_of_store"),
            StoreIsolation(name="import_chunk_isolation"),
        ]

    def __str__(self) -> str:
        return f"piece {self.number}"


class ImportRow(StoreOwned):
    """One thing read out of the file, waiting to be brought in. row: where it begins; lines: an order's, as the kind keeps them.

    outcome: empty until it is compared, and then still for what is new, so that only what differs is written again. changes: up to twenty
    of [field, what is known, what the file says], shortened. says: why it is left out, or what else would change.
    """

    class Outcome(models.TextChoices):
        NEW = "new", _("New")
        CHANGED = "changed", _("Changed")
        SAME = "same", _("Known already")
        REFUSED = "refused", _("Left out")

    store = implied_store()
    of_import = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="things", db_constraint=False, db_index=False)
    row = models.PositiveIntegerField()
    key = models.CharField(max_length=300)
    values = models.JSONField()
    lines = ArrayField(models.TextField(), null=True)
    outcome = models.CharField(max_length=8, blank=True, choices=Outcome.choices)
    says = models.CharField(max_length=300, blank=True)
    changes = models.JSONField(null=True)

    class Meta:
        verbose_name = _("thing of an import")
        verbose_name_plural = _("things of imports")
        constraints = [
            models.UniqueConstraint(fields=["store", "of_import", "key"], name="import_row_once"),
            models.CheckConstraint(
                condition=models.Q(outcome__in=["", "new", "changed", "same", "refused"]), name="import_row_outcome_known"
            ),
            StatementForeignKey(field="of_import", name="import_row_import_of_store"),
            StoreIsolation(name="import_row_isolation"),
        ]
        indexes = [
            models.Index(fields=["store", "of_import", "id"], name="import_row_in_turn"),
            models.Index(fields=["store", "of_import", "outcome", "id"], name="import_row_by_outcome", condition=~models.Q(outcome="")),
        ]

    def __str__(self) -> str:
        return f"row {self.row}"


class ImportFault(StoreOwned):
    """A row that was left out, and why. value: what stood there, shortened."""

    of_import = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="faults", db_constraint=False)
    row = models.PositiveIntegerField()
    column = models.CharField(max_length=120, blank=True)
    value = models.CharField(max_length=80, blank=True)
    why = models.CharField(max_length=300)

    class Meta:
        verbose_name = _("row left out")
        verbose_name_plural = _("rows left out")
        constraints = [
            StoreForeignKey(field="of_import", name="import_fault_import_of_store"),
            StoreIsolation(name="import_fault_isolation"),
        ]
        indexes = [models.Index(fields=["store", "of_import", "row", "id"], name="import_fault_in_turn")]

    def __str__(self) -> str:
        return f"row {self.row}: {self.why}"
