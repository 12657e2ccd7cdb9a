"""Files the product makes for a merchant, and the list of people who were erased."""

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from retention.tenancy.constraints import StoreForeignKey, StoreIsolation
from retention.tenancy.models import StoreOwned


class Export(StoreOwned):
    """One file on its way out. kind: a key of `exporting.tables`. position: how far its table's
    pages were written, committed with the piece."""

    class State(models.TextChoices):
        MAKING = "making", _("Being made")
        READY = "ready", _("Ready")
        GONE = "gone", _("No longer kept")

    public_id = models.UUIDField(default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=20)
    state = models.CharField(max_length=6, choices=State.choices, default=State.MAKING)
    position = models.BigIntegerField(default=0)
    rows_count = models.PositiveIntegerField(default=0)
    size = models.BigIntegerField(default=0)
    created_by = models.ForeignKey("stores.User", on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        constraints = [
            models.UniqueConstraint(fields=["store", "id"], name="export_of_store"),
            models.UniqueConstraint(fields=["store", "public_id"], name="export_public_id_once"),
            models.CheckConstraint(condition=models.Q(state__in=["making", "ready", "gone"]), name="export_state_known"),
            StoreIsolation(name="export_isolation"),
        ]
        indexes = [models.Index(fields=["store", "-created_at", "-id"], name="export_newest")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.created_at:%Y-%m-%d}"


class ExportChunk(StoreOwned):
    """One compressed piece of an export's file."""

    of_export = models.ForeignKey(Export, on_delete=models.CASCADE, related_name="chunks", db_constraint=False)
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        verbose_name = _("piece of an export")
        verbose_name_plural = _("pieces of exports")
        constraints = [
            models.UniqueConstraint(fields=["store", "of_export", "number"], name="export_chunk_once"),
            StoreForeignKey(field="of_export", name="export_chunk_export_of_store"),
            StoreIsolation(name="export_chunk_isolation"),
        ]

    def __str__(self) -> str:
        return f"piece {self.number}"


class Erasure(StoreOwned):
    """A person who was erased: their old public id and keyed digests of their names, so that a restored backup forgets them again."""

    customer_public_id = models.UUIDField()
    digests = models.JSONField(default=list)
    erased_at = models.DateTimeField()
    erased_by_id = models.BigIntegerField(null=True)

    class Meta:
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")
        constraints = [
            models.UniqueConstraint(fields=["store", "customer_public_id"], name="erasure_once"),
            StoreIsolation(name="erasure_isolation"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_public_id} at {self.erased_at:%Y-%m-%d %H:%M}"
