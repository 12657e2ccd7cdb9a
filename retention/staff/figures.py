"""The figures of the operations page: one table per question, read across stores inside the admin's role.

Counts only states that partial indexes hold, as `retention/health/gauges.py` does; what failed is a list of its own.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Min, Model
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

from campaigns.models import Message
from retention.customers.models import CustomerEvent
from retention.health import heartbeats
from retention.health.gauges import open_rows
from retention.kit.clock import speed
from retention.notices.models import Notice
from retention.schedule import JOBS
from retention.stores.models import Store, StoreWork


@dataclass(frozen=True)
class Table:
    """One table of the page, in the form unfold draws; `nothing` stands there instead when it has no rows."""

    title: str
    headers: list[str]
    rows: list[list[Any]]
    nothing: str

    def as_unfold(self) -> dict[str, Any]:
        """Return headers and rows."""
        return {"headers": self.headers, "rows": self.rows}


def tables(*, now: datetime) -> list[Table]:
    """Return the tables of the operations page, what waits first."""
    return [
        _work(now),
        _states(_("Messages that wait"), Message, now),
        _states(_("Product mail that waits"), Notice, now),
        _events(now),
        _jobs(),
    ]


def waiting_words(since: datetime | None, *, now: datetime) -> str:
    """Return how long something has waited in real time, in words; a moment ahead is "not due yet"."""
    if since is None:
        return _("nothing waits")
    seconds = (now - since).total_seconds() / speed()
    if seconds <= 0:
        return _("not due yet")
    return duration_words(seconds)


def duration_words(seconds: float) -> str:
    """Return a length of time in its largest two units."""
    whole = int(seconds)
    if whole < 120:
        return _("%(count)s s") % {"count": whole}
    if whole < 7200:
        return _("%(minutes)s min %(seconds)s s") % {"minutes": whole // 60, "seconds": whole % 60}
    return _("%(hours)s h %(minutes)s min") % {"hours": whole // 3600, "minutes": whole % 3600 // 60}


def _work(now: datetime) -> Table:
    found = StoreWork.objects.values("kind").annotate(stores=Count("pk"), oldest=Min("due_at")).order_by("kind")
    names = dict(Store.objects.filter(pk__in=[row.store_id for row in _oldest_per_kind()]).values_list("pk", "name"))
    oldest = {row.kind: names.get(row.store_id, "") for row in _oldest_per_kind()}
    rows = [[one["kind"], one["stores"], waiting_words(one["oldest"], now=now), oldest.get(one["kind"], "")] for one in found]
    return Table(_("Work by kind"), [_("Kind"), _("Stores"), _("Oldest waits"), _("Store")], rows, _("No store has work waiting."))


def _oldest_per_kind() -> list[StoreWork]:
    return list(StoreWork.objects.order_by("kind", "due_at", "pk").distinct("kind"))


def _states(title: str, model: type[Model], now: datetime) -> Table:
    told = {"count": Count("pk"), "oldest": Min("due_at")}
    found = [one for rows in open_rows(model) for one in rows.values("state").annotate(**told).order_by("state")]
    labels = dict(model._meta.get_field("state").flatchoices)  # type: ignore[union-attr]
    rows = [[labels.get(one["state"], one["state"]), one["count"], waiting_words(one["oldest"], now=now)] for one in found]
    return Table(title, [_("State"), _("How many"), _("Oldest waits")], rows, _("Nothing waits."))


def _events(now: datetime) -> Table:
    waiting = CustomerEvent.objects.filter(projected_at=None, refusal="").aggregate(count=Count("pk"), oldest=Min("received_at"))
    refused = CustomerEvent.objects.filter(received_at__gt=now - timedelta(days=1)).exclude(refusal="")
    recent = refused.values("refusal").annotate(count=Count("pk"), last=Max("received_at")).order_by("-count")[:10]
    rows = [[_("Stored, effects not applied yet"), waiting["count"], waiting_words(waiting["oldest"], now=now)]] if waiting["count"] else []
    rows += [[one["refusal"], one["count"], waiting_words(one["last"], now=now)] for one in recent]
    return Table(
        _("Events that wait or were refused today"), [_("What"), _("How many"), _("Since")], rows, _("No event waits, none was refused.")
    )


def _jobs() -> Table:
    try:
        ages = heartbeats.ages()
    except RedisError:
        ages = {}
    rows = [[job.task, duration_words(age) if (age := ages.get(job.task)) is not None else _("not known"), job.why] for job in JOBS]
    return Table(_("Timed jobs"), [_("Job"), _("Ended well"), _("Why it runs")], rows, "")
