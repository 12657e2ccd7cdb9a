"""The switches of a campaign: start, pause, go on, call off, put away, copy. Each is one deed and one line of the audit log."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages as toasts
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from campaigns.broadcasts import asking, drafting, running
from campaigns.models import Campaign
from retention.dashboard.access import needs
from retention.kit import clock
from retention.stores import auditing


@needs("messages.send")
@require_POST
def start_campaign(request: Any, public_id: UUID) -> HttpResponse:
    """Start a draft, which is also the yes to who asked for one; what is not whole says what is missing.

    `seen` says what the page showed: what was changed after that is looked at again before it leaves.
    """
    seen = request.POST.get("seen", "")

    def deed(one: Campaign) -> bool:
        if not asking.is_still(one, seen):
            raise asking.Changed
        return asking.start(one, store=request.store, user_id=request.user.pk, now=clock.now())

    try:
        return _do(request, public_id, deed, "campaign.started", _("%(name)s is on its way. You can pause it at any moment."))
    except asking.Changed:
        toasts.warning(request, _("It was changed after you opened it. Look it over again; nothing has left."))
    except running.CannotStart as refusal:
        _say(request, refusal)
    return redirect("campaigns:campaign", request.store.slug, public_id)


@needs("messages.write")
@require_POST
def ask_campaign(request: Any, public_id: UUID) -> HttpResponse:
    """Ask those who may send for their yes."""
    word = _("Asked. Those who may send see it, and nothing leaves before one of them says yes.")

    def deed(one: Campaign) -> bool:
        asked = asking.ask(one, store=request.store, user_id=request.user.pk, now=clock.now())
        if asked == asking.Asked.QUIET:
            toasts.warning(request, _("There were many questions this hour, so no mail tells of this one. It stands on the start page."))
        return bool(asked)

    try:
        return _do(request, public_id, deed, "campaign.asked", word)
    except running.CannotStart as refusal:
        _say(request, refusal)
    return redirect("campaigns:campaign", request.store.slug, public_id)


@needs("messages.send")
@require_POST
def return_campaign(request: Any, public_id: UUID) -> HttpResponse:
    """Give a draft back to who asked: not like this. Field: why, in words for them."""
    why = request.POST.get("why", "").replace("\0", "").strip()[:500]

    def deed(one: Campaign) -> bool:
        return asking.give_back(one, store=request.store, user_id=request.user.pk, why=why)

    return _do(request, public_id, deed, "campaign.returned", _("%(name)s is given back as a draft."))


@needs("messages.edit")
@require_POST
def unarchive_campaign(request: Any, public_id: UUID) -> HttpResponse:
    """Take one that was put away back onto the list."""
    return _do(request, public_id, running.unarchive, "campaign.unarchived", _("%(name)s is back on the list."))


@needs("messages.edit")
@require_POST
def pause_campaign(request: Any, public_id: UUID) -> HttpResponse:
    """Let nothing further leave."""
    word = _("%(name)s is paused. Messages that wait will not go.")
    return _do(request, public_id, lambda one: running.pause(one, now=clock.now()), "campaign.paused", word)


@needs("messages.send")
@require_POST
def resume_campaign(request: Any, public_id: UUID) -> HttpResponse:
    """Go on where it stopped. `seen`: what the page of one that was changed showed; going on is the yes to exactly that."""
    seen = request.POST.get("seen", "")

    def deed(one: Campaign) -> bool:
        done = running.resume(one, now=clock.now(), seen=seen)
        why = Campaign.objects.values_list("pause_reason", flat=True).get(pk=one.pk)
        if not done and why in Campaign.ASKS:
            outside = _("A provider was connected since it was started for the test inbox. Look it over; going on sends it to real people.")
            inside = _("Its provider is not used any more. Look it over; going on sends what is left to the test inbox.")
            changed = _("It is not what was approved any more. Look it over as it is now; going on then is the new yes.")
            toasts.warning(request, {"outside": outside, "inside": inside}.get(why, changed))
        return done

    return _do(request, public_id, deed, "campaign.resumed", _("%(name)s goes on."))


@needs("messages.edit")
@require_POST
def cancel_campaign(request: Any, public_id: UUID) -> HttpResponse:
    """Call it off for good."""
    word = _("%(name)s is called off. What has left cannot be called back.")
    return _do(request, public_id, lambda one: running.cancel(one, now=clock.now()), "campaign.cancelled", word)


@needs("messages.edit")
@require_POST
def archive_campaign(request: Any, public_id: UUID) -> HttpResponse:
    """Put a draft or one that is over out of sight."""
    _do(request, public_id, running.archive, "campaign.archived", _("%(name)s is put away."))
    return redirect("campaigns:campaigns", request.store.slug)


@needs("messages.write")
@require_POST
def duplicate_campaign(request: Any, public_id: UUID) -> HttpResponse:
    """Copy a campaign as a draft."""
    return _copy(request, public_id, drafting.duplicate)


@needs("messages.edit")
@require_POST
def write_campaign_again(request: Any, public_id: UUID) -> HttpResponse:
    """Write a draft to those who got it and did not click."""
    return _copy(request, public_id, drafting.write_again)


def _say(request: Any, refusal: running.CannotStart) -> None:
    for phrase in refusal.faults.values():
        toasts.error(request, phrase.render(_))


def _copy(request: Any, public_id: UUID, deed: Callable[..., Campaign | None]) -> HttpResponse:
    campaign = get_object_or_404(Campaign.objects.all(), public_id=public_id)
    with transaction.atomic():
        copy = deed(campaign, user_id=request.user.pk, now=clock.now())
        if copy is not None:
            auditing.note(request, "campaign.made", target=f"campaign:{copy.public_id}")
    if copy is None:
        toasts.warning(request, _("There is nobody who got it and did not click."))
        return redirect("campaigns:campaign", request.store.slug, public_id)
    return redirect("campaigns:campaign_edit", request.store.slug, copy.public_id)


def _do(request: Any, public_id: UUID, deed: Callable[[Campaign], bool], action: str, word: str) -> HttpResponse:
    campaign = get_object_or_404(Campaign.objects.all(), public_id=public_id)
    with transaction.atomic():
        done = deed(campaign)
        if done:
            auditing.note(request, action, target=f"campaign:{campaign.public_id}")
    if done:
        toasts.success(request, word % {"name": campaign.name})
    return redirect("campaigns:campaign", request.store.slug, public_id)
