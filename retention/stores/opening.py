"""Opening a store: the store itself, its first owner, a public key for the storefront and the first line of the audit log, all or nothing.

The pages that gather the answers are `views/opening.py`; until the last step nothing is stored but in the session.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from retention.stores.keys import make_key
from retention.stores.models import ApiKey, AuditEntry, Membership, Store
from retention.stores.models.membership import Role
from retention.tenancy.context import store_context

_TRIES = 5


@dataclass(frozen=True)
class Plan:
    """What somebody answered before a store is opened."""

    name: str
    web_address: str
    postal_address: str
    country: str
    currency: str
    zone: str
    locale: str


def open_store(plan: Plan, *, owner: Any, ip: str | None, now: datetime) -> Store:
    """Open the store and make this person its owner."""
    with transaction.atomic():
        store = _save(plan, now=now)
        with store_context(store.pk):
            Membership.objects.create(store=store, user=owner, role=Role.OWNER)
            key, _text = make_key(
                kind=ApiKey.Kind.PUBLIC, label=_("Storefront"), scopes=[], origins=[], made_by=owner, store_id=store.pk, now=now
            )
            AuditEntry.write(
                "store.opened", store_id=store.pk, now=now, actor_id=owner.pk, target=f"store:{store.pk}", details={"key": key.pk}, ip=ip
            )
    return store


def _save(plan: Plan, *, now: datetime) -> Store:
    """Save the store under a short name nobody has; two shops may have the same name."""
    base = slugify(plan.name)[:40].strip("-") or "shop"
    for attempt in range(_TRIES):
        slug = base if attempt == 0 else f"{base}-{secrets.token_hex(2 + attempt)}"
        try:
            with transaction.atomic():
                return Store.objects.create(
                    name=plan.name,
                    slug=slug,
                    web_address=plan.web_address,
                    postal_address=plan.postal_address,
                    country=plan.country,
                    currency=plan.currency,
                    zone=plan.zone,
                    locale=plan.locale,
                    created_at=now,
                )
        except IntegrityError:
            continue
    raise IntegrityError(f"No free short name for a store after {_TRIES} tries.")
