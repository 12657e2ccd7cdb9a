"""The SMS channel."""

from collections.abc import Sequence

from campaigns.channels.base import Provider
from campaigns.channels.sms.providers import PROVIDERS


class SmsChannel:
    """SMS, and WhatsApp by the same providers."""

    key = "sms"

    def provider(self, key: str) -> Provider:
        """Return the vendor kind with this stored key."""
        return PROVIDERS[key]

    def providers(self) -> Sequence[Provider]:
        """Return all of them."""
        return list(PROVIDERS)


SMS = SmsChannel()
