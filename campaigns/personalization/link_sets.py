"""The fixed links of templates, written down once before the first message with them leaves."""

import hashlib
from collections import OrderedDict
from collections.abc import Iterable

import msgspec

from campaigns.models import LinkSet
from retention.tenancy.context import require_store_id

_MOST_KNOWN = 512
_known: OrderedDict[tuple[int, tuple[str, ...]], int] = OrderedDict()


def ids_of(sets: Iterable[tuple[str, ...]]) -> dict[tuple[str, ...], int]:
    """Return the row of each of these lists of targets; an empty one has none.

    Call it outside a transaction: rows never change or leave, so the process keeps what it learnt of those it used last.
    """
    store_id, wanted = require_store_id(), {one for one in sets if one}
    missing = {_digest(one): one for one in wanted if (store_id, one) not in _known}
    if missing:
        found = _found(missing)
        if len(found) < len(missing):
            new = [LinkSet(digest=digest, targets=list(one)) for digest, one in missing.items() if digest not in found]
            LinkSet.objects.bulk_create(new, ignore_conflicts=True)
            found = _found(missing)
        _known.update({(store_id, missing[digest]): pk for digest, pk in found.items()})
    answer = {one: _known[store_id, one] for one in wanted}
    while len(_known) > _MOST_KNOWN:
        _known.popitem(last=False)
    return answer


def _found(digests: Iterable[str]) -> dict[str, int]:
    return dict(LinkSet.objects.filter(digest__in=list(digests)).values_list("digest", "pk"))


def _digest(targets: tuple[str, ...]) -> str:
    return hashlib.sha256(msgspec.json.encode(targets)).hexdigest()
