"""Start, pause, go on and call off a campaign, and the tick that carries it from its moment to its end.

Any number of processes may tick: a row's state decides, changed only from the state it was read in. Nothing is planned and nothing leaves
once a pause or a calling-off is committed; the gate holds the campaign while it marks messages.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Case, Q, Value, When

from campaigns.broadcasts import content
from campaigns.broadcasts.audience import Audience, bring_up_to_date, broken
from campaigns.broadcasts.holding import share_of
from campaigns.broadcasts.mailing import tell_changed
from campaigns.broadcasts.marking import differs, standing_mark, stays_inside, turned, turned_now
from campaigns.broadcasts.moments import first_moment
from campaigns.broadcasts.planning import plan
from campaigns.broadcasts.winning import decide, let_rest_go
from campaigns.channels.onsite.channel import ONSITE
from campaigns.models import Campaign, Message
from campaigns.models.campaign import LATE_AFTER
from campaigns.personalization.brands import brand_of
from campaigns.personalization.render import TemplateFault
from campaigns.sending import breaking
from campaigns.sending.connecting import hold_accounts
from campaigns.sending.shelving import KEPT
from retention.kit.words import Phrase, gettext_noop
from retention.stores.models import Store, StoreWork
from retention.tenancy.context import require_store_id

WORK = "campaigns"
LOOK_EVERY = timedelta(seconds=15)
SOON = timedelta(seconds=2)
AT_ONCE = timedelta(seconds=1)
BITE = 10_000
UNFINISHED = ("planned", "ready", "sending")
_EMPTY = {
    "email": gettext_noop("Write what it says: a subject, a heading and a text."),
    "sms": gettext_noop("Write what it says: the text of the SMS."),
    "push": gettext_noop("Write what it says: a title, a text and where it leads."),
}
_LACKING = {
    "email": gettext_noop("Variant %(letter)s needs a subject, a heading and a text."),
    "sms": gettext_noop("Variant %(letter)s needs a text."),
    "push": gettext_noop("Variant %(letter)s needs a title, a text and where it leads."),
}

# What waits for a repeat may have left already (sending/doubts.py): nobody can say of it that it was held back.
_CLOSE = """
    WITH picked AS MATERIALIZED (
        SELECT id FROM campaigns_message
        WHERE store_id = %(store)s AND source_kind = 'campaign' AND source_id = %(campaign)s AND state IN ('planned', 'ready')
        LIMIT %(limit)s FOR UPDATE
    )
    UPDATE campaigns_message AS m
    SET state = CASE WHEN m.provider_key <> '' THEN 'unknown' ELSE 'suppressed' END,
        reason = CASE WHEN m.provider_key <> '' THEN 'no_answer' ELSE 'called_off' END,
        finished_at = %(now)s, holder = NULL, lease_until = NULL
    FROM picked WHERE m.store_id = %(store)s AND m.id = picked.id
"""

# What was kept for the next visit and is not wanted any more: it ends now.
_TAKE_OFF = """
    WITH picked AS MATERIALIZED (
        SELECT kept.id FROM campaigns_message AS m
        JOIN campaigns_onsitemessage AS kept ON kept.store_id = m.store_id AND kept.message_id = m.id
        WHERE m.store_id = %(store)s AND m.source_kind = 'campaign' AND m.source_id = %(campaign)s AND kept.until > %(now)s
        LIMIT %(limit)s FOR UPDATE OF kept
    )
    UPDATE campaigns_onsitemessage AS kept SET until = %(now)s FROM picked WHERE kept.store_id = %(store)s AND kept.id = picked.id
"""


class CannotStart(Exception):
    """A draft that cannot be sent as it is. faults: a sentence for each field that is to blame."""

    def __init__(self, faults: dict[str, Phrase]) -> None:
        super().__init__(", ".join(faults))
        self.faults = faults


def faults_of(campaign: Campaign, *, store: Store, now: datetime) -> dict[str, Phrase]:
    """Return what keeps a draft from being sent, by field."""
    audience = Audience.of(campaign)
    faults: dict[str, Phrase] = {}
    lame = broken(audience)
    if not audience.include and not audience.everybody:
        faults["include"] = Phrase(gettext_noop("Choose who gets it: at least one segment, or everybody."))
    elif lame:
        faults["include"] = Phrase(
            gettext_noop("“%(name)s” cannot be worked out now. Open the segment and mend it."), {"name": lame[0].name}
        )
    variants = list(campaign.variants.select_related("template").order_by("letter"))
    if not variants:
        faults["variants"] = Phrase(_EMPTY.get(campaign.channel, _EMPTY["push"]))
    for variant in variants:
        wrong = content.fault_of(variant, now=now)
        if wrong == "missing":
            faults["variants"] = Phrase(_LACKING.get(campaign.channel, _LACKING["push"]), {"letter": variant.letter.upper()})
        elif wrong:
            faults["variants"] = Phrase(gettext_noop("Variant %(letter)s: %(fault)s"), {"letter": variant.letter.upper(), "fault": wrong})
    if campaign.test_share is not None and len(variants) < 2:
        faults["test_share"] = Phrase(gettext_noop("A winner needs at least two variants."))
    if campaign.when != Campaign.When.NOW and _is_over(campaign, store, now):
        faults["wall_time"] = Phrase(gettext_noop("This moment is over. Choose one that is still to come."))
    return faults


def _is_over(campaign: Campaign, store: Store, now: datetime) -> bool:
    return first_moment("at", day=campaign.wall_day, wall=campaign.wall_time, zone=store.timezone, now=now) <= now


def start(campaign: Campaign, *, store: Store, user_id: int | None, now: datetime) -> bool:
    """Fix what a draft says and let it go at its moment; say whether it was a draft. Raises CannotStart, and then nothing changed."""
    with transaction.atomic():
        held = Campaign.objects.filter(pk=campaign.pk).select_for_update().get()
        if held.state != Campaign.State.DRAFT:
            return False
        faults = faults_of(held, store=store, now=now)
        if faults:
            raise CannotStart(faults)
        try:
            content.fix(held, now=now)
        except TemplateFault as error:
            raise CannotStart(
                {"variants": Phrase(gettext_noop("It cannot be sent like this: %(fault)s"), {"fault": str(error)})}
            ) from error
        starts_at = first_moment(held.when, day=held.wall_day, wall=held.wall_time, zone=store.timezone, now=now)
        held.holdout_share = share_of(held)
        held.state, held.confirmed_at, held.starts_at, held.started_by_id = Campaign.State.SCHEDULED, now, starts_at, user_id
        held.measure_opens, held.begun_inside = held.measure_opens and brand_of(store).measure_opens, stays_inside(held)
        held.approved_mark = standing_mark(held) if held.asked_at is not None else ""
        begun = ("state", "holdout_share", "confirmed_at", "starts_at", "started_by", "approved_mark", "begun_inside", "measure_opens")
        held.save(update_fields=begun)
        StoreWork.ring(WORK, store_id=store.pk, due_at=starts_at)
    return True


def pause(campaign: Campaign, *, now: datetime, reason: str = Campaign.PauseReason.PERSON) -> bool:
    """Let nothing further leave; say whether it was scheduled or sending."""
    going = Campaign.objects.filter(pk=campaign.pk, state__in=[Campaign.State.SCHEDULED, Campaign.State.SENDING])
    return bool(going.update(state=Campaign.State.PAUSED, paused_at=now, pause_reason=reason))


def resume(campaign: Campaign, *, now: datetime, seen: str = "") -> bool:
    """Go on where it stopped; say whether it does. What became due meanwhile has its full patience again from now on (`gate.py`).

    One that is not what was approved, or goes elsewhere now than it was started for, to real people or to the test inbox, stays paused and
    says so, unless seen, a standing mark, says that it was looked at as it is now.
    """
    with transaction.atomic():
        hold_accounts()
        held = Campaign.objects.filter(pk=campaign.pk, state=Campaign.State.PAUSED).select_for_update().first()
        if held is None:
            return False
        if differs(held) and (not seen or differs(held, seen)):
            _ask_anew(held, now=now)
            return False
        held.begun_inside = stays_inside(held)
        changes: dict[str, Any] = {"paused_at": None, "pause_reason": "", "confirmed_at": now, "begun_inside": held.begun_inside}
        changes |= {"approved_mark": standing_mark(held)} if held.approved_mark else {}
        if held.opened_at is None:
            starts_at = max(held.starts_at, now)
            changes |= {"state": Campaign.State.SCHEDULED, "starts_at": starts_at}
        else:
            starts_at = now
            changes |= {"state": Campaign.State.SENDING, "seen_at": now}
        Campaign.objects.filter(pk=held.pk).update(**changes)
        breaking.lift("campaign", held.pk, now=now)
        StoreWork.ring(WORK, store_id=held.store_id, due_at=starts_at)
        StoreWork.ring("dispatch", store_id=held.store_id, due_at=now)
    return True


def _ask_anew(held: Campaign, *, now: datetime) -> None:
    """Say of a paused one that it is not what somebody said yes to, and ask for the yes again, once."""
    why = _why(held)
    if Campaign.objects.filter(pk=held.pk).exclude(pause_reason=why).update(pause_reason=why):
        tell_changed(held, store=held.store, why=why, stamp=f"{now:%Y%m%d%H%M%S}")


def _why(campaign: Campaign) -> str:
    """Return why one that differs is paused: first that it goes elsewhere now."""
    return turned(campaign) or Campaign.PauseReason.CHANGED


def cancel(campaign: Campaign, *, now: datetime) -> bool:
    """Call it off for good; say whether it was under way. Messages that wait are closed at once, the last of very many by the next tick.

    One on the site is under way for as long as it waits for visits.
    """
    under_way = Q(state__in=[Campaign.State.SCHEDULED, Campaign.State.SENDING, Campaign.State.PAUSED])
    under_way |= Q(state=Campaign.State.FINISHED, channel=ONSITE.key, finished_at__gt=now - KEPT)
    with transaction.atomic():
        changed = Campaign.objects.filter(under_way, pk=campaign.pk).update(
            state=Campaign.State.CANCELLED, finished_at=now, paused_at=None, pause_reason=""
        )
        if changed:
            StoreWork.ring(WORK, store_id=campaign.store_id, due_at=now)
    if changed:
        close_waiting(campaign, now=now)
    return bool(changed)


def archive(campaign: Campaign) -> bool:
    """Put away one that is a draft or over; say whether it was."""
    over = [Campaign.State.DRAFT, Campaign.State.FINISHED, Campaign.State.CANCELLED]
    return bool(Campaign.objects.filter(pk=campaign.pk, state__in=over).update(state=Campaign.State.ARCHIVED))


def unarchive(campaign: Campaign) -> bool:
    """Take back one that was put away: to a draft where it never began, else to what it had come to; say whether it was put away."""
    held = Campaign.objects.filter(pk=campaign.pk, state=Campaign.State.ARCHIVED)
    over = Case(
        When(confirmed_at=None, then=Value(Campaign.State.DRAFT)),
        When(planned_at__isnull=False, finished_at__isnull=False, then=Value(Campaign.State.FINISHED)),
        default=Value(Campaign.State.CANCELLED),
    )
    return bool(held.update(state=over))


def close_waiting(campaign: Campaign, *, now: datetime) -> int:
    """End a bite of the messages of a campaign that was called off, and of those that wait on the site; return how many, a bite at most."""
    values: dict[str, Any] = {"store": require_store_id(), "campaign": campaign.pk, "limit": BITE, "now": now}
    with connection.cursor() as cursor:
        cursor.execute(_CLOSE, values)
        closed = int(cursor.rowcount)
        if campaign.channel == ONSITE.key:
            cursor.execute(_TAKE_OFF, values)
            closed = max(closed, int(cursor.rowcount))
    return closed


def look_again(now: datetime) -> None:
    """Have the active store's campaigns looked at: what was approved may rest on what was changed, in the caller's transaction."""
    if Campaign.objects.filter(state__in=[Campaign.State.SCHEDULED, Campaign.State.SENDING]).exclude(approved_mark="").exists():
        StoreWork.ring(WORK, store_id=require_store_id(), due_at=now)


def tick(store: Store, *, now: datetime) -> datetime | None:
    """Carry on every campaign of the active store, and return when to look again. Call it outside a transaction."""
    scheduled = Campaign.objects.filter(state=Campaign.State.SCHEDULED)
    may_change = Q(starts_at=None) | Q(starts_at__lte=now) | ~Q(approved_mark="") | turned_now()  # the others cost nothing, however many
    for campaign in scheduled.filter(may_change).order_by("starts_at", "id"):
        if not _ask_again(campaign, store=store, now=now) and (campaign.starts_at or now) <= now:
            _open(campaign, now=now)
    going = [one for one in Campaign.objects.sending().order_by("id") if not _ask_again(one, store=store, now=now)]
    moments = [_carry_on(campaign, now=now) for campaign in going]
    moments += [now for campaign in _called_off(now) if close_waiting(campaign, now=now) == BITE]
    waiting = scheduled.order_by("starts_at").values_list("starts_at", flat=True).first()
    found = [moment for moment in [*moments, waiting] if moment is not None]
    return min(found) if found else None


def _ask_again(campaign: Campaign, *, store: Store, now: datetime) -> bool:
    """Pause one that is not what somebody said yes to any more, and ask for the yes again; say whether it stopped.

    Where nothing of it is left that could be stopped, it is over instead.
    """
    if not differs(campaign):
        return False
    if _finish(campaign, now=now):
        return True
    with transaction.atomic():
        why = _why(campaign)
        paused = pause(campaign, now=now, reason=why)
        if paused:
            tell_changed(campaign, store=store, why=why, stamp=f"{now:%Y%m%d%H%M%S}")
    return paused


def _called_off(now: datetime) -> list[Campaign]:
    return list(Campaign.objects.filter(state=Campaign.State.CANCELLED, finished_at__gt=now - timedelta(days=1)).order_by("id"))


def _open(campaign: Campaign, *, now: datetime) -> None:
    if campaign.starts_at is None or campaign.starts_at < now - LATE_AFTER:
        pause(campaign, now=now, reason=Campaign.PauseReason.MISSED)
        return
    waiting = Campaign.objects.filter(pk=campaign.pk, state=Campaign.State.SCHEDULED)
    waiting.update(state=Campaign.State.SENDING, opened_at=now, seen_at=now)


def _carry_on(campaign: Campaign, *, now: datetime) -> datetime | None:
    """Take one sending campaign a step further; return when to look again, or None when it is over or stopped."""
    if (campaign.seen_at is None or campaign.seen_at < now - LATE_AFTER) and _is_late(campaign, now):
        pause(campaign, now=now, reason=Campaign.PauseReason.MISSED)
        return None
    Campaign.objects.sending().filter(pk=campaign.pk, seen_at__lt=now).update(seen_at=now)
    if campaign.planned_at is None or now - campaign.planned_at >= LOOK_EVERY:  # looked at more often, an account that rests still rests
        StoreWork.ring("dispatch", store_id=campaign.store_id, due_at=now)
    if campaign.planned_at is None:
        audience = Audience.of(campaign)
        if broken(audience):
            pause(campaign, now=now, reason=Campaign.PauseReason.SEGMENT)
            return None
        if not campaign.planned_to and not bring_up_to_date(audience, now=now):
            return now + SOON
        plan(campaign, now=now)
        campaign.refresh_from_db()
        if campaign.planned_at is None:
            return now if campaign.state == Campaign.State.SENDING else None
    decide(campaign, now=now)
    let_rest_go(campaign, now=now)
    return None if _finish(campaign, now=now) else now + _pause(now - campaign.planned_at)


def _pause(planned_for: timedelta) -> timedelta:
    """Return how long to wait before looking whether all have left: a small campaign has in a second, a large one is looked at less often.

    planned_for: how long ago its last row was written.
    """
    return min(LOOK_EVERY, max(AT_ONCE, planned_for / 4))


def _is_late(campaign: Campaign, now: datetime) -> bool:
    return campaign.planned_at is None or _rows(campaign).filter(state="ready", due_at__lt=now - LATE_AFTER).exists()


def _finish(campaign: Campaign, *, now: datetime) -> bool:
    if _rows(campaign).filter(state__in=UNFINISHED).exists():
        return False
    going = Campaign.objects.sending().filter(pk=campaign.pk, planned_at__isnull=False)
    return bool(going.update(state=Campaign.State.FINISHED, finished_at=now))


def _rows(campaign: Campaign) -> Any:
    return Message.objects.filter(source_kind="campaign", source_id=campaign.pk)
