"""How many of those a file brought in may be written to, channel by channel, and what keeps the others out.

Counted once for some ten thousand of them as they come in, so the time of a batch does not grow with the store, and kept in the import's
totals: a figure of that moment, which the page says. How it stands later is the customers list's matter.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from retention.customers.consent import ADDRESS_COLUMNS, PAUSED_SQL, address_digest
from retention.customers.importing.kinds import UNCOUNTED
from retention.customers.models import Suppression
from retention.customers.permissions import CHANNELS
from retention.tenancy.context import require_store_id
from retention.tenancy.statistics import looking_up, said_to_be_few

CAME, MAY = "came", "may"
# What keeps somebody out, as the page says it.
WHY: dict[str, Promise] = {
    "never": gettext_lazy("Never asked"),
    "pending": gettext_lazy("Not confirmed yet"),
    "refused": gettext_lazy("Said no"),
    "blocked": gettext_lazy("Address blocked"),
    "paused": gettext_lazy("On a break"),
    "no_address": gettext_lazy("No address"),
}
_NO_NUMBER = gettext_lazy("No number")
# Readings that look these people up one by one, whatever the planner knows of the store: left to itself it reads every consent of a
# store of a million for each ten thousand (6 s of 1.6 million), and of a young store before its first statistics too.
_PEOPLE = f"""
    SELECT customer.id, coalesce(email_key, ''), phone, {PAUSED_SQL} FROM unnest(%s::bigint[]) AS wanted (id)
    JOIN customers_customer AS customer ON customer.store_id = (SELECT %s::bigint) AND customer.id = wanted.id
        AND {said_to_be_few("wanted.id")}
"""  # noqa: S608 - fragments of ours
_SAID = f"""
    SELECT customer_id, channel, status FROM unnest(%s::bigint[]) AS wanted (id)
    JOIN customers_consent AS consent ON consent.store_id = (SELECT %s::bigint) AND consent.customer_id = wanted.id
        AND {said_to_be_few("wanted.id")}
"""  # noqa: S608 - the condition above
_BLOCKED = f"""
    SELECT address_digest FROM unnest(%s::text[]) WITH ORDINALITY AS wanted (digest, place)
    JOIN customers_suppression AS blocked
        ON blocked.store_id = (SELECT %s::bigint) AND blocked.channel = %s AND blocked.address_digest = wanted.digest
            AND {said_to_be_few("wanted.place")}
"""  # noqa: S608 - the condition above


@dataclass(frozen=True)
class Reach:
    """One channel of those who came in. share: of all, 0 to 1. why: what keeps others out, in words, and how many."""

    channel: str
    icon: str
    name: str
    may: int
    share: float
    why: Sequence[tuple[str, int]]


@dataclass(frozen=True)
class Came:
    """Those whom a file brought in. others: by each word of WHY that keeps somebody out, the channel of which the page speaks then."""

    count: int
    channels: Sequence[Reach]
    others: Mapping[str, str]


def count_reach(ids: Collection[int], now: datetime) -> dict[str, int]:
    """Return how many of these customers of the active store there are, and per channel how many may be written to and how many not, why.

    Keys: "came"; "email.may", "email.never" and so on. Says what the gate of `consent.py` and the blocked addresses say.
    """
    wanted: list[Any] = [list(ids), require_store_id()]
    with looking_up(), connection.cursor() as cursor:
        cursor.execute(_PEOPLE, wanted)
        people = cursor.fetchall()
        cursor.execute(_SAID, wanted)
        said = {(customer_id, channel): status for customer_id, channel, status in cursor.fetchall()}
        addresses = {
            "email": {pk: email for pk, email, _phone, _paused in people},
            "sms": {pk: phone for pk, _email, phone, _paused in people},
        }
        blocked = {channel: _blocked(channel, addresses[channel]) for channel in addresses}
    found = Counter(
        f"{channel}.{_standing(addresses.get(channel, {}).get(pk), said.get((pk, channel)), pk in blocked.get(channel, ()), paused)}"
        for pk, _email, _phone, paused in people
        for channel in CHANNELS
    )
    return {CAME: len(people)} | found


def _standing(address: str | None, status: str | None, is_blocked: bool, is_paused: bool) -> str:
    if address == "":
        return "no_address"
    if is_blocked:
        return "blocked"
    return ("paused" if is_paused else MAY) if status == "granted" else (status or "never")


def came_of(totals: Mapping[str, str]) -> Came | None:
    """Return an import's totals as `count_reach` made them, each channel that a file tells of or somebody allows.

    None without any, and where not all were counted.
    """
    if not int(totals.get(CAME, 0)) or UNCOUNTED in totals:
        return None
    figures = Counter({key: int(value) for key, value in totals.items()})
    channels = [channel for channel in CHANNELS if channel in ADDRESS_COLUMNS or figures[f"{channel}.{MAY}"]]
    others = {why: channel for why in WHY if (channel := _spoken_of(why, channels, figures))}
    return Came(figures[CAME], [_reach(channel, figures) for channel in channels], others)


def _spoken_of(why: str, channels: Sequence[str], figures: Counter[str]) -> str:
    """Return the channel a word is about: e-mail where it keeps anybody out of it, else the one it keeps most out of; or nothing.

    Who was never asked is asked for e-mails, and for SMS in a file without any address; nobody is asked for push by a file or a form.
    """
    if why == "never":
        asked = "sms" if figures["email.no_address"] == figures[CAME] else "email"
        return asked if figures[f"{asked}.never"] else ""
    most = max(channels, key=lambda channel: (figures[f"{channel}.{why}"] > 0 and channel == "email", figures[f"{channel}.{why}"]))
    return most if figures[f"{most}.{why}"] else ""


def _reach(channel: str, figures: Counter[str]) -> Reach:
    icon, name = CHANNELS[channel]
    may = figures[f"{channel}.{MAY}"]
    words = WHY | ({"no_address": _NO_NUMBER} if channel == "sms" else {})
    why = [(str(word), count) for key, word in words.items() if (count := figures[f"{channel}.{key}"])]
    return Reach(channel, icon, str(name), may, may / figures[CAME], why)


def _blocked(channel: str, addresses: Mapping[int, str]) -> set[int]:
    """Return which of these customers have a blocked address on a channel; a digest leads to no address, so theirs are digested."""
    if not Suppression.objects.exists():
        return set()
    digests = {pk: address_digest(address) for pk, address in addresses.items() if address}
    with connection.cursor() as cursor:
        cursor.execute(_BLOCKED, [list(set(digests.values())), require_store_id(), channel])
        known = {digest for (digest,) in cursor.fetchall()}
    return {pk for pk, digest in digests.items() if digest in known}
