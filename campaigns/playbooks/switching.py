"""Switch a ready-made journey on: its templates are compiled and stored, its definition becomes version 1, and it goes live."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from campaigns.journeys.checking import faults_of
from campaigns.journeys.definition import read_definition
from campaigns.models import Journey, JourneyVersion, Template
from campaigns.personalization.saving import save_version
from campaigns.playbooks import PLAYBOOKS
from campaigns.playbooks.base import ReadyTemplate
from retention.kit.locks import transaction_lock
from retention.tenancy.context import require_store_id


def switch_on(key: str, *, now: datetime, holdout_share: float | None = None) -> Journey:
    """Launch a playbook in the active store, or return the journey it became; a paused one stays paused.

    key: of the playbook. holdout_share: the part that is only measured, where it is another than the playbook says. Raises UnknownKey.
    One that has faults (`journeys/checking.py`) is there afterwards and stays a draft.
    """
    with transaction.atomic():
        journey = add(key, now=now, holdout_share=holdout_share)
        if journey.state == Journey.State.DRAFT and not faults_of(journey, now=now):
            journey.launch(number=1, now=now)
    return journey


def add(key: str, *, now: datetime, holdout_share: float | None = None) -> Journey:
    """Make a playbook's journey and templates as drafts, or return the journey it became; nothing is sent by it yet."""
    playbook = PLAYBOOKS[key]
    definition = playbook.definition if holdout_share is None else playbook.definition | {"holdout_share": holdout_share}
    read_definition(definition)
    with transaction.atomic():
        transaction_lock("playbooks", store_id=require_store_id())
        found: Journey | None = Journey.objects.filter(playbook=key).first()
        if found is not None:
            return found
        for ready in playbook.templates:
            _template(ready, now=now)
        journey = Journey(name=playbook.name.render(gettext), playbook=key, created_at=now)
        journey.save()
        JourneyVersion.objects.create(journey=journey, number=1, definition=definition, created_at=now)
    return journey


def _template(ready: ReadyTemplate, *, now: datetime) -> None:
    """Store one template with its first version, unless the store has one under this key: that one is kept."""
    if Template.objects.filter(key=ready.key).exists():
        return
    template = Template(key=ready.key, name=ready.name, created_at=now)
    template.save()
    save_version(template, subject=ready.subject, source=ready.source, now=now)
