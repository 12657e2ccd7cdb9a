"""What a template shows that can become untrue, read from its compiled Liquid once for each version."""

import re
from collections import OrderedDict

from campaigns.models import TemplateVersion

LINES, EVENT, PRICE, COUPON, FALLBACK, SHELF = "lines", "event", "price", "coupon", "fallback", "shelf"
_LIQUID = re.compile(r"{[{%].*?[%}]}", re.DOTALL)
_SIGNS = {
    LINES: re.compile(r"\bcart\s*\.\s*(?:lines|total_minor)\b"),
    EVENT: re.compile(r"\bevent\s*[.\[]"),
    PRICE: re.compile(r"\bevent\b[^}%|]*price"),
    COUPON: re.compile(r"\bcoupon\s*[.\[]"),
    FALLBACK: re.compile(r"\bfallback\b"),
    SHELF: re.compile(r"(?<![.\w])(?:viewed|recommended|newest|companions|products)\b"),
}
_MOST = 256
_known: OrderedDict[int, frozenset[str]] = OrderedDict()


def uses(version: TemplateVersion) -> frozenset[str]:
    """Return what a version shows, in any of its languages. Versions never change, so the answer is kept."""
    found = _known.get(version.pk)
    if found is None:
        found = uses_of(version.texts())
        if version.pk is not None:
            _known[version.pk] = found
            while len(_known) > _MOST:
                _known.popitem(last=False)
    return found


def uses_of(parts: list[str]) -> frozenset[str]:
    """Return what these Liquid texts show."""
    liquid = "\n".join(tag for part in parts for tag in _LIQUID.findall(part))
    return frozenset(name for name, sign in _SIGNS.items() if sign.search(liquid))
