"""What a message says: a named template and its immutable, compiled versions."""

import uuid
from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from retention.tenancy.constraints import StoreForeignKey, StoreIsolation
from retention.tenancy.models import StoreOwned


class Template(StoreOwned):
    """A template a journey step or campaign names by its key."""

    public_id = models.UUIDField(default=uuid.uuid4, editable=False)
    key = models.SlugField(max_length=60)
    name = models.CharField(_("name"), max_length=120)
    channel = models.CharField(max_length=10, default="email")
    live_number = models.PositiveIntegerField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("template")
        verbose_name_plural = _("templates")
        constraints = [
            models.UniqueConstraint(fields=["store", "id"], name="template_of_store"),
            models.UniqueConstraint(fields=["store", "key"], name="template_key_once"),
            models.UniqueConstraint(fields=["store", "public_id"], name="template_public_id_once"),
            StoreIsolation(name="template_isolation"),
        ]

    def __str__(self) -> str:
        return self.name


class TemplateVersion(StoreOwned):
    """One version: its MJML source, and the Liquid HTML and text compiled from it once. Never changed."""

    template = models.ForeignKey(Template, on_delete=models.CASCADE, related_name="versions", db_constraint=False)
    number = models.PositiveIntegerField()
    subject = models.CharField(_("subject"), max_length=300)
    source = models.TextField()
    html = models.TextField()
    text = models.TextField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    db_grants: ClassVar[dict[str, str]] = {"app": "SELECT, INSERT"}

    class Meta:
        verbose_name = _("template version")
        verbose_name_plural = _("template versions")
        constraints = [
            models.UniqueConstraint(fields=["store", "id"], name="template_version_of_store"),
            models.UniqueConstraint(fields=["store", "template", "number"], name="template_version_once"),
            StoreForeignKey(field="template", name="template_version_template_of_store"),
            StoreIsolation(name="template_version_isolation"),
        ]

    def __str__(self) -> str:
        return f"{self.template_id} v{self.number}"
