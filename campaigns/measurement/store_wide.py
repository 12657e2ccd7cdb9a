"""The store-wide holdout: a part of all people gets no marketing at all, so that one sees what all of it together brings in.

The gate asks here of everybody to whom something would leave now (`sending/gate.py`); that is their first exposure, and their side is kept.
What an order or the law asks for always goes.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from campaigns.measurement.assignment import begin, change_lots, draw, end, salt_of
from campaigns.measurement.lots import BUCKETS, HELD_OUT, Lots, lots_of
from campaigns.models import Experiment
from retention.tenancy.context import require_store_id
from retention.tenancy.prepared import Prepared

KEY = "store"
WINDOW_DAYS, PLANNED_DAYS = 28, 90
SHARES = (0.05, 0.10, 0.20)
"""What one may hold back. Less could never show anything, more costs more than it tells. Source: field guide, experiments."""
_ON = Prepared(
    "store_holdout_on", "SELECT 1 FROM campaigns_experiment WHERE store_id = $1 AND key = $2 AND ended_at IS NULL", "bigint, text"
)


def lots_apart(*, besides: Collection[int] = ()) -> dict[str, Any]:
    """Return which lots get no marketing, as parameters of a statement: apart (how many; 0 none), apart_salt, apart_experiment and lots.

    besides: experiments that are asked about; where the holdout is one of them nobody is apart.
    """
    found = experiment()
    if found is None or found.pk in besides:
        return {"apart": 0, "apart_salt": "", "apart_experiment": 0, "lots": BUCKETS}
    return {"apart": _lots(found).held, "apart_salt": salt_of(found), "apart_experiment": found.pk, "lots": BUCKETS}


def is_on() -> bool:
    """Say whether somebody of the active store gets no marketing; asked for every few messages, so it costs little."""
    return bool(_ON.rows([require_store_id(), KEY]))


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
    return lots_of(found.plans[-1]["lots"])
