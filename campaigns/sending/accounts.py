"""Which provider account a store's messages leave by: its own connection, else the built-in test inbox.

A new store can try everything at once: the inbox takes SMTP with the store's public id as user and a derived password, whatever the
channel; what is no e-mail is handed over as a mail that names its channel.
"""

from urllib.parse import urlsplit

from django.conf import settings

from campaigns.channels import CHANNELS, Account
from campaigns.channels.onsite.channel import ONSITE, SITE
from campaigns.models import Connection
from retention.inbox.passwords import inbox_password
from retention.kit.secrets import CannotUnseal
from retention.stores.models import Store

_SENDER_HOST = "inbox.example.test"


class NoAccount(Exception):
    """Nothing can leave by this channel now; `reason` is one of our words."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def account_for(store: Store, *, channel: str) -> Account:
    """Return the account the store's messages leave by, of several that with the largest share; raises NoAccount.

    Runs inside the store's context.
    """
    if channel == ONSITE.key:
        return Account(provider=SITE.key, settings={}, from_name=store.name)
    connection = Connection.objects.filter(channel=channel, active=True).order_by("-weight", "pk").first()
    if connection is not None:
        return account_of(connection)
    if settings.INBOX_SMTP_URL and channel in CHANNELS:
        return _inbox(store, provider="smtp" if channel == "email" else "inbox")
    raise NoAccount("no_connection")


def account_of(connection: Connection) -> Account:
    """Return one connection as an account; raises NoAccount."""
    if connection.provider not in {provider.key for provider in CHANNELS[connection.channel].providers()}:
        raise NoAccount("unknown_provider")
    try:
        credentials = connection.credentials()
    except CannotUnseal:
        raise NoAccount("credentials_unreadable") from None
    return Account(
        provider=connection.provider,
        settings=connection.settings,
        credentials=credentials,
        from_name=connection.from_name,
        from_address=connection.from_address,
        connection_id=connection.pk,
        reports_url=f"{settings.SITE_URL}/hooks/{connection.provider}/{connection.public_id}",
    )


def _inbox(store: Store, *, provider: str) -> Account:
    parts = urlsplit(settings.INBOX_SMTP_URL)
    return Account(
        provider=provider,
        settings={"host": parts.hostname or "localhost", "port": parts.port or 25, "security": "none"},
        credentials={"username": str(store.public_id), "password": inbox_password(str(store.public_id))},
        from_name=store.name,
        from_address=f"{store.slug[:60]}@{_SENDER_HOST}",
        trusted=True,
    )
