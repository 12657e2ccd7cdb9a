"""Rows that only grow leave when a store keeps them no longer: a few at a time, found by an index, and added up before they go.

What people did with messages (clicks, openings), and where they left the shop, stays as long as the store keeps events, and for 25 months
at most. What has had its use (messages on the site, browsers that are gone, ids of what providers told, whom a journey turned away, what
one in shadow would have done) leaves after a month. Single messages stay for as many months as the store says, fourteen at least: by then
their links lead nowhere, and what they belong to is over, so nothing can be sent twice. Their campaign's report is written down first, and
a journey's figures are added up.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from campaigns.broadcasts.tallying import add_up_clicks, add_up_noes, freeze, remember_links
from campaigns.journeys.shadowing import forget_ended
from campaigns.journeys.tallying import add_up
from campaigns.models import (
    Campaign,
    CampaignTally,
    Click,
    Departure,
    Enrollment,
    Journey,
    Message,
    OnsiteMessage,
    Opening,
    ProviderReport,
    PushSubscription,
    ShadowNote,
    TurnedAway,
)
from campaigns.sending.browsers import FORGOTTEN_AFTER
from campaigns.sending.hearing import KEPT as REPORTS_KEPT
from retention.customers.keeping import months_before
from retention.stores.models import Store
from retention.tenancy.context import store_context

MOST_MONTHS = 25
SPENT_FOR = timedelta(days=30)
BITE = 2_000
BITES_OF_A_STORE = 20
NOES_EVERY, NOES_FIRST, NOES_FOR = timedelta(days=20), timedelta(days=7), timedelta(days=730)
_CAMPAIGNS_A_RUN = 50
_OVER = (Campaign.State.FINISHED, Campaign.State.CANCELLED, Campaign.State.ARCHIVED)
_ENDED = tuple(state for state in Message.State if state not in ("planned", "ready", "sending"))


def let_old_go(*, now: datetime, seconds: float = 50.0) -> int:
    """Let go of what each store keeps no longer, and return how many rows went; what is left waits for the next run.

    Stores come in a new order every time, so that no large one keeps the others waiting; after so many seconds no further one is begun.
    """
    until, gone = time.monotonic() + seconds, 0
    for store in Store.objects.order_by("?"):
        if time.monotonic() > until:
            break
        with store_context(store.pk):
            gone += let_old_go_of(store, now=now)
    return gone


def let_old_go_of(store: Store, *, now: datetime) -> int:
    """Let go of what the active store keeps no longer, and return how many rows went."""
    _keep_noes(now=now)
    before = months_before(now, min(store.event_months or MOST_MONTHS, MOST_MONTHS))
    month = now - SPENT_FOR
    gone = _let_messages_go(store, before=months_before(now, store.message_months), now=now) if store.message_months else 0
    gone += _in_bites(partial(_let_clicks_go, before=before, now=now))
    for rows, by in (
        (Opening.objects.filter(at__lt=before, noted_at__isnull=False), "at"),
        (Departure.objects.filter(left_at__lt=before), "left_at"),
        (OnsiteMessage.objects.filter(until__lt=month), "until"),
        (PushSubscription.objects.filter(gone_at__lt=month), "gone_at"),
        (PushSubscription.objects.filter(gone_at=None, seen_at__lt=month - FORGOTTEN_AFTER), "seen_at"),
        (TurnedAway.objects.filter(noted_at__lt=month), "noted_at"),
        (ShadowNote.objects.filter(at__lt=month), "at"),
        (Enrollment.objects.filter(journey__shadow_of__isnull=False, journey__state=Journey.State.ENDED), "pk"),
        (ProviderReport.objects.filter(received_at__lt=now - REPORTS_KEPT), "received_at"),
    ):
        gone += _in_bites(partial(_bite, rows, by=by))
    return gone + forget_ended()


def _in_bites(bite: Callable[[], int]) -> int:
    gone = 0
    for _number in range(BITES_OF_A_STORE):
        count = bite()
        gone += count
        if count < BITE:
            break
    return gone


def _bite(rows: Any, *, by: str) -> int:
    """Delete the oldest of these rows, found by the index of their age and deleted by their ids."""
    ids = list(rows.order_by(by).values_list("pk", flat=True)[:BITE])
    return int(rows.model.objects.filter(pk__in=ids).delete()[1].get(rows.model._meta.label, 0)) if ids else 0


def _let_clicks_go(*, before: datetime, now: datetime) -> int:
    """Delete the oldest clicks; those of campaigns are added up first, in the same transaction."""
    with transaction.atomic():
        old = Click.objects.filter(at__lt=before, noted_at__isnull=False).order_by("at")
        found = list(old.values_list("pk", "at", "message__source_kind", "message__source_id")[:BITE])
        newest: dict[int, datetime] = {}
        for _pk, at, kind, source in found:
            if kind == "campaign":
                newest[source] = max(at, newest.get(source, at))
        for campaign in Campaign.objects.filter(pk__in=newest).order_by("pk"):
            add_up_clicks(campaign, reaching=newest[campaign.pk], now=now)
        remember_links([pk for pk, *_rest in found])
        return int(Click.objects.filter(pk__in=[pk for pk, *_rest in found]).delete()[0]) if found else 0


def _let_messages_go(store: Store, *, before: datetime, now: datetime) -> int:
    """Let go of messages that are kept no longer: of campaigns that were over by then, their report written down first, and of journeys."""
    mine = Message.objects.filter(source_kind="campaign", source_id=OuterRef("pk"))
    over = Campaign.objects.filter(Exists(mine), state__in=_OVER, finished_at__lt=before).order_by("finished_at", "pk")
    gone = 0
    for campaign in over[:_CAMPAIGNS_A_RUN]:
        freeze(campaign, currency=store.currency, now=now)
        rows = Message.objects.filter(source_kind="campaign", source_id=campaign.pk)
        gone += _in_bites(partial(_bite, rows, by="pk"))
    ended = Message.objects.filter(source_kind="journey", planned_at__lt=before, state__in=_ENDED)
    ended = ended.filter(Q(enrollment=None) | ~Q(enrollment__state=Enrollment.State.RUNNING))
    for journey_id in Journey.objects.no_shadows().order_by("pk").values_list("pk", flat=True):
        gone += _in_bites(partial(_let_journey_messages_go, journey_id, ended.filter(source_id=journey_id)))
    return gone


def _let_journey_messages_go(journey_id: int, rows: Any) -> int:
    """Add the oldest of these messages up and delete them; return how many."""
    with transaction.atomic():
        ids = list(rows.order_by("planned_at", "pk").values_list("pk", flat=True)[:BITE])
        if ids:
            add_up(journey_id, ids)
            Message.objects.filter(pk__in=ids).delete()
    return len(ids)


def _keep_noes(*, now: datetime) -> None:
    """Add up who said no to campaigns before the events that tell it leave, also where they stay: the shop may change its mind."""
    begun = Campaign.objects.filter(opened_at__lt=now - NOES_FIRST, opened_at__gt=now - NOES_FOR)
    fresh = CampaignTally.objects.filter(noes_before__gt=now - NOES_EVERY).values("campaign_id")
    for campaign in begun.exclude(pk__in=fresh).order_by("opened_at", "pk")[:_CAMPAIGNS_A_RUN]:
        add_up_noes(campaign, now=now)
