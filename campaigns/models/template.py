"""What a message says: a named template with the draft somebody is writing, and its immutable, compiled versions."""

import uuid
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from retention.tenancy.constraints import StoreForeignKey, StoreIsolation
from retention.tenancy.models import StoreOwned
from retention.tenancy.querysets import StoreManager, StoreQuerySet


class TemplateQuerySet(StoreQuerySet["Template"]):
    """Templates of one store."""

    def kept(self) -> "TemplateQuerySet":
        """Return those that were not put away."""
        return self.filter(archived_at=None)

    def by_name(self) -> "TemplateQuerySet":
        """Return them by name."""
        return self.order_by("name", "id")


class Template(StoreOwned):
    """A template a journey step or campaign names by its key.

    draft: what is being written, as `personalization/wording.py` writes it; None where nothing differs from the live version.
    draft_number: counts every change of the draft, so that nobody writes over what they have not seen.
    """

    public_id = models.UUIDField(default=uuid.uuid4, editable=False)
    key = models.SlugField(max_length=60)
    name = models.CharField(_("name"), max_length=120)
    channel = models.CharField(max_length=10, default="email")
    live_number = models.PositiveIntegerField(null=True, editable=False)
    draft = models.JSONField(null=True, editable=False)
    draft_number = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    draft_saved_at = models.DateTimeField(null=True, editable=False)
    draft_by = models.ForeignKey("stores.User", on_delete=models.SET_NULL, null=True, related_name="+", editable=False)
    archived_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[StoreManager[Any]] = StoreManager.of(TemplateQuerySet)

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
    """One version: its source, and the Liquid HTML and text compiled from it once. Never changed.

    languages: the mail in further ones, {"de": {"subject", "preheader", "source", "html", "text"}}; the columns are everybody else's.
    from_name, from_address: whom it comes from, where that is not the connection's own sender.
    """

    class Kind(models.TextChoices):
        MJML = "mjml", _("MJML")
        HTML = "html", _("HTML")
        TEXT = "text", _("Text")
        PUSH = "push", _("Push message")

    template = models.ForeignKey(Template, on_delete=models.CASCADE, related_name="versions", db_constraint=False)
    number = models.PositiveIntegerField()
    subject = models.CharField(_("subject"), max_length=300)
    from_name = models.CharField(max_length=120, blank=True, default="", db_default="")
    from_address = models.EmailField(max_length=254, blank=True, default="", db_default="")
    preheader = models.CharField(_("preview line"), max_length=300, blank=True, default="", db_default="")
    kind = models.CharField(max_length=4, choices=Kind.choices, default=Kind.MJML, db_default="mjml")
    source = models.TextField()
    html = models.TextField()
    text = models.TextField()
    languages = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()), blank=True)
    saved_by = models.ForeignKey("stores.User", on_delete=models.SET_NULL, null=True, related_name="+", editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    db_grants: ClassVar[dict[str, str]] = {"app": "SELECT, INSERT"}

    class Meta:
        verbose_name = _("template version")
        verbose_name_plural = _("template versions")
        constraints = [
            models.UniqueConstraint(fields=["store", "id"], name="template_version_of_store"),
            models.UniqueConstraint(fields=["store", "template", "number"], name="template_version_once"),
            models.CheckConstraint(condition=models.Q(kind__in=["mjml", "html", "text", "push"]), name="template_version_kind_known"),
            StoreForeignKey(field="template", name="template_version_template_of_store"),
            StoreIsolation(name="template_version_isolation"),
        ]

    def __str__(self) -> str:
        return f"{self.template_id} v{self.number}"

    def texts(self) -> list[str]:
        """Return what it says, as compiled Liquid, in every language."""
        parts = [self.subject, self.html, self.text]
        return parts + [str(one[name]) for one in self.languages.values() for name in ("subject", "html", "text")]

    def parts_for(self, language: str) -> tuple[str, dict[str, str]]:
        """Return which language a person who speaks `language` reads ("" for everybody's), and its subject, html and text.

        "pt-BR" is answered by "pt-br", else by "pt", else by everybody's.
        """
        wanted = language.lower().replace("_", "-")
        for chosen in (wanted, wanted.partition("-")[0]):
            if chosen and chosen in self.languages:
                found = self.languages[chosen]
                return chosen, {"subject": found["subject"], "html": found["html"], "text": found["text"]}
        return "", {"subject": self.subject, "html": self.html, "text": self.text}
