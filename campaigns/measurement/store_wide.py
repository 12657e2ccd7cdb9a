"""The store-wide holdout: a part of all people gets no marketing at all, so that one sees what all of it together brings in.

The gate asks here of everybody to whom something would leave now (`sending/gate.py`); that is their first exposure, and their side is kept.
What an order or the law asks for always goes.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from campaigns.measurement.assignment import begin, change_lots, draw, end, salt_of
from campaigns.measurement.lots import BUCKETS, HELD_OUT, Lots, lot_sql_by, lots_of
from campaigns.models import Experiment

KEY = "store"
WINDOW_DAYS, PLANNED_DAYS = 28, 90
IS_ON_SQL = f"EXISTS (SELECT FROM campaigns_experiment WHERE store_id = %s AND key = '{KEY}' AND ended_at IS NULL)"
"""Whether somebody of a store gets no marketing. %s: the store."""


_APART = f"""
    EXISTS (
        SELECT FROM unnest(
            %(apart_salts)s::text[], %(apart_held)s::int[], %(apart_since)s::timestamptz[], %(apart_until)s::timestamptz[]
        ) AS apart(salt, held, since, until)
        WHERE apart.since < [[until]] AND coalesce(apart.until > [[since]], true) AND {lot_sql_by("apart.salt")} < apart.held
    )
"""


def apart_sql(*, since: str, until: str) -> str:
    """Return the condition that a row called `drawn` got no marketing at some moment between two expressions, by lot alone.

    It asks for the holdouts of then, also ended ones, so that what was counted once stays as it was. Parameters: `lots_ever_apart`.
    """
    return _APART.replace("[[since]]", since).replace("[[until]]", until)


def lots_ever_apart() -> dict[str, Any]:
    """Return the parameters of `apart_sql` but store: the lots of every plan of every holdout there was, and from when until when."""
    rows: list[Mapping[str, Any]] = [
        {"apart_salts": salt_of(one), "apart_held": _lots_of(plan).held, "apart_since": plan["since"], "apart_until": one.ended_at}
        for one in Experiment.objects.filter(key=KEY).order_by("pk")
        for plan in one.plans
    ]
    names = ("apart_salts", "apart_held", "apart_since", "apart_until")
    return {name: [row[name] for row in rows] for name in names} | {"lots": BUCKETS}


def lots_apart() -> dict[str, Any]:
    """Return which lots get no marketing now, as parameters of a statement: apart (how many), apart_salt, apart_experiment and lots."""
    found = experiment()
    if found is None:
        return {"apart": 0, "apart_salt": "", "apart_experiment": 0, "lots": BUCKETS}
    return {"apart": _lots(found).held, "apart_salt": salt_of(found), "apart_experiment": found.pk, "lots": BUCKETS}


def experiment() -> Experiment | None:
    """Return the experiment behind the holdout while it runs."""
    found: Experiment | None = Experiment.objects.running().filter(key=KEY).first()
    return found


def held_back(customer_ids: Collection[int], *, now: datetime) -> frozenset[int]:
    """Return who of these people gets no marketing; who is asked about for the first time is drawn now. In the caller's transaction."""
    found = experiment() if customer_ids else None
    if found is None:
        return frozenset()
    arms = draw(found, customer_ids, lots=_lots(found), now=now)
    return frozenset(pk for pk, arm in arms.items() if arm == HELD_OUT)


def share() -> float:
    """Return which part of all people gets no marketing, 0 to 1."""
    found = experiment()
    return _lots(found).holdout_share if found else 0.0


def keep_share(wanted: float, *, now: datetime) -> bool:
    """Hold back this part of all people from now on; say whether that is something else than before. 0 ends it.

    Who has drawn a side keeps it while it runs. Ended and begun anew, everybody draws again.
    """
    lots = Lots(wanted)
    if lots.held == Lots(share()).held:
        return False
    if not lots.held:
        return end(KEY, now=now)
    found = begin(KEY, lots=lots, now=now, window_days=WINDOW_DAYS, planned_days=PLANNED_DAYS)
    change_lots(found, lots=lots, now=now)
    return True


def begin_anew(*, now: datetime) -> bool:
    """End the holdout and begin another of the same size, in which everybody draws again; say whether one ran."""
    wanted = share()
    return bool(wanted) and keep_share(0.0, now=now) and keep_share(wanted, now=now)


def _lots(found: Experiment) -> Lots:
    return _lots_of(found.plans[-1])


def _lots_of(plan: Mapping[str, Any]) -> Lots:
    return lots_of(plan["lots"])
