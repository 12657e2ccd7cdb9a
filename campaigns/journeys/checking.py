"""What stands in the way of switching a journey on, in words: said before the first person enters, for later it costs every message."""

from datetime import datetime

from django.db.models import F, Q

from campaigns.journeys.definition import Definition
from campaigns.journeys.steps.send import Send
from campaigns.journeys.versions import definitions_of
from campaigns.measurement.lots import LEAST_SHARE
from campaigns.models import Journey, JourneyVersion, TemplateVersion
from campaigns.truth.codes import code_fault
from retention.kit.words import Phrase, gettext_noop


def faults_of(journey: Journey, *, now: datetime) -> list[Phrase]:
    """Return what must be mended in the version of a journey that people would enter by; nothing when it may go live."""
    newest = JourneyVersion.objects.filter(journey=journey)
    if journey.live_number is not None:
        newest = newest.filter(number=journey.live_number)
    version = newest.order_by("-number").first()
    return _faults(journey, definitions_of([version.pk])[version.pk], now=now) if version else []


def _faults(journey: Journey, definition: Definition, *, now: datetime) -> list[Phrase]:
    steps = [step for step in definition.steps if isinstance(step, Send)]
    faults = []
    if 0 < definition.holdout_share < LEAST_SHARE:
        faults.append(Phrase(gettext_noop("Hold back at least 5%. With less, it could never show whether it brings in anything.")))
    live = TemplateVersion.objects.filter(template__key__in={step.template for step in steps}, number=F("template__live_number"))
    versions = {version.template.key: version for version in live.select_related("template")}
    for step in steps:
        version = versions.get(step.template)
        if version is None:
            faults.append(Phrase(gettext_noop("“%(template)s”: it has no version that could be sent."), {"template": step.template}))
            continue
        place = Q(journey_id=journey.pk, step=step.id) | Q(template_id=version.template_id)
        fault = code_fault(version.texts(), place=place, now=now)
        if fault is not None:
            faults.append(Phrase(gettext_noop("“%(template)s”: %(fault)s"), {"template": version.template.name, "fault": fault}))
    return faults
