"""What every channel's assembling agrees on: a rendered message in, one ready to leave out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Protocol

from campaigns.channels import Account, Outgoing
from campaigns.models import Message
from campaigns.personalization.render import CannotRender, Rendered
from campaigns.sending.gate import Wanted


@dataclass(slots=True)
class Built:
    """One message ready to leave, and what the gate wants to know of it."""

    outgoing: Outgoing | None
    wanted: Wanted


class Assemble(Protocol):
    """Make one channel's message of its rendered texts."""

    def __call__(
        self, message: Message, rendered: Rendered, context: Mapping[str, Any], account: Account, now: datetime
    ) -> Built | CannotRender:
        """Return the message, or why it cannot be made. context: what the template saw."""


def utm_of(message: Message) -> Mapping[str, str]:
    """Return the campaign parameters that a message's links carry."""
    return _utm(message.channel, message.source_kind, message.source_id)


@lru_cache(maxsize=256)
def _utm(channel: str, source_kind: str, source_id: int) -> Mapping[str, str]:
    return MappingProxyType({"utm_source": "boomerang", "utm_medium": channel, "utm_campaign": f"{source_kind}-{source_id}"})
