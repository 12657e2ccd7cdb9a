"""Rules can name people by their address; erasing somebody takes their address out of every rule, draft and version of the store."""

from collections.abc import Collection
from typing import Any

from django.db.models import Model

from retention.customers.consent import address_digest
from retention.customers.erasing import Forgotten
from segments.models import Segment, SegmentVersion

ERASED = "erased"  # what stands where an address stood; nobody is called so
_NAMING = frozenset({"email", "phone"})


def forget_in_rules(who: Forgotten) -> None:
    """Replace the addresses and numbers of somebody in the active store's rules; the rules stay rules."""
    digests = frozenset(who.digests)
    for model, columns in ((Segment, ("rule", "draft")), (SegmentVersion, ("rule",))):
        _forget_in(model, columns, digests)


def _forget_in(model: type[Model], columns: Collection[str], digests: Collection[str]) -> None:
    rows: Any = model._default_manager.only("pk", *columns).order_by("pk")
    for row in rows.iterator(chunk_size=100):
        changed = [name for name in columns if _without(getattr(row, name), digests)]
        if changed:
            row.save(update_fields=changed)


def _without(node: Any, digests: Collection[str]) -> bool:
    """Replace in place what names the person in conditions about addresses and numbers; say whether anything did."""
    if isinstance(node, list):
        return sum(_without(child, digests) for child in node) > 0  # every one is looked at
    if not isinstance(node, dict):
        return False
    if node.get("is") == "text" and node.get("field") in _NAMING:
        values = node.get("values")
        told = values if isinstance(values, list) else [values]
        kept = [ERASED if isinstance(one, str) and address_digest(one) in digests else one for one in told]
        node["values"] = kept
        return kept != told
    return _without(list(node.values()), digests)
