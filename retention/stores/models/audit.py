"""The audit log: who did what in a store, append-only and hash-chained.

Rows hold ids and field names; values of personal fields only as keyed digests, so that the chain survives an erasure.
The database grants no UPDATE and no DELETE on it. Source: reliability guide S54.
"""

import hashlib
import ipaddress
import json
import logging
from datetime import UTC, datetime
from typing import Any, ClassVar

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from retention.kit.locks import transaction_lock
from retention.tenancy.constraints import StoreIsolation
from retention.tenancy.models import StoreOwned

log = logging.getLogger("boomerang.audit")


class AuditEntry(StoreOwned):
    """One deed. `digest` covers the entry and the digest before it, so a changed or missing row breaks the chain."""

    number = models.BigIntegerField(_("number"))
    at = models.DateTimeField(_("when"))
    actor_id = models.BigIntegerField(_("who"), null=True)
    actor_kind = models.CharField(
        max_length=10, choices=[("user", _("colleague")), ("staff", _("staff")), ("key", _("key")), ("system", _("system"))]
    )
    action = models.CharField(_("what"), max_length=60)
    target = models.CharField(_("on what"), max_length=120, blank=True)
    details = models.JSONField(_("details"), default=dict)
    ip = models.GenericIPAddressField(null=True)
    before = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)

    db_grants: ClassVar[dict[str, str]] = {"app": "SELECT, INSERT", "platform": "SELECT, INSERT"}

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        constraints = [
            models.UniqueConstraint(fields=["store", "number"], name="audit_entry_number_once"),
            StoreIsolation(name="audit_entry_isolation"),
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.action}"

    @classmethod
    def write(
        cls,
        action: str,
        *,
        store_id: int,
        now: datetime,
        actor_id: int | None = None,
        actor_kind: str = "user",
        target: str = "",
        details: dict[str, Any] | None = None,
        ip: str | None = None,
    ) -> "AuditEntry":
        """Append one entry to the store's chain, in the caller's transaction.

        details: ids and field names; never a personal value in clear. Fractions and dates become text, so that what is read back
        from the database has the digest that was written. Number and digest also go to the log, where no database login can change them.
        """
        with transaction.atomic():
            transaction_lock("audit", store_id=store_id)
            last = cls.objects.filter(store_id=store_id).order_by("-number").values_list("number", "digest").first()
            number, before = (last[0] + 1, last[1]) if last else (1, "")
            entry = cls(
                store_id=store_id,
                number=number,
                at=now.astimezone(UTC),
                actor_id=actor_id,
                actor_kind=actor_kind,
                action=action,
                target=target,
                details=json.loads(json.dumps(details or {}, default=str), parse_float=str),
                ip=_plain_ip(ip),
                before=before,
            )
            entry.digest = entry.chained()
            entry.save(force_insert=True)
        log.info("audit", extra={"store_id": store_id, "number": number, "action": action, "digest": entry.digest})
        return entry

    def chained(self) -> str:
        """Return the digest this entry must have."""
        body = json.dumps(
            [
                self.store_id,
                self.number,
                self.at.astimezone(UTC).isoformat(),
                self.actor_id,
                self.actor_kind,
                self.action,
                self.target,
                self.details,
                self.ip,
                self.before,
            ],
            sort_keys=True,
            ensure_ascii=False,
        )
        return hashlib.sha256(body.encode()).hexdigest()


def _plain_ip(text: str | None) -> str | None:
    """Return the address as PostgreSQL will give it back, or None when it is none."""
    try:
        address = ipaddress.ip_address(text or "")
    except ValueError:
        return None
    return str(getattr(address, "ipv4_mapped", None) or address)
