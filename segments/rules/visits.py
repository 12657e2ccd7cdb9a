"""Visits: views of pages and screens with no silence of more than half an hour between them, and what they say of where they came from.

What a view says is worked out by the same SQL for both readers (`VIEW_COLUMNS`): `loading.py` loads it, a statement compares it. Texts are
compared in small letters as far as they are plain Latin ones, by a collation that is the same everywhere.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from segments.rules.facts import ViewFact
from segments.rules.sql import Fragment, joined, piece
from segments.rules.terms import At

SILENCE = timedelta(minutes=30)
"""Who did nothing in the shop for so long has left: one visit is over, and what is written about it may go out. Source: field guide 4b."""
KINDS = ("page", "screen")


def _small(text: str) -> str:
    return f"""lower(coalesce({text}, '') COLLATE "C")"""


_AGENT = _small("event.context ->> 'userAgent'")
_TYPE = _small("event.context -> 'device' ->> 'type'")
# What a view says, by the names of `ViewFact`; never NULL. A tablet is one by its own word, or an Android that does not call itself mobile.
VIEW_COLUMNS: dict[str, str] = {
    "device": (
        f"(CASE WHEN strpos({_AGENT}, 'ipad') > 0 OR strpos({_AGENT}, 'tablet') > 0 "
        f"OR (strpos({_AGENT}, 'android') > 0 AND strpos({_AGENT}, 'mobi') = 0) THEN 'tablet' "
        f"WHEN strpos({_AGENT}, 'mobi') > 0 OR strpos({_AGENT}, 'iphone') > 0 OR {_TYPE} IN ('ios', 'android', 'mobile') THEN 'mobile' "
        f"WHEN {_AGENT} <> '' OR {_TYPE} = 'desktop' THEN 'desktop' ELSE '' END)"
    ),
    "referrer": _small("coalesce(nullif(event.context -> 'referrer' ->> 'url', ''), event.context -> 'page' ->> 'referrer')"),
    "source": _small("event.context -> 'campaign' ->> 'source'"),
    "campaign": _small("event.context -> 'campaign' ->> 'name'"),
}
_BEGINNINGS = "FROM (SELECT customer_id, at AS began FROM ("
_NUMBERED = (
    "FROM (SELECT customer_id, min(at) AS began FROM ("
    "SELECT customer_id, at, fits, sum(is_new) OVER (PARTITION BY customer_id ORDER BY at) AS place FROM ("
)


def small(text: str) -> str:
    """Return a text as the database's collation C makes letters small: the plain Latin ones alone."""
    return "".join(letter.lower() if letter.isascii() else letter for letter in text)


def views(when: Fragment, at: At, *, more: Iterable[Fragment] = ()) -> Fragment:
    """Return "FROM ... AS event WHERE ..." over the views of all customers of the store. when: of the row; more: what else must be true."""
    rows = piece(
        "FROM customers_customerevent AS event WHERE event.store_id = %s AND event.customer_id IS NOT NULL AND event.refusal = '' "
        "AND event.kind IN ('page', 'screen') AND ",
        at.terms.store_id,
    )
    return rows + joined([when, *more], "AND")


def visits(when: Fragment, at: At, *, fits: Fragment | None) -> Fragment:
    """Return "FROM ... AS visit WHERE true": a row with customer_id and began for each visit. fits: what one of its views must say.

    Views of the same moment belong together in whatever order they are read: the sum goes by the moment.
    """
    told = piece("SELECT event.customer_id, event.occurred_at AS at, ") + (fits or piece("true")) + " AS fits, "
    is_new = (
        "(lag(event.occurred_at) OVER each_view IS NULL OR event.occurred_at - lag(event.occurred_at) OVER each_view > %s)::int AS is_new "
    )
    window = " WINDOW each_view AS (PARTITION BY event.customer_id ORDER BY event.occurred_at)"
    rows = told + piece(is_new, SILENCE) + views(when, at) + window
    if fits is None:
        return piece(_BEGINNINGS) + rows + ") AS one WHERE is_new = 1) AS visit WHERE true"
    return piece(_NUMBERED) + rows + ") AS one) AS placed GROUP BY customer_id, place HAVING bool_or(fits)) AS visit WHERE true"


def visits_of(seen: Sequence[ViewFact]) -> list[list[ViewFact]]:
    """Return a person's views as visits, from the first to the last."""
    found: list[list[ViewFact]] = []
    last: datetime | None = None
    for one in sorted(seen, key=lambda view: view.at):
        if last is None or one.at - last > SILENCE:
            found.append([])
        found[-1].append(one)
        last = one.at
    return found
