"""The kinds of things a merchant can be told: an empty register that the rooms above fill in `AppConfig.ready()`.

A new type is one `webhook_types.add` in the room it speaks of, one `announce` where it happens, and a line in `webhooks/README.md`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from retention.kit.register import Register

Text = str | Promise
TEST = "webhook.test"
# By the first word of a type: the scope a key needs to read what it tells. A key may be told only what it may read.
_SCOPES = {
    "customer": "customers:read", "consent": "customers:read", "import": "imports:read", "order": "orders:read", "cart": "orders:read",
    "segment": "segments:read",
}  # fmt: skip


@dataclass(frozen=True)
class WebhookType:
    """One kind: what it says to a person, what its `data` carries in one line, and an example of `data`."""

    label: Text
    carries: Text
    example: Mapping[str, Any] = field(default_factory=dict)


webhook_types: Register[WebhookType] = Register("webhook type")


def label_of(key: str) -> str:
    """Return what a type says; one that no room knows any more is shown by its key."""
    if key == TEST:
        return _("A test")
    found = webhook_types.get(key)
    return str(found.label) if found is not None else key


def scope_of(key: str) -> str:
    """Return the scope that reads what a type tells; raises KeyError for a kind of thing nobody named one for."""
    return _SCOPES[key.partition(".")[0]]
