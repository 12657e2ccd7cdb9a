"""A store's own providers: keep one with its secrets sealed, stop using one, and try one for real."""

import time
from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import chain, count
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from django.conf import settings as site
from django.db import transaction
from django.db.models import QuerySet

from campaigns.channels import CHANNELS, Answer, Outcome, Outgoing
from campaigns.channels.email.mime import CannotBuild, Mail, build
from campaigns.channels.onsite.channel import ONSITE
from campaigns.channels.push.providers.webpush import SUBSCRIPTIONS, WEBPUSH
from campaigns.models import Connection
from campaigns.personalization.push_texts import PushText
from campaigns.sending.accounts import NoAccount, account_for, account_of
from campaigns.sending.assembling.push import payload_of
from campaigns.sending.browsers import as_secret, browsers_at, keys_of_store
from campaigns.sending.routing import connections_of, let_go
from campaigns.sending.warming import WarmUp
from retention.kit.locks import transaction_lock
from retention.kit.secrets import CannotUnseal
from retention.stores.models import Store, StoreWork
from retention.tenancy.context import require_store_id

TEST_SECONDS = 15.0
NEW_SHARE = 20
MOST_BESIDE = 2


PLACES = {"smtp": ("host", "port", "security"), "ses": ("region",)}
"""By provider, the settings that say where its secrets go, and how well they are kept on the way."""


class TooMany(Exception):
    """A channel has two connections side by side already."""


class SecretsWanted(Exception):
    """The secrets with these names were given for another place than the connection now leads to."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(", ".join(names))
        self.names = names


def in_use(channel: str, provider: str = "") -> Connection | None:
    """Return the connection a channel's messages leave by, of several the largest or that of a provider; None for the test inbox."""
    return next((one for one in connections_of(channel) if provider in ("", one.provider)), None)


def without_provider(channels: Iterable[str]) -> list[str]:
    """Return which of these channels have no provider, so that their messages go to the test inbox; those on the site need none."""
    connected = set(Connection.objects.filter(active=True).values_list("channel", flat=True))
    return [channel for channel in channels if channel != ONSITE.key and channel not in connected]


def hold_accounts() -> None:
    """Let nobody connect or disconnect a provider of the active store before the caller's transaction ends. Take it before other rows."""
    transaction_lock("connections", store_id=require_store_id())


def called(public_id: UUID) -> Connection | None:
    """Return the connection in use with this id."""
    found: Connection | None = Connection.objects.filter(public_id=public_id, active=True).first()
    return found


def keep(
    channel: str,
    provider: str,
    *,
    name: str,
    settings: Mapping[str, Any],
    secrets: Mapping[str, str],
    sender: Mapping[str, str],
    now: datetime,
    beside: bool = False,
    connection: Connection | None = None,
) -> Connection:
    """Save a provider as one its channel uses; secrets that are not given stay.

    connection: the one to change; without it that of the same provider is. A new one puts the others of its channel aside, or with `beside`
    takes its share of an e-mail channel that has one so far, also of the same provider. Raises Connection.DoesNotExist for one put aside,
    TooMany for a third, SecretsWanted where a secret would stay that was given for another server.
    """
    with transaction.atomic():
        hold_accounts()
        rows = Connection.objects.select_for_update().filter(channel=channel, active=True)
        known = _known(rows, provider, connection=connection, beside=beside)
        others = rows.exclude(pk=known.pk if known is not None else None)
        if known is not None and (wanted := _given_for_elsewhere(known, settings, secrets)):
            raise SecretsWanted(wanted)
        connection = known or Connection(channel=channel, provider=provider, created_at=now)
        if known is None and beside and others.count() >= MOST_BESIDE:
            raise TooMany
        if known is None and beside and channel == "email" and others.count() == 1:
            others.update(weight=100 - NEW_SHARE)
            connection.weight = NEW_SHARE
        elif known is None:
            others.update(active=False)
            let_go(channel, now=now)
        connection.name, connection.settings = _free_name(name, others), dict(settings)
        connection.from_name, connection.from_address = sender.get("from_name", ""), sender.get("from_address", "")
        connection.resting_until = None
        connection.save()
        connection.keep_credentials(_opened(connection) | dict(secrets) | _own_secrets(provider, now=now))
        connection.save()
        for kind in ("campaigns", "dispatch"):  # a campaign that was started for the test inbox stops here
            StoreWork.ring(kind, store_id=connection.store_id, due_at=now)
    return connection


def _known(rows: QuerySet[Connection], provider: str, *, connection: Connection | None, beside: bool) -> Connection | None:
    """Return which of these rows is to be changed; None for a new one."""
    if connection is not None:
        return rows.get(pk=connection.pk)
    return None if beside else rows.filter(provider=provider).order_by("-weight", "pk").first()


def _given_for_elsewhere(known: Connection, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> list[str]:
    """Return the names of secrets that are kept, are not given anew, and would go to another place or less well hidden than before."""
    before = known.settings
    moved = [name for name in PLACES.get(known.provider, ()) if str(before.get(name, "")).lower() != str(settings.get(name, "")).lower()]
    if moved == ["security"] and settings["security"] != "none":
        return []
    return [name for name, kept in _opened(known).items() if kept and not secrets.get(name)] if moved else []


def _free_name(name: str, others: QuerySet[Connection]) -> str:
    """Return a name no other connection in use has: "SMTP", else "SMTP 2"."""
    taken = set(others.filter(active=True).values_list("name", flat=True))
    wanted = name[:110]
    return next(one for one in chain([wanted], (f"{wanted} {number}" for number in count(2))) if one not in taken)


def _opened(connection: Connection) -> dict[str, Any]:
    try:
        return connection.credentials()
    except CannotUnseal:
        return {}


def _own_secrets(provider: str, *, now: datetime) -> dict[str, str]:
    """Return what we make ourselves: the key that browsers of this store were subscribed with."""
    return {"private_key": keys_of_store(now=now).private()} if provider == WEBPUSH.key else {}


def stop_using(channel: str, provider: str = "", *, connection: Connection | None = None, now: datetime) -> bool:
    """Let a channel's messages leave by its other connection, else go to the test inbox again, and forget the provider's secrets.

    Return whether there was one. provider: only of this one; connection: only this. What waits for its warm-up is looked at anew. Where it
    was the channel's last, its campaigns that were started for real people stop and ask.
    """
    with transaction.atomic():
        hold_accounts()
        rows = Connection.objects.filter(channel=channel, active=True, **({"provider": provider} if provider else {}))
        rows = rows if connection is None else rows.filter(pk=connection.pk)
        stopped = bool(rows.update(active=False, sealed=""))
        if stopped:
            let_go(channel, now=now)
            for kind in ("campaigns", "dispatch"):  # a campaign that was started for real people stops here
                StoreWork.ring(kind, store_id=require_store_id(), due_at=now)
    return stopped


def share(connection: Connection, *, weight: int, warm_up: WarmUp | None, now: datetime) -> bool:
    """Say which share a connection takes beside the other and how it warms up; what waits for its warm-up is looked at anew.

    weight: 1 to 100 of 100, the other connection takes the rest. Return whether it is in use.
    """
    with transaction.atomic():
        hold_accounts()
        rows = Connection.objects.select_for_update().filter(channel=connection.channel, active=True)
        held = rows.filter(pk=connection.pk).first()
        if held is None:
            return False
        held.weight = weight
        held.warm_since = warm_up.since if warm_up is not None else None
        if warm_up is not None:
            held.warm_first, held.warm_growth, held.warm_goal = warm_up.first, warm_up.growth, warm_up.goal
        held.save(update_fields=["weight", "warm_since", "warm_first", "warm_growth", "warm_goal"])
        rows.exclude(pk=held.pk).update(weight=max(1, 100 - weight))
        let_go(held.channel, now=now)
        StoreWork.ring("dispatch", store_id=held.store_id, due_at=now)
    return True


def send_test(store: Store, *, channel: str, to: str, text: str, now: datetime, connection: Connection | None = None) -> Answer:
    """Hand one message to a channel's provider and return its real answer. Call it outside a transaction. connection: of several, this."""
    try:
        account = account_of(connection) if connection is not None else account_for(store, channel=channel)
        make = {"email": _mail, "push": _push}.get(channel, _text)
        outgoing = make(account, to, text, now=now)
    except NoAccount as error:
        return Answer(Outcome.NOT_SENT, detail=error.reason)
    except CannotBuild as error:
        return Answer(Outcome.REFUSED, detail=str(error))
    session = CHANNELS[channel].provider(account.provider).open(account)
    try:
        return session.send(outgoing, deadline=time.monotonic() + TEST_SECONDS)
    finally:
        session.close()


def mail_host() -> str:
    """Return the host that stands in the Message-ID of what is only a test."""
    return urlsplit(site.SITE_URL).hostname or "localhost"


def _mail(account: Any, to: str, text: str, *, now: datetime) -> Outgoing:
    key = uuid4().hex
    mail = Mail(key, mail_host(), account.from_name, account.from_address, "", to, text, f"{text}\n", f"<p>{text}</p>", now)
    return Outgoing(key, account.from_address, to, build(mail))


def _push(account: Any, to: str, text: str, *, now: datetime) -> Outgoing:
    browsers = browsers_at(to, now=now)
    if not browsers and not account.trusted:
        raise CannotBuild("no browser of this customer takes push messages")
    key = uuid4().hex
    content = payload_of(key, account.from_name or text, PushText(text), link=site.SITE_URL, icon="")
    return Outgoing(key, account.from_name, to, content, title=text, secrets={SUBSCRIPTIONS: as_secret(browsers)})


def _text(account: Any, to: str, text: str, *, now: datetime) -> Outgoing:
    return Outgoing(uuid4().hex, str(account.settings.get("from", "")) or account.from_name, to, text.encode())
