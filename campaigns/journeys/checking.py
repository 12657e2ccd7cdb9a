"""What stands in the way of switching a journey on, in words: said before the first person enters, for later it costs every message.

Faults keep a journey from going live, and are shown while it is; hints are right as they stand and may still surprise.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import F, Q

from campaigns.journeys.definition import Definition
from campaigns.journeys.occasions import Who, is_public_id
from campaigns.journeys.steps import Branch, Coupon, Update, WaitDate, Webhook
from campaigns.journeys.steps.wait_date import BIRTHDAY
from campaigns.journeys.versions import definitions_of
from campaigns.measurement.lots import LEAST_SHARE
from campaigns.models import Coupon as Code
from campaigns.models import CouponPool, Journey, JourneyVersion, Template, TemplateVersion
from campaigns.truth.codes import code_fault
from retention.customers.models import Attribute
from retention.customers.profile import is_reserved
from retention.kit.words import Phrase, gettext_noop
from retention.webhooks.models import Endpoint
from segments.knowing import at_moment, read
from segments.models import Segment
from segments.rules.tree import RuleError

Said = list[Phrase]
# What a message without consent may be about: what a shop tells of somebody's own order.
ABOUT_ORDERS = frozenset(
    {"Order Completed", "Order Updated", "Order Cancelled", "Order Refunded", "Shipment Updated", "Return Updated"},
)


def faults_of(journey: Journey, *, now: datetime) -> Said:
    """Return what must be mended in the version of a journey that people would enter by; nothing when it may go live."""
    definition = _entered_by(journey)
    if definition is None:
        return []
    return faults_of_definition(definition, journey_id=journey.pk, going=journey.state == Journey.State.LIVE, now=now)


def hints_of(journey: Journey) -> Said:
    """Return what may surprise in the version people would enter by, and is no fault."""
    definition = _entered_by(journey)
    if definition is None:
        return []
    segments = _segments(_questions(definition), definition)
    empty = [one for one in segments.values() if one.members_count == 0 and one.is_up_to_date]
    said = [Phrase(gettext_noop("Nobody is in the segment “%(segment)s” now."), {"segment": one.name}) for one in empty]
    if journey.state == Journey.State.LIVE:
        said += _put_away(live_versions(key for _, _, key in definition.sent).values())
    return said


def faults_of_definition(definition: Definition, *, journey_id: int | None, going: bool = False, now: datetime) -> Said:
    """Return what must be mended before people may enter by a definition. journey_id: None where it belongs to no journey yet.

    going: people enter by it already. What was put away since goes on being sent, so that is no fault of it.
    """
    return [
        *_stream(definition),
        *_holdout(definition),
        *_messages(definition, journey_id, going=going, now=now),
        *_people(definition, now),
        *_dates(definition),
        *(fault for check in _OF_STEPS for fault in check(definition, now)),
    ]


def _entered_by(journey: Journey) -> Definition | None:
    newest = JourneyVersion.objects.filter(journey=journey)
    if journey.live_number is not None:
        newest = newest.filter(number=journey.live_number)
    version = newest.order_by("-number").first()
    return definitions_of([version.pk]).get(version.pk) if version else None


def _stream(definition: Definition) -> Said:
    """Check that what goes out without consent begins with an order."""
    if definition.stream != "transactional" or definition.trigger.event in ABOUT_ORDERS:
        return []
    said = gettext_noop(
        "Its messages go out without consent, so only an order, a parcel, a return or a refund may start it. Choose that, or say that"
        " its messages are marketing."
    )
    return [Phrase(said)]


def _holdout(definition: Definition) -> Said:
    if 0 < definition.holdout_share < LEAST_SHARE:
        return [Phrase(gettext_noop("Hold back at least 5%. With less, it could never show whether it brings in anything."))]
    return []


def live_versions(keys: Iterable[str]) -> dict[str, TemplateVersion]:
    """Return by key what these templates say when they are sent, with the template; one that could not be sent is left out."""
    live = TemplateVersion.objects.filter(template__key__in=set(keys), number=F("template__live_number"))
    return {version.template.key: version for version in live.select_related("template")}


def message_faults(sent: Sequence[tuple[str, str, str]], versions: Mapping[str, TemplateVersion], *, going: bool = False) -> Said:
    """Return what keeps messages from being sent. sent: (step, channel, key); versions: of `live_versions`; going: as above."""
    names = dict(Template.objects.filter(key__in={key for _, _, key in sent} - versions.keys()).values_list("key", "name"))
    faults = []
    for step, channel, key in sent:
        version = versions.get(key)
        if version is None:
            values = {"template": names.get(key, key)}
            faults.append(Phrase(gettext_noop("“%(template)s”: it has no version that could be sent."), values))
        elif version.template.channel != channel:
            values = {"template": version.template.name, "step": step}
            faults.append(Phrase(gettext_noop("“%(template)s”: it is no message for the channel that step “%(step)s” sends on."), values))
        elif not going:
            faults += _put_away([version])
    return faults


def _put_away(versions: Iterable[TemplateVersion]) -> Said:
    away = (version.template.name for version in versions if version.template.archived_at is not None)
    return [Phrase(gettext_noop("“%(template)s” is put away. Bring it back or choose another."), {"template": name}) for name in away]


def _messages(definition: Definition, journey_id: int | None, *, going: bool, now: datetime) -> Said:
    """Check that each message has a version of its channel that could be sent, with a pool for its code."""
    versions = live_versions(key for _, _, key in definition.sent)
    faults = message_faults(definition.sent, versions, going=going)
    for step, _, key in definition.sent:
        version = versions.get(key)
        if version is None:
            continue
        place = Q(journey_id=journey_id, step=step) | Q(template_id=version.template_id)
        fault = code_fault(version.texts(), place=place, now=now)
        if fault is not None:
            faults.append(Phrase(gettext_noop("“%(template)s”: %(fault)s"), {"template": version.template.name, "fault": fault}))
    return faults


def _questions(definition: Definition) -> list[tuple[str, Who]]:
    """Return every question about people, with the step that asks it, "" for the journey itself."""
    own = [("", who) for who in definition.people]
    branches = (step for step in definition.steps if isinstance(step, Branch))
    return own + [(step.id, who) for step in branches for path in step.paths for who in path.people]


def _segments(questions: Iterable[tuple[str, Who]], definition: Definition) -> Mapping[str, Segment]:
    wanted = {who.segment for _, who in questions} | {definition.trigger.segment}
    rows = Segment.objects.kept().filter(public_id__in=[one for one in wanted if is_public_id(one)])
    return {str(one.public_id): one for one in rows}


def _people(definition: Definition, now: datetime) -> Said:
    """Check that each segment is there and live, and each rule can be asked in this store."""
    questions = _questions(definition)
    segments = _segments(questions, definition)
    asked = [(step, who.segment) for step, who in questions if who.segment]
    asked += [("", definition.trigger.segment)] if definition.trigger.segment else []
    faults = [_at(step, _segment_fault(segments.get(name))) for step, name in asked]
    if any(who.rule for _, who in questions):
        terms = at_moment(now).terms
        faults += [_at(step, _rule_fault(who.rule, terms)) for step, who in questions if who.rule]
    return [fault for fault in faults if fault is not None]


def _segment_fault(segment: Segment | None) -> Phrase | None:
    if segment is None:
        return Phrase(gettext_noop("a segment it asks for is not there any more"))
    if segment.state != Segment.State.LIVE:
        return Phrase(gettext_noop("the segment “%(segment)s” is not in use"), {"segment": segment.name})
    if segment.fault:
        return Phrase(gettext_noop("the segment “%(segment)s” cannot be worked out"), {"segment": segment.name})
    return None


def _rule_fault(rule: str, terms: Any) -> Phrase | None:
    try:
        read(json.loads(rule), terms)
    except RuleError as error:
        return Phrase(gettext_noop("its rule cannot be asked: %(fault)s"), {"fault": error.problems[0].phrase})
    return None


def _dates(definition: Definition) -> Said:
    """Check that each date is one the store keeps."""
    asked = [(step.id, step.date) for step in definition.steps if isinstance(step, WaitDate)]
    calendar = definition.trigger.calendar
    asked += [("", calendar.date)] if calendar is not None and calendar.date else []
    kinds = dict(Attribute.objects.filter(key__in={name for _, name in asked}).values_list("key", "kind"))
    faults = [
        _at(step, Phrase(gettext_noop("“%(date)s” is no date that is known of customers"), {"date": name}))
        for step, name in asked
        if name != BIRTHDAY and kinds.get(name) != Attribute.Kind.DATE
    ]
    return [fault for fault in faults if fault is not None]


def _coupons(definition: Definition, now: datetime) -> Said:
    steps = {step.id: step.pool for step in definition.steps if isinstance(step, Coupon)}
    rows = CouponPool.objects.filter(public_id__in=[one for one in steps.values() if is_public_id(one)])
    pools = {str(pool.public_id): pool for pool in rows}
    faults = [_at(step, _pool_fault(pools.get(name), now)) for step, name in steps.items()]
    return [fault for fault in faults if fault is not None]


def _pool_fault(pool: CouponPool | None, now: datetime) -> Phrase | None:
    if pool is None or pool.archived_at is not None:
        return Phrase(gettext_noop("its coupon pool is not in use"))
    if pool.expires_at is not None and pool.expires_at <= now:
        return Phrase(gettext_noop("the codes of “%(pool)s” are over"), {"pool": pool.name})
    if not pool.endless and not Code.objects.free().filter(pool=pool).exists():
        return Phrase(gettext_noop("no code is left in “%(pool)s”"), {"pool": pool.name})
    return None


def _webhooks(definition: Definition, now: datetime) -> Said:
    steps = {step.id: step.endpoint for step in definition.steps if isinstance(step, Webhook)}
    names = [one for one in steps.values() if is_public_id(one)]
    there = {str(public_id) for public_id in Endpoint.objects.open().filter(public_id__in=names).values_list("public_id", flat=True)}
    fault = Phrase(gettext_noop("the webhook it tells is gone or paused"))
    return [found for step, name in steps.items() if name not in there and (found := _at(step, fault)) is not None]


def _updates(definition: Definition, now: datetime) -> Said:
    steps: list[Update] = [step for step in definition.steps if isinstance(step, Update)]
    kept = [{"step": step.id, "name": name} for step in steps for name in step.values if is_reserved(name)]
    return [
        Phrase(gettext_noop("Step “%(step)s”: “%(name)s” is no custom attribute, so a journey does not write it."), one) for one in kept
    ]


_OF_STEPS: tuple[Callable[[Definition, datetime], Said], ...] = (_coupons, _webhooks, _updates)


def _at(step: str, fault: Phrase | None) -> Phrase | None:
    """Name the step a fault is at; "" is the journey itself."""
    if fault is None:
        return None
    if not step:
        return Phrase(gettext_noop("Who it is for: %(fault)s."), {"fault": fault})
    return Phrase(gettext_noop("Step “%(step)s”: %(fault)s."), {"step": step, "fault": fault})
