"""The pace of one provider account: so many messages a second, exact however many workers ask, on the database's clock.

A bucket of tokens in one row: what two seconds let through may leave at once, and no more. A clock that jumps costs at most those.
"""

from typing import Any, NamedTuple

from django.db import connection

from campaigns.channels import Account
from retention.tenancy.context import require_store_id

WINDOW_SECONDS = 2.0
SETTING = "per_second"

# Not the moment of the statement: one that waited for the row would be older than what the row says, and turn it back.
_BASE = "least(greatest(spent_to, clock_timestamp() - %(window)s * interval '1 second'), clock_timestamp())"
# The clock goes on inside one statement: a microsecond less than a whole message is a whole one.
_GRANT = f"least(%(wanted)s, greatest(0, floor(extract(epoch FROM clock_timestamp() - {_BASE}) * %(rate)s + 0.001)))"
_TAKE = f"""
    UPDATE campaigns_accountpace SET granted = {_GRANT}, spent_to = {_BASE} + ({_GRANT})::float8 / %(rate)s * interval '1 second'
    WHERE store_id = %(store)s AND connection_id = %(account)s
    RETURNING granted
"""  # noqa: S608 - fragments of ours
_BEGIN = """
    INSERT INTO campaigns_accountpace (store_id, connection_id, spent_to, granted)
    VALUES (%(store)s, %(account)s, statement_timestamp() - interval '1 hour', 0)
    ON CONFLICT (store_id, connection_id) DO NOTHING
"""
_GIVE_BACK = """
    UPDATE campaigns_accountpace SET spent_to = spent_to - %(count)s::float8 / %(rate)s * interval '1 second'
    WHERE store_id = %(store)s AND connection_id = %(account)s
"""


class Grant(NamedTuple):
    """How many messages may leave now, and after how many seconds there are more; 0 when all that was wanted was granted."""

    messages: int
    wait_seconds: float


def take(account: Account, wanted: int) -> Grant:
    """Take so many messages out of an account's pace, or as many as there are. An account without a pace lets everything through."""
    rate = rate_of(account)
    if rate is None:
        return Grant(wanted, 0.0)
    values = _values(account, rate) | {"wanted": wanted, "window": max(WINDOW_SECONDS, 1 / rate)}
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, values)
        row = cursor.fetchone()
        if row is None:
            cursor.execute(_BEGIN, values)
            cursor.execute(_TAKE, values)
            row = cursor.fetchone()
    granted = int(row[0])
    return Grant(granted, 0.0 if granted == wanted else max(1 / rate, 0.25))


def give_back(account: Account, count: int) -> None:
    """Put back what was taken and not used."""
    rate = rate_of(account)
    if rate is not None and count > 0:
        with connection.cursor() as cursor:
            cursor.execute(_GIVE_BACK, _values(account, rate) | {"count": count})


def rate_of(account: Account) -> float | None:
    """Return how many messages a second an account takes; None without a limit."""
    stated = account.settings.get(SETTING)
    usable = account.connection_id is not None and isinstance(stated, int | float) and not isinstance(stated, bool) and stated > 0
    return float(stated) if usable and stated is not None else None


def _values(account: Account, rate: float) -> dict[str, Any]:
    return {"store": require_store_id(), "account": account.connection_id, "rate": rate}
