"""Approval: who may write a campaign and not send it asks, who may send it says yes by starting it, or gives it back.

Those who may say yes are told by mail, and who asked is told the outcome. A change takes the question back (`drafting.change`), and what is
approved is what was asked about: content, audience with the rules of its segments, moment, coupons. What changes after the yes stops the
campaign until somebody who may send says yes again (`running`).
"""

from datetime import datetime
from enum import StrEnum

from django.db import transaction

from campaigns.broadcasts import running
from campaigns.broadcasts.mailing import tell_answered, tell_asked
from campaigns.broadcasts.marking import mark_of, shown_mark
from campaigns.models import Campaign
from campaigns.sending.connecting import hold_accounts
from retention.stores.limits import Limit, spend_or_local
from retention.stores.models import Store

MAILS = Limit("campaign-asks", 20, 3600)
"""So many questions of a store are told by mail: all shops share one queue of such mail, and there are other pages that say what waits."""


class Asked(StrEnum):
    """What became of a question: nothing new to ask, asked and told by mail, or asked without a mail because there were many."""

    NOTHING = ""
    TOLD = "told"
    QUIET = "quiet"


class Changed(Exception):
    """It was changed after somebody looked at it or asked about it; what they would say yes to is not what they saw."""


def ask(campaign: Campaign, *, store: Store, user_id: int | None, now: datetime) -> Asked:
    """Ask for a yes to a draft as it stands; nothing where it was asked before. Raises CannotStart where nobody could say yes to it.

    Everybody who may say yes is told by mail, up to the store's limit. One that was changed since it was asked about is asked about anew.
    """
    with transaction.atomic():
        held = Campaign.objects.filter(pk=campaign.pk).select_for_update().get()
        mark = mark_of(held)
        if not held.is_editable or (held.asked_at is not None and held.asked_mark == mark):
            return Asked.NOTHING
        faults = running.faults_of(held, store=store, now=now)
        if faults:
            raise running.CannotStart(faults)
        held.asked_at, held.asked_by_id, held.asked_mark = now, user_id, mark
        held.save(update_fields=["asked_at", "asked_by", "asked_mark"])
        if not spend_or_local(MAILS, who=str(store.pk)).allowed:
            return Asked.QUIET
        tell_asked(held, store=store)
    return Asked.TOLD


def is_stale(campaign: Campaign) -> bool:
    """Say whether a draft that waits for a yes is not any more what was asked about."""
    return campaign.is_editable and campaign.asked_at is not None and campaign.asked_mark != mark_of(campaign)


def approve(campaign: Campaign, *, store: Store, user_id: int | None, seen: str, now: datetime) -> bool:
    """Say yes to a draft somebody asked about, which starts it; say whether one waited. Raises Changed and CannotStart.

    seen: the mark of what was looked at, from `shown_mark`.
    """
    with transaction.atomic():
        hold_accounts()
        held = Campaign.objects.filter(pk=campaign.pk).select_for_update().get()
        if not held.is_editable or held.asked_at is None:
            return False
        if seen != shown_mark(held):
            raise Changed
        return start(held, store=store, user_id=user_id, now=now)


def start(campaign: Campaign, *, store: Store, user_id: int | None, now: datetime) -> bool:
    """Start a draft, and tell who asked about it that it is on its way; say whether it was a draft. Raises CannotStart."""
    with transaction.atomic():
        done = running.start(campaign, store=store, user_id=user_id, now=now)
        if done:
            tell_answered(campaign, store=store, yes=True, why="", user_id=user_id)
    return done


def give_back(campaign: Campaign, *, store: Store, user_id: int | None, why: str = "") -> bool:
    """Take the question off a draft and tell who asked; say whether there was one. why: in the words of who gives it back."""
    with transaction.atomic():
        held = Campaign.objects.filter(pk=campaign.pk).select_for_update().get()
        if held.state != Campaign.State.DRAFT or held.asked_at is None:
            return False
        tell_answered(held, store=store, yes=False, why=why, user_id=user_id)
        Campaign.objects.filter(pk=held.pk).update(asked_at=None, asked_by=None, asked_mark="")
    return True


def is_still(campaign: Campaign, seen: str) -> bool:
    """Say whether a draft is still what was looked at, and hold it and where it goes for the caller's transaction. seen: from `shown_mark`.

    Without a mark nobody can say what was seen: fine for a draft of one's own, not for one that somebody asked a yes for.
    """
    hold_accounts()
    held = Campaign.objects.filter(pk=campaign.pk).select_for_update().get()
    return seen == shown_mark(held) if seen or held.asked_at is not None else True
