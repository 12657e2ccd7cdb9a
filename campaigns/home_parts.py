"""What the home page says needs a person on this floor: campaigns that wait for a yes or stopped by themselves, a pool nearly
empty, a host of links that broke, a recovery plan that writes to the people of a journey or waits for something."""

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.models import Campaign, CouponPool, Journey, LinkHost, RecoveryCell, SendingStop
from campaigns.recovery.checking import overlaps
from retention.dashboard.access import may
from retention.dashboard.home_parts import NeedsYou

MOST = 5


def stops(request: Any, now: datetime) -> list[NeedsYou]:
    """Return what stopped by itself and was not let go on."""
    if not may(request, "messages.send"):
        return []
    found: list[NeedsYou] = []
    for stop in SendingStop.objects.filter(ended_at=None).order_by("stopped_at", "id")[:MOST]:
        model = Campaign if stop.source_kind == "campaign" else Journey
        source = model.objects.filter(pk=stop.source_id, state="paused").first()
        if source is None:
            continue
        found.append(
            NeedsYou(
                icon="alert-triangle",
                title=_("“%(name)s” was stopped by itself") % {"name": source.name},
                consequence=_("%(why)s. Nothing of it leaves until you let it go on.") % {"why": stop.get_why_display()},
                button=_("Look at it"),
                url=reverse(f"campaigns:{stop.source_kind}", args=[request.store.slug, source.public_id]),
                since=stop.stopped_at,
                tone="bad",
            )
        )
    return found


def broken_hosts(request: Any, now: datetime) -> list[NeedsYou]:
    """Return the hosts of links that were right once and are not any more."""
    if not may(request, "senders.edit"):
        return []
    return [
        NeedsYou(
            icon="alert-triangle",
            title=_("Links no longer lead over %(host)s") % {"host": row.host},
            consequence=_("New messages use our address instead. Links you sent earlier may not work."),
            button=_("See what is wrong"),
            url=f"{reverse('campaigns:senders', args=[request.store.slug])}#links",
            since=row.broken_at or now,
            tone="bad",
        )
        for row in LinkHost.objects.watched().filter(broken_at__isnull=False).order_by("broken_at", "pk")[:MOST]
    ]


def few_codes(request: Any, now: datetime) -> list[NeedsYou]:
    """Return the pools of which it was told that few codes are left."""
    if not may(request, "messages.edit"):
        return []
    pools = CouponPool.objects.filter(archived_at=None, warned_at__isnull=False).order_by("warned_at", "id")[:MOST]
    holds, says = _("When it is empty, messages that show a code are held back."), _("When it is empty, messages say other words instead.")
    return [
        NeedsYou(
            icon="ticket",
            title=_("Few coupon codes are left in “%(name)s”") % {"name": pool.name},
            consequence=holds if pool.when_out == CouponPool.WhenOut.HOLD else says,
            button=_("Add codes"),
            url=reverse("campaigns:coupon_pool", args=[request.store.slug, pool.public_id]),
            since=pool.warned_at or now,
        )
        for pool in pools
    ]


def waiting_for_a_yes(request: Any, now: datetime) -> list[NeedsYou]:
    """Return the drafts somebody asks to have sent, for those who may."""
    if not may(request, "messages.send"):
        return []
    asked = (
        Campaign.objects.filter(state=Campaign.State.DRAFT, asked_at__isnull=False).select_related("asked_by").order_by("asked_at", "pk")
    )
    return [
        NeedsYou(
            icon="hand-click",
            title=_("“%(name)s” waits for your yes") % {"name": campaign.name},
            consequence=_("%(person)s wrote it. Nothing leaves before you look it over.") % {"person": campaign.asked_by or _("Somebody")},
            button=_("Look it over"),
            url=reverse("campaigns:campaign", args=[request.store.slug, campaign.public_id]),
            since=campaign.asked_at or now,
            tone="plum",
        )
        for campaign in asked
    ]


def recovery(request: Any, now: datetime) -> list[NeedsYou]:
    """Return what a recovery plan that is live needs: journeys that want the same people, cells that are still drafts."""
    if not may(request, "messages.send"):
        return []
    live, draft = RecoveryCell.State.LIVE, RecoveryCell.State.DRAFT
    cells = list(RecoveryCell.objects.filter(stage__archived_at=None, state__in=[live, draft]).select_related("stage"))
    if all(cell.state == draft for cell in cells):
        return []
    return [*_two_senders(request, now), *_drafts(request, [cell for cell in cells if cell.state == draft])]


def _two_senders(request: Any, now: datetime) -> list[NeedsYou]:
    return [
        NeedsYou(
            icon="alert-triangle",
            title=_("Two senders want the same people: “%(name)s” and the recovery plan") % {"name": one.journey.name},
            consequence=_("Both begin when somebody leaves. Pause the journey, or leave its stage empty in the plan."),
            button=_("Decide"),
            url=reverse("campaigns:recovery", args=[request.store.slug]),
            since=one.journey.launched_at or now,
        )
        for one in overlaps()[:MOST]
    ]


def _drafts(request: Any, drafts: list[RecoveryCell]) -> list[NeedsYou]:
    if not drafts:
        return []
    first = min(drafts, key=lambda cell: (cell.stage.position, cell.pk))
    title = ngettext(
        "%(count)d cell of the recovery plan is not switched on", "%(count)d cells of the recovery plan are not switched on", len(drafts)
    )
    return [
        NeedsYou(
            icon="layout-grid",
            title=title % {"count": len(drafts)},
            consequence=_("Who leaves there gets nothing. Each says what it needs, such as a pool of coupon codes."),
            button=_("See what it needs") if len(drafts) == 1 else _("See the first"),
            url=reverse("campaigns:recovery_cell", args=[request.store.slug, first.stage.public_id, first.group]),
            since=min(cell.changed_at for cell in drafts),
            tone="plum",
        )
    ]
