"""Rules can name people by their address; erasing somebody takes their address out of every rule, draft and version of the store.

A segment can be called by such a rule, and so can its copies and the lists kept of it: the address goes out of all their names. Who erases
holds the person's own row, so nothing here waits for the lock of names, whose holders may wait for that row.
"""

import re
from collections.abc import Collection
from typing import Any

from django.db.models import Model

from retention.customers.consent import address_digest
from retention.customers.erasing import Forgotten
from retention.customers.mentions import SHORTEST
from retention.kit.locks import transaction_lock
from retention.kit.words import one_line
from retention.tenancy.context import require_store_id
from segments import saving
from segments.membership import LOCK
from segments.models import Segment, SegmentVersion

ERASED = "erased"  # what stands where an address stood; nobody is called so
_NAMING = frozenset({"email", "phone"})


def forget_in_rules(who: Forgotten) -> None:
    """Replace the addresses and numbers of somebody in the active store's rules, which stay rules, and in the names of its segments."""
    digests = frozenset(who.digests)
    told = {name for name in who.names if "@" in name}
    for model, columns in ((Segment, ("rule", "draft")), (SegmentVersion, ("rule",))):
        told |= _forget_in(model, columns, digests)
    _forget_in_names({text for text in map(one_line, told) if len(text) >= SHORTEST})


def _forget_in(model: type[Model], columns: Collection[str], digests: Collection[str]) -> set[str]:
    """Forget somebody in these columns; return what stood there of them."""
    rows: Any = model._default_manager.only("pk", *columns).order_by("pk")
    told = set[str]()
    for row in rows.iterator(chunk_size=100):
        found = {name: texts for name in columns if (texts := _taken_out(getattr(row, name), digests))}
        if found:
            row.save(update_fields=list(found))
            told = told.union(*found.values())
    return told


def _taken_out(node: Any, digests: Collection[str]) -> set[str]:
    """Replace in place what names the person in conditions about addresses and numbers; return what that was."""
    if isinstance(node, list):
        return set[str]().union(*(_taken_out(child, digests) for child in node))
    if not isinstance(node, dict):
        return set()
    if node.get("is") == "text" and node.get("field") in _NAMING:
        values = node.get("values")
        told = values if isinstance(values, list) else [values]
        naming = {one for one in told if isinstance(one, str) and address_digest(one) in digests}
        if naming:
            node["values"] = [ERASED if one in naming else one for one in told]
        return naming
    return _taken_out(list(node.values()), digests)


def _forget_in_names(texts: Collection[str]) -> None:
    """Replace these texts in what segments are called; one whose name is then another's bears a number."""
    if not texts:
        return
    transaction_lock(f"{LOCK}:forgetting", store_id=require_store_id())  # two at once must not come to the same name
    pattern = re.compile("|".join(re.escape(text) for text in sorted(texts, key=len, reverse=True)), re.IGNORECASE)
    for segment in Segment.objects.only("pk", "name", "state").order_by("pk").iterator(chunk_size=100):
        name = pattern.sub(ERASED, segment.name)
        if name != segment.name:
            is_kept = segment.state != Segment.State.ARCHIVED
            Segment.objects.filter(pk=segment.pk).update(name=saving.next_name(name) if is_kept else name[: saving.LONGEST_NAME])
