"""The ready-made journeys: all of them by aim, one with what it would do in this store, and the switch."""

from collections.abc import Mapping
from threading import Lock
from typing import Any
from uuid import UUID

from csp.decorators import csp, csp_update
from django.contrib import messages as toasts
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST, require_safe

from campaigns.journeys.drafting import draft_of, unsaved
from campaigns.journeys.occasions import people_words
from campaigns.measurement.lots import LEAST_SHARE_OF_FEW
from campaigns.models import CouponPool, Journey, RecoveryCell
from campaigns.personalization.blocks.editing import filled_in
from campaigns.personalization.brands import ready_words
from campaigns.personalization.ready.messages import ReadyMessage
from campaigns.personalization.wording import Wording
from campaigns.playbooks import AIMS, PLAYBOOKS, Playbook
from campaigns.playbooks.numbers import numbers_of
from campaigns.playbooks.previewing import DAYS, Preview, is_met, preview_of
from campaigns.playbooks.switching import add
from campaigns.playbooks.switching import switch_on as launch
from campaigns.views.frames import FRAME_POLICY, show_message, shown
from campaigns.views.journey_states import STATE_BADGES
from campaigns.views.journey_words import CHANNEL_ICONS, ICONS, Names, occasion_words, say, starts
from campaigns.views.looking import look_at
from retention.dashboard.access import may, needs
from retention.dashboard.figures import write_number
from retention.kit import clock
from retention.kit.words import Phrase
from retention.stores import auditing

PLAN = "abandoned_cart"  # in whose place the recovery plan stands
_one_at_a_time = Lock()


@needs("messages.view")
@require_safe
def list_playbooks(request: Any) -> HttpResponse:
    """Show every ready-made journey by its aim: whether it is on, and what it still waits for."""
    now = clock.now()
    taken = {journey.playbook: journey for journey in Journey.objects.exclude(playbook="").filter(for_quiet=False)}
    wanted = {need.key: need for playbook in PLAYBOOKS for need in playbook.needs}
    unmet = {key for key, need in wanted.items() if not is_met(need, now=now)}
    cards = [_card(playbook, taken.get(playbook.key), unmet) for playbook in PLAYBOOKS if playbook.key != PLAN or playbook.key in taken]
    aims = [{"key": key, "name": name.render(_), "cards": [card for card in cards if card["aim"] == key]} for key, name in AIMS.items()]
    live = sum(journey.state == Journey.State.LIVE for journey in taken.values())
    return render(request, "campaigns/playbooks.html", {"aims": aims, "plan": _plan(), "live": live})


@needs("messages.view")
@require_safe
@csp_update({"frame-src": ["'self'"]})  # type: ignore[arg-type]
def show_playbook(request: Any, key: str) -> HttpResponse:
    """Show what one would do here: who would have entered lately, who gets what and when, and what is missing."""
    playbook, now = _playbook(key), clock.now()
    journey = Journey.objects.filter(playbook=key).first()
    if journey is not None and journey.state != Journey.State.DRAFT:
        return redirect("campaigns:journey", store_slug=request.store.slug, public_id=journey.public_id)
    preview = preview_of(playbook, request.store, numbers=numbers_of(request.store, now=now), now=now)
    pools = [(str(pool.public_id), pool.name) for pool in CouponPool.objects.filter(archived_at=None).order_by("name", "id")]
    names = Names({key: name.render(_) for key, name in preview.names.items()})
    context = {
        "playbook": playbook,
        "name": playbook.name.render(_),
        "summary": playbook.summary.render(_),
        "lead": _lead(preview),
        "reach": _reach(preview),
        "starts": starts(preview.definition.trigger, names),
        "people": _said(people_words(preview.definition.people), names) if preview.definition.people else "",
        "ends": [occasion_words(occasion) for occasion in preview.definition.exits],
        "again": preview.definition.again.words().render(_),
        "steps": [{"icon": ICONS.get(kind, "flag"), "sentence": _said(words, names)} for kind, words, _step in preview.steps],
        "needs": [{"label": one.need.label.render(_), "missing": one.need.missing.render(_), "met": one.met} for one in preview.needs],
        "says": [_said(one, names) for one in preview.says],
        "messages_shown": [_shown(one) for one in playbook.templates],
        "gifts": [{"name": f"pool_{gift.step}", "label": gift.label.render(_)} for gift in playbook.gifts],
        "pools": pools,
        "holdout": _share(playbook) if journey is None else unsaved(journey, now=now).tree.get("holdout_share", 0),
        "service": playbook.service,
        "journey": journey,
        "draft": journey is not None and draft_of(journey) is not None,
        "may_write": may(request, "messages.write"),
        "may_send": may(request, "messages.send"),
        "may_edit": may(request, "messages.edit"),
    }
    return render(request, "campaigns/playbook.html", context)


@needs("messages.view")
@require_safe
@csp(FRAME_POLICY)  # type: ignore[arg-type]
@xframe_options_sameorigin
def preview_message(request: Any, key: str, message: str) -> HttpResponse:
    """Show a message of a playbook as this store's example person sees it, for its frame."""
    found = next((one for one in _playbook(key).templates if one.key == message), None)
    if found is None:
        raise Http404
    source = filled_in(found.source, ready_words(request.store)) if found.kind == "mjml" else found.source
    with _one_at_a_time:  # a page asks for all of them at once; one render process is enough for that
        made = look_at(request, Wording(found.subject, found.preheader, source), found.kind)
    return show_message(request, shown(made, dark=request.GET.get("as") == "dark"), kind=found.kind)


@needs("messages.send")
@require_POST
def switch_playbook_on(request: Any, key: str) -> HttpResponse:
    """Take a playbook and let people in from now on; one that needs something first, or is being changed, stays a draft and says so."""
    playbook, now = _playbook(key), clock.now()
    with transaction.atomic():
        journey = launch(key, now=now, holdout_share=_share(playbook), pools=_pools(request, playbook), user_id=request.user.pk)
        launched = journey.launched_at == now
        if launched:
            auditing.note(request, "journey.launched", target=f"journey:{journey.public_id}")
    if launched:
        toasts.success(request, _("%(name)s is live. People enter from now on.") % {"name": journey.name})
    elif draft_of(journey) is not None:
        toasts.error(request, _("%(name)s is being changed. Look its draft over; it goes live from there.") % {"name": journey.name})
    elif journey.state == Journey.State.DRAFT:
        toasts.error(request, _("%(name)s is not live yet: something must be mended first.") % {"name": journey.name})
    return redirect("campaigns:journey", store_slug=request.store.slug, public_id=journey.public_id)


@needs("messages.edit")
@require_POST
def draft_playbook(request: Any, key: str) -> HttpResponse:
    """Take a playbook as a draft, to change it before anybody enters."""
    playbook, now = _playbook(key), clock.now()
    with transaction.atomic():
        journey = add(key, now=now, holdout_share=_share(playbook), pools=_pools(request, playbook), user_id=request.user.pk)
        if journey.created_at == now:
            auditing.note(request, "journey.made", target=f"journey:{journey.public_id}")
    return redirect("campaigns:journey", store_slug=request.store.slug, public_id=journey.public_id)


def _playbook(key: str) -> Playbook:
    found = PLAYBOOKS.get(key)
    if found is None:
        raise Http404
    return found


def _share(playbook: Playbook) -> float:
    return 0 if playbook.service else LEAST_SHARE_OF_FEW


def _pools(request: Any, playbook: Playbook) -> dict[str, CouponPool]:
    """Return the pools chosen for the playbook's gifts, by step; what is no pool of this store is as if nothing was chosen."""
    asked = {gift.step: _uuid(request.POST.get(f"pool_{gift.step}", "")) for gift in playbook.gifts}
    wanted = [one for one in asked.values() if one is not None]
    there = {pool.public_id: pool for pool in CouponPool.objects.filter(public_id__in=wanted, archived_at=None)}
    return {step: there[one] for step, one in asked.items() if one in there}


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _shown(message: ReadyMessage) -> dict[str, Any]:
    icon = CHANNEL_ICONS[message.channel]
    return {"key": message.key, "icon": icon, "name": message.name.render(_), "is_mail": message.channel == "email"}


def _card(playbook: Playbook, journey: Journey | None, unmet: set[Any]) -> dict[str, Any]:
    channels = {channel for message in playbook.templates for channel in [message.channel]}
    return {
        "key": playbook.key,
        "aim": playbook.aim,
        "icon": playbook.icon,
        "name": playbook.name.render(_),
        "summary": playbook.summary.render(_),
        "channels": [icon for channel, icon in CHANNEL_ICONS.items() if channel in channels],
        "waits": [need.label.render(_) for need in playbook.needs if need.key in unmet],
        "journey": journey,
        "badge": STATE_BADGES[journey.state] if journey is not None else "",
    }


def _plan() -> Mapping[str, Any]:
    """Return how the recovery plan stands: how many of its cells are live, and whether there is one."""
    cells = RecoveryCell.objects.filter(stage__archived_at=None)
    live = cells.filter(state=RecoveryCell.State.LIVE).count()
    return {"there": cells.exists(), "live": live}


def _said(phrase: Phrase, names: Names) -> str:
    said = say(phrase, names)
    return said[:1].upper() + said[1:]


def _lead(preview: Preview) -> str:
    """Say how many people it would have been for, in one sentence."""
    if preview.counted is None:
        return _("Whom it would have been for could not be counted just now.")
    if not preview.counted.count:
        return _("In the last %(days)s days it would have been for nobody.") % {"days": DAYS}
    said = ngettext(
        "In the last %(days)s days it would have been for %(count)s person.",
        "In the last %(days)s days it would have been for %(count)s people.",
        preview.counted.count,
    )
    return said % {"days": DAYS, "count": write_number(preview.counted.count)}


def _reach(preview: Preview) -> list[dict[str, str]]:
    """Return how many of those may be written to, for each channel it uses."""
    if preview.counted is None or not preview.counted.count:
        return []
    words = {"email": _("by e-mail"), "sms": _("by SMS"), "push": _("by push message")}
    return [
        {"icon": CHANNEL_ICONS[channel], "label": words[channel], "count": write_number(preview.counted.reach[channel])}
        for channel in preview.channels
    ]
