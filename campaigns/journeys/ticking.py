"""One turn of a store's journeys: the calendar, news of products, news of people, then runs that are due, slice after slice for a while."""

import logging
import time
from collections.abc import Callable
from datetime import datetime

from django.db import OperationalError

from campaigns.journeys.intake import take_news
from campaigns.journeys.products import take_product_news
from campaigns.journeys.running import next_moment, run_due
from campaigns.journeys.waves import make_waves, run_wave

SECONDS = 2.0
log = logging.getLogger("boomerang.journeys")


def take_turn(*, clock: Callable[[], datetime], seconds: float = SECONDS) -> datetime | None:
    """Work on the active store's journeys for at most so long and a slice; return when they have work again. Call it outside a transaction.

    News comes before what is due in every round, so that who bought a moment ago is written to no more. A turn that met a deadlock or a
    lock held too long has undone its slice, and the next one does it again.
    """
    until = time.monotonic() + seconds
    try:
        make_waves(now=clock())
        done = True
        while done and time.monotonic() < until:
            told = take_product_news(now=clock())
            came = run_wave(now=clock())
            done = bool(take_news(now=clock()) + run_due(now=clock()) + came + told)
    except OperationalError as error:
        log.warning("a slice of journeys was undone", extra={"cause": str(error)[:200]})
        return clock()
    return next_moment(now=clock())
