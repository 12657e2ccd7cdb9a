"""The e-mail channel."""

from collections.abc import Sequence

from campaigns.channels.base import Provider
from campaigns.channels.email.providers import PROVIDERS


class EmailChannel:
    """E-mail by any of its providers."""

    key = "email"

    def provider(self, key: str) -> Provider:
        """Return the vendor kind with this stored key."""
        return PROVIDERS[key]

    def providers(self) -> Sequence[Provider]:
        """Return all of them."""
        return list(PROVIDERS)


EMAIL = EmailChannel()
