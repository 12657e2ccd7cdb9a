"""Take a ready-made journey: its segments, attributes and messages are made, its definition becomes version 1, and it goes live."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext

from campaigns.journeys import shadowing
from campaigns.journeys.checking import faults_of
from campaigns.journeys.definition import read_definition
from campaigns.journeys.drafting import draft_of
from campaigns.models import CouponPool, Journey, JourneyVersion, SendRule
from campaigns.personalization.ready.messages import add_messages
from campaigns.playbooks import PLAYBOOKS
from campaigns.playbooks.base import STORE, Playbook, ReadySegment
from campaigns.playbooks.numbers import numbers_of
from retention.customers.models import Attribute
from retention.kit.locks import transaction_lock
from retention.stores.models import Store, StoreWork
from retention.tenancy.context import require_store_id
from segments.models import Segment
from segments.saving import create


def switch_on(
    key: str,
    *,
    now: datetime,
    holdout_share: float | None = None,
    pools: Mapping[str, CouponPool] | None = None,
    user_id: int | None = None,
) -> Journey:
    """Launch a playbook in the active store, or return the journey it became; a paused one stays paused.

    key: of the playbook. holdout_share: the part that is only measured, where it is another than the playbook says. pools: where a message
    draws its codes from, by step. Raises UnknownKey. One that has faults (`journeys/checking.py`) is there afterwards and stays a draft; so
    does one that somebody changes in the editor, for what they wrote goes live from there (`drafting.release`).
    """
    with transaction.atomic():
        made = add(key, now=now, holdout_share=holdout_share, pools=pools, user_id=user_id)
        journey: Journey = Journey.objects.select_for_update(no_key=True).get(pk=made.pk)
        if journey.state == Journey.State.DRAFT and draft_of(journey) is None and not faults_of(journey, now=now):
            journey.launch(number=1, now=now)
            shadowing.stop(journey, now=now)
            for kind in ("journeys", "dispatch"):
                StoreWork.ring(kind, store_id=journey.store_id, due_at=now)
    return journey


def add(
    key: str,
    *,
    now: datetime,
    holdout_share: float | None = None,
    pools: Mapping[str, CouponPool] | None = None,
    user_id: int | None = None,
) -> Journey:
    """Make a playbook's journey with all it names, as drafts, or return the journey it became; nothing is sent by it yet."""
    playbook = PLAYBOOKS[key]
    chosen = {step: pool for step, pool in (pools or {}).items() if step in {gift.step for gift in playbook.gifts}}
    with transaction.atomic():
        transaction_lock("playbooks", store_id=require_store_id())
        found: Journey | None = Journey.objects.filter(playbook=key).first()
        if found is not None:
            return found
        store = Store.objects.get(pk=require_store_id())
        definition = with_gifts(playbook, chosen)
        definition = filled(definition, {**numbers_of(store, now=now).values(), **_rest(playbook, user_id=user_id, now=now)})
        if holdout_share is not None:
            definition = definition | {"holdout_share": holdout_share}
        read_definition(definition)
        add_messages(playbook.templates, store, now=now)
        journey = Journey(name=playbook.name.render(gettext), playbook=key, created_at=now)
        journey.save()
        JourneyVersion.objects.create(journey=journey, number=1, definition=definition, created_at=now)
        for step, pool in chosen.items():
            SendRule.objects.create(journey=journey, step=step, pool=pool, changed_at=now)
    return journey


def filled(data: Any, values: Mapping[str, Any]) -> Any:
    """Return a definition with the store's own in the places of `STORE` texts; raises KeyError for a name nobody knows."""
    if isinstance(data, Mapping):
        return {name: filled(value, values) for name, value in data.items()}
    if isinstance(data, list | tuple):
        return [filled(one, values) for one in data]
    return values[data.removeprefix(STORE)] if isinstance(data, str) and data.startswith(STORE) else data


def with_gifts(playbook: Playbook, chosen: Mapping[str, Any]) -> dict[str, Any]:
    """Return a playbook's definition that sends the messages with a code in the steps for which a pool is chosen."""
    instead = {gift.step: {gift.plain: gift.gifted} for gift in playbook.gifts if gift.step in chosen}
    steps = [_swapped(step, instead.get(step["id"], {})) for step in playbook.definition["steps"]]
    return playbook.definition | {"steps": steps}


def _swapped(data: Any, texts: Mapping[str, str]) -> Any:
    if isinstance(data, Mapping):
        return {name: _swapped(value, texts) for name, value in data.items()}
    if isinstance(data, list):
        return [_swapped(one, texts) for one in data]
    return texts.get(data, data) if isinstance(data, str) else data


def _rest(playbook: Playbook, *, user_id: int | None, now: datetime) -> dict[str, str]:
    """Make the attributes and segments a playbook works with, and return the segments' public ids by key."""
    for key, kind in (playbook.attributes or {}).items():
        Attribute.objects.get_or_create(key=key, defaults={"kind": kind, "created_at": now})
    return {ready.key: str(_segment(ready, user_id=user_id, now=now).public_id) for ready in playbook.segments}


def _segment(ready: ReadySegment, *, user_id: int | None, now: datetime) -> Segment:
    """Make a segment, or take the one there is of this name and rule; where the name means something else, ours gets a number."""
    name = ready.name.render(gettext)
    there = {one.name: one for one in Segment.objects.kept().filter(name__startswith=name)}
    same: Segment | None = next((one for one in there.values() if one.rule == ready.rule and one.state == Segment.State.LIVE), None)
    if same is not None:
        return same
    free = next(one for one in (name, *(f"{name} ({number})" for number in range(2, 1000))) if one not in there)
    return create(name=free, note=ready.note.render(gettext), rule=ready.rule, user_id=user_id, now=now)
