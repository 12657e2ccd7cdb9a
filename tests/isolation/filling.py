"""One row of every store-owned table for a store, made by reflection, with a canary in every text that has no fixed values.

A new table is filled without being named here; one whose columns obey a rule of their own gets a line in VALUES.
"""

import hashlib
import itertools
import uuid
import zlib
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

from django.apps import apps
from django.db import models
from django.utils import timezone

from campaigns.journeys.editing.growing import grow
from campaigns.playbooks.abandoned_cart import ABANDONED_CART
from retention.stores.models import Store, User
from retention.tenancy.context import store_context
from retention.tenancy.models import StoreOwned

_numbers = itertools.count(1000)
Made = dict[str, models.Model]
Maker = Callable[[str, Made], Any]

# Columns with a rule of their own: label.field -> value from the canary and what was made so far.
VALUES: dict[str, Maker] = {
    "customers.Customer.email_key": lambda canary, made: f"{canary}@example.test",
    "customers.Customer.phone": lambda canary, made: "+491700000000",
    "customers.Customer.zone": lambda canary, made: "Europe/Berlin",
    "customers.Import.kind": lambda canary, made: "customers",
    "customers.Import.encoding": lambda canary, made: "utf-8",
    "customers.Import.delimiter": lambda canary, made: ",",
    "customers.Import.headings": lambda canary, made: ["Email", canary],
    "customers.ImportChunk.data": lambda canary, made: zlib.compress(f"Email,{canary}\na@example.test,{canary}\n".encode()),
    "customers.ExportChunk.data": lambda canary, made: zlib.compress(canary.encode()),
    "customers.Export.kind": lambda canary, made: "customers",
    "customers.Export.state": lambda canary, made: "ready",
    "stores.Invitation.expires_at": lambda canary, made: timezone.now() + timedelta(hours=1),
    "customers.Customer.attributes": lambda canary, made: {"note": canary},
    "customers.CustomerEvent.properties": lambda canary, made: {"note": canary, "products": [{"name": canary}]},
    "webhooks.Endpoint.paused_for": lambda canary, made: "",
    "webhooks.Endpoint.types": lambda canary, made: ["customer.created"],
    "customers.SavedView.owner": lambda canary, made: _owner_of_views(canary, made),
    "intake.ShopConnection.previous_sealed": lambda canary, made: "",
    "campaigns.RecoveryStage.ready": lambda canary, made: "",
    "campaigns.RecoveryStage.rule": lambda canary, made: {"kind": "event", "event": canary, "without": "Order Completed"},
    "campaigns.RecoveryStage.archived_at": lambda canary, made: None,
    "campaigns.RecoveryGroup.group": lambda canary, made: "loyal",
    "campaigns.RecoveryCell.group": lambda canary, made: "looking",
    "campaigns.RecoveryCell.state": lambda canary, made: "draft",
    "campaigns.RecoveryCell.number": lambda canary, made: 1,
    "campaigns.RecoveryCellVersion.number": lambda canary, made: 1,
    "campaigns.RecoveryCellVersion.plan": lambda canary, made: {"rungs": [{"channel": "email", "minutes": 60, "template": canary}]},
    "campaigns.Departure.group": lambda canary, made: "looking",
    "campaigns.Departure.evidence": lambda canary, made: {"stage": [canary, {}], "group": [canary, {}]},
    "campaigns.RecoveryReplay.days": lambda canary, made: 30,
    "campaigns.RecoveryReplay.finished_at": lambda canary, made: None,
    "campaigns.Journey.shadow_of": lambda canary, made: None,
    "campaigns.JourneyDraft.tree": lambda canary, made: grow(ABANDONED_CART.definition),
    "campaigns.JourneyDraft.before": lambda canary, made: [],
    "campaigns.JourneyDraft.revision": lambda canary, made: 1,
    "campaigns.JourneyReplay.definition": lambda canary, made: ABANDONED_CART.definition,
    "campaigns.JourneyReplay.days": lambda canary, made: 30,
    "campaigns.JourneyReplay.found": lambda canary, made: {},
    "campaigns.JourneyReplay.finished_at": lambda canary, made: None,
    "campaigns.ShadowNote.what": lambda canary, made: "email",
    "campaigns.JourneyVersion.definition": lambda canary, made: ABANDONED_CART.definition,
    "campaigns.Template.channel": lambda canary, made: "email",
    "campaigns.Template.draft": lambda canary, made: {"kind": "mjml", "subject": canary, "source": canary},
    "campaigns.Sender.address": lambda canary, made: f"{canary}@{canary}.example.test",
    "campaigns.SendingDomain.domain": lambda canary, made: f"{canary}.example.test",
    "campaigns.SendingDomain.findings": lambda canary, made: [{"topic": "spf", "code": "spf_missing", "values": {"domain": canary}}],
    "campaigns.Flight.message_ids": lambda canary, made: [1, 2],
    "campaigns.LinkSet.targets": lambda canary, made: [f"https://shop.example.test/{canary}"],
    "campaigns.LinkHost.host": lambda canary, made: f"links.{canary}.example.test",
    "campaigns.LinkHost.proven_at": lambda canary, made: timezone.now(),
    "campaigns.LinkHost.retired_at": lambda canary, made: timezone.now(),  # one that is watched would be asked for
    "campaigns.LinkHost.findings": lambda canary, made: [{"topic": "links", "code": "host_unknown", "values": {"host": canary}}],
    "campaigns.StorePhrase.key": lambda canary, made: "unsubscribe",
    "campaigns.TestNumber.user": lambda canary, made: _owner_of_views(canary, made),
    "campaigns.TestNumber.phone": lambda canary, made: "+491700000000",
    "campaigns.TemplateVersion.languages": lambda canary, made: {},
    "campaigns.Brand.back_color": lambda canary, made: "#f4f6f7",
    "campaigns.Brand.social": lambda canary, made: [{"name": "Instagram", "url": f"https://social.example.test/{canary}"}],
    "campaigns.CouponPool.percent": lambda canary, made: 10,
    "campaigns.Coupon.code": lambda canary, made: f"{canary}-code",
    "campaigns.Coupon.code_key": lambda canary, made: f"{canary}-code".upper(),
    "campaigns.Coupon.order_number": lambda canary, made: "",
    "campaigns.SendRule.campaign": lambda canary, made: None,
    "campaigns.SendRule.journey": lambda canary, made: None,
    "campaigns.SendRule.step": lambda canary, made: "",
    "campaigns.ContactCap.channel": lambda canary, made: "sms",
    "campaigns.SourceRank.source_kind": lambda canary, made: "journey",
    "campaigns.SendingStop.source_kind": lambda canary, made: "campaign",
    "campaigns.Decision.verdict": lambda canary, made: "hold",
    "campaigns.Experiment.key": lambda canary, made: "store",
    "campaigns.Experiment.plans": lambda canary, made: [{"since": timezone.now().isoformat(), "lots": {"held_out": 1000, "a": 9000}}],
    "campaigns.Enrollment.due_at": lambda canary, made: timezone.now() + timedelta(days=1),
}
_BY_NAME: dict[str, Maker] = {
    "currency": lambda canary, made: "EUR",
    "country": lambda canary, made: "DE",
    "language": lambda canary, made: "en",
    "zone": lambda canary, made: "Europe/Berlin",
    "locale": lambda canary, made: "en",
}
# Columns left as they are when a row is new: moments of things that have not happened.
_EMPTY = ("revoked_at", "accepted_at", "withdrawn_at", "closed_at", "leased_until", "lease_until")


def store_owned() -> list[type[models.Model]]:
    """Return every store-owned model, those that others point at first."""
    waiting = [model for model in apps.get_models() if issubclass(model, StoreOwned) and model._meta.managed]
    done: list[type[models.Model]] = []
    while waiting:
        ready = [model for model in waiting if not (_needs(model) & set(waiting) - {model})]
        if not ready:
            raise AssertionError(f"These tables point at each other in a ring: {[model._meta.label for model in waiting]}")
        done += ready
        waiting = [model for model in waiting if model not in ready]
    return done


def _owner_of_views(canary: str, made: Made) -> User:
    """Return somebody of the store's team, or a person without a store where there is no team."""
    member = made["customers.Customer"].store.memberships.select_related("user").order_by("pk").first()  # type: ignore[attr-defined]
    return member.user if member else User.objects.create_user(f"{canary}{next(_numbers)}@example.test", None)


def _needs(model: type[models.Model]) -> set[Any]:
    return {field.related_model for field in model._meta.concrete_fields if isinstance(field, models.ForeignKey) and not field.null}


def fill(store: Store, *, canary: str, given: Made) -> Made:
    """Save one row of every store-owned table for the store; return them by label. given: rows already made."""
    made = dict(given)
    with store_context(store.pk):
        for model in store_owned():
            if model._meta.label not in made:
                made[model._meta.label] = _row(model, canary, made)
    return made


def _row(model: type[models.Model], canary: str, made: Made) -> models.Model:
    row = model(**dict(_values(model, canary, made)))
    row.save(force_insert=True)
    return row


def _values(model: type[models.Model], canary: str, made: Made) -> Iterator[tuple[str, Any]]:
    for field in model._meta.concrete_fields:
        maker = VALUES.get(f"{model._meta.label}.{field.name}") or _BY_NAME.get(field.name)
        if (
            field.name in {"store", "id"}
            or field.generated
            or field.name in _EMPTY
            or (field.has_default() and not _holds_text(field) and not maker)
        ):
            continue
        value = maker(canary, made) if maker else _value(field, canary, made)
        if value is not None:
            yield field.name, value


def _holds_text(field: Any) -> bool:
    return isinstance(field, models.CharField | models.TextField) and not field.choices


def _value(field: Any, canary: str, made: Made) -> Any:
    if isinstance(field, models.ForeignKey):
        return made.get(field.related_model._meta.label)
    if field.choices:
        return next(iter(field.flatchoices))[0]
    if _holds_text(field):
        return _text(field, canary)
    return _PLAIN[type(field)]() if type(field) in _PLAIN and not field.null else None


def _text(field: Any, canary: str) -> str:
    if "digest" in field.name or field.max_length == 64:
        return hashlib.sha256(f"{canary}{field.name}{next(_numbers)}".encode()).hexdigest()
    if isinstance(field, models.EmailField) or "email" in field.name:
        return f"{canary}@example.test"
    if "url" in field.name or field.name == "target":
        return f"https://{canary}.example.test/"
    return f"{canary} {field.name}"[: field.max_length or 200]


_PLAIN: dict[type, Callable[[], Any]] = {
    models.DateTimeField: timezone.now,
    models.DateField: lambda: date(2026, 1, 1),
    models.IntegerField: lambda: next(_numbers),
    models.BigIntegerField: lambda: next(_numbers),
    models.PositiveIntegerField: lambda: next(_numbers),
    models.PositiveSmallIntegerField: lambda: 1,
    models.PositiveBigIntegerField: lambda: next(_numbers),
    models.BinaryField: lambda: next(_numbers).to_bytes(16, "big"),
    models.BooleanField: lambda: False,
    models.GenericIPAddressField: lambda: "192.0.2.1",
    models.DecimalField: lambda: 1,
    models.FloatField: lambda: 0.5,
    models.JSONField: dict,
    models.UUIDField: uuid.uuid4,
}


def existing(store: Store) -> Made:
    """Return the first row of every store-owned table that has one, by label."""
    with store_context(store.pk):
        found = {model._meta.label: model._default_manager.order_by("pk").first() for model in store_owned()}
    return {label: row for label, row in found.items() if row is not None}
