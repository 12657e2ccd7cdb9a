"""Messages that may have left, at an account that recognises a repeat: they are repeated there, and nowhere else, for as long as it does.

Such a row is `ready` with a `provider_key`: the mark of the account that may have it. Whatever ends it otherwise ends it as `unknown`, for
somebody may have it already. Source: reliability guide 2.3, points 4 and 5.
"""

import hashlib
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from campaigns.channels import Account
from campaigns.models import Message
from retention.tenancy.context import require_store_id
from retention.tenancy.statistics import said_to_be_few

RECOGNISED_FOR = timedelta(hours=23)
"""Resend remembers a key for a day, and a push message waits as long: an hour less, for clocks and for the time on the way."""
REPEAT_AFTER = timedelta(seconds=30)
ENDING = "no_answer"
NAMING = ("account_sid", "api_url", "domain", "host", "port", "region", "username")
"""Those settings that say which account it is; a pace, a price or a sender's name may change and a repeat is recognised all the same."""
_NOT_NAMING = "report_secret"  # it proves what we are told, not who we are

_GIVE_UP = f"""
    UPDATE campaigns_message AS m SET state = 'unknown', reason = %s, finished_at = %s, holder = NULL, lease_until = NULL
    FROM unnest(%s::bigint[]) AS told(id)
    WHERE m.store_id = %s AND m.id = told.id AND {said_to_be_few("told.id")} AND state = 'ready' AND holder = %s
"""  # noqa: S608 - the condition above


def mark_of(account: Account, *, keyed: bool) -> str:
    """Return the mark of an account that recognises repeats, or nothing. With other keys it is another account: it may know nothing."""
    if not keyed:
        return ""
    settings = [(name, account.settings[name]) for name in NAMING if account.settings.get(name)]
    told = repr((settings, sorted(item for item in account.credentials.items() if item[0] != _NOT_NAMING)))
    return f"{account.provider} {account.connection_id or ''} {hashlib.sha256(told.encode()).hexdigest()[:16]}"


def is_over(message: Message, *, mark: str, now: datetime) -> bool:
    """Say whether a message may have left and must not be repeated by the account with this mark."""
    if not message.provider_key:
        return False
    since = message.first_attempt_at
    return message.provider_key != mark or since is None or since <= now - RECOGNISED_FOR


def give_up(message_ids: Collection[int], *, holder: Any, now: datetime) -> None:
    """Call messages `unknown` that nobody can ask about any more; they were reserved by us."""
    if message_ids:
        with connection.cursor() as cursor:
            cursor.execute(_GIVE_UP, [ENDING, now, sorted(message_ids), require_store_id(), holder])
