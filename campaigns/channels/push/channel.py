"""The push channel."""

from collections.abc import Sequence

from campaigns.channels.base import Provider
from campaigns.channels.push.providers import PROVIDERS


class PushChannel:
    """Messages that browsers show."""

    key = "push"

    def provider(self, key: str) -> Provider:
        """Return the vendor kind with this stored key."""
        return PROVIDERS[key]

    def providers(self) -> Sequence[Provider]:
        """Return all of them."""
        return list(PROVIDERS)


PUSH = PushChannel()
