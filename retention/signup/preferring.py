"""A person's own say: which topics on which channels, a pause, less often, what we know of them, or nothing any more.

Each change writes the consent history where a consent changes, and an event that journeys and segments can read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from retention.customers.announcing import told_of_customers
from retention.customers.consent import Said, record_consents
from retention.customers.events import record
from retention.customers.models import Consent, Customer, CustomerMerge
from retention.customers.profile import Told, apply_traits
from retention.kit.secrets import BadLink
from retention.signup.definition import steps_of, traits_of
from retention.signup.joining import Sender
from retention.signup.links import address_mark, read_preferences
from retention.signup.models import Preference, SignupForm, Topic
from retention.signup.questions import QUESTIONS, Step
from retention.stores.models import Store
from retention.tenancy.context import store_context

CHANGED, UNSUBSCRIBED = "Preferences Changed", "Unsubscribed"
METHOD = "preference_centre"
PAUSES: dict[str, timedelta] = {"2w": timedelta(weeks=2), "1m": timedelta(days=30), "3m": timedelta(days=91)}
CHANNELS = ("email", "sms", "push")
EVERYTHING = "all"
# What it means when a person empties an answer of theirs.
_EMPTY: dict[str, dict[str, Any]] = {
    "gender": {"gender": "", "gender_key": ""},
    "interests": {"interests": [], "interests_key": []},
    "birthday": {"birth_year": None, "birth_md": None},
}


@dataclass(frozen=True)
class Person:
    """Whose preferences a link opens."""

    store: Store
    customer: Customer


@dataclass(frozen=True)
class Wish:
    """What a person asks for. wanted: channel -> topics' public ids (or EVERYTHING); a channel that is not in it stays as it is.

    pause: a key of PAUSES, "off" to be written to again, or "keep". details: answers by the step's key, to `steps`; one of these without an
    answer was emptied.
    """

    wanted: Mapping[str, set[str]]
    pause: str = "keep"
    less_often: bool = False
    steps: tuple[Step, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)


def read_person(token: str, *, now: datetime) -> Person:
    """Return whose link it is, merged people followed to who they are now; raises BadLink. Changes nothing.

    A link made for another address than the person's present one is over.
    """
    store_id, public_id, mark = read_preferences(token, now=now)
    with store_context(store_id):
        store, customer = Store.objects.get(pk=store_id), find_person(public_id)
    if customer is None:
        raise BadLink("malformed")
    if mark != address_mark(customer):
        raise BadLink("expired")
    return Person(store, customer)


def find_person(public_id: UUID) -> Customer | None:
    """Return the customer of the active store with this id, or the one they were merged into."""
    found: Customer | None = Customer.objects.filter(public_id=public_id).first()
    if found is None:
        merged = CustomerMerge.objects.filter(loser_public_id=public_id).select_related("survivor").first()
        found = merged.survivor if merged is not None else None
    return found


def channels_of(customer: Customer) -> dict[str, bool]:
    """Return the channels the person can decide about, and whether each is allowed: e-mail always, others once they were asked."""
    said = dict(Consent.objects.filter(customer=customer).values_list("channel", "status"))
    return {channel: said.get(channel) == "granted" for channel in CHANNELS if channel in said or (channel == "email" and customer.email)}


def wanted_by(customer: Customer) -> dict[str, set[str]]:
    """Return per channel which topics reach the person now: none where the channel is not allowed."""
    said = {
        (str(row.topic.public_id), row.channel): row.wanted for row in Preference.objects.filter(customer=customer).select_related("topic")
    }
    topics = [str(public_id) for public_id in Topic.objects.offered().values_list("public_id", flat=True)] or [EVERYTHING]
    return {
        channel: {topic for topic in topics if allowed and said.get((topic, channel), True)}
        for channel, allowed in channels_of(customer).items()
    }


def offered() -> list[dict[str, str]]:
    """Return the topics a person can choose; one line for everything where the store named none."""
    topics = [{"id": str(topic.public_id), "name": topic.name, "description": topic.description} for topic in Topic.objects.offered()]
    return topics or [{"id": EVERYTHING, "name": _("News and offers"), "description": ""}]


def asked_of(customer: Customer) -> list[Step]:
    """Return the questions the store's open forms ask about a person, each once; the address has its own field.

    Where forms ask for parts of one answer in words of their own, each of their questions stands there, and each choice once.
    What we know of the person and no form offers (any more) is among the answers, so that they see it and can take it back.
    """
    found: dict[str, list[Step]] = {}
    for form in SignupForm.objects.filter(state=SignupForm.State.LIVE).order_by("pk"):
        for step in steps_of(form):
            if step.kind != "address":
                _add_question(found.setdefault(step.key, []), step)
    return [
        one
        for first, *others in found.values()
        for one in (_with_known(first, known_value(customer, _trait_of(first)), elsewhere=_options_of(others)), *others)
    ]


def one_each(steps: Sequence[Step]) -> list[Step]:
    """Return one question for each answer, with the choices of all that ask for it."""
    found: dict[str, Step] = {}
    for step in steps:
        first = found.get(step.key)
        found[step.key] = step if first is None else replace(first, options=(*first.options, *step.options))
    return list(found.values())


def _add_question(same: list[Step], step: Step) -> None:
    """Add a form's question to those that ask for the same answer, as far as it offers what they do not."""
    if not same:
        same.append(step)
    elif QUESTIONS[step.kind].takes_many and (more := tuple(option for option in step.options if option not in _options_of(same))):
        place = next((number for number, one in enumerate(same) if one.title == step.title), None)
        if place is None:
            same.append(replace(step, options=more))
        else:
            same[place] = replace(same[place], options=(*same[place].options, *more))


def _options_of(steps: Sequence[Step]) -> set[str]:
    return {option for step in steps for option in step.options}


def _with_known(step: Step, known: Any, *, elsewhere: set[str]) -> Step:
    """Return the question with what we know among its answers, and a birthday's year only asked for as far as it was said.

    elsewhere: choices that stand under other questions for the same answer.
    """
    if step.kind == "birthday" and known:
        return replace(step, year="optional")
    values = known if isinstance(known, list) else [known]
    offered = elsewhere.union(step.options)
    unoffered = [value for value in values if isinstance(value, str) and value and value not in offered]
    return replace(step, options=(*step.options, *unoffered)) if QUESTIONS[step.kind].has_options else step


def known_answers(customer: Customer, steps: Sequence[Step]) -> dict[str, Any]:
    """Return what we know of the person as the values of the questions' inputs."""
    values: dict[str, Any] = {}
    for step in steps:
        known = known_value(customer, _trait_of(step))
        if step.kind == "birthday" and known:
            year, month, day = known.replace("--", "0-").split("-")
            values |= {
                f"{step.key}_day": str(int(day)),
                f"{step.key}_month": str(int(month)),
                f"{step.key}_year": year if year != "0" else "",
            }
        elif known:
            values[step.key] = known
    return values


def change(person: Person, wish: Wish, *, sender: Sender, now: datetime) -> list[str]:
    """Do what the person asks for and return what changed; the same wish twice changes nothing."""
    with store_context(person.store.pk), transaction.atomic(), told_of_customers(now=now) as concerned:
        customer: Customer = Customer.objects.select_for_update().get(pk=person.customer.pk)
        concerned.add(customer.pk)
        allowed = channels_of(customer)
        changed = _choose(customer, wish.wanted, allowed=allowed, now=now)
        changed += _set_channels(customer, wish.wanted, allowed=allowed, sender=sender, now=now)
        changed += _set_pace(customer, wish, now=now)
        changed += _set_details(customer, wish, now=now)
        if changed:
            record(customer.pk, name=CHANGED, now=now, properties={"changed": changed, "by": METHOD})
    return changed


def stop_everything(person: Person, *, sender: Sender, now: datetime) -> None:
    """Write to the person no more, on any channel; effective for every claim from the commit on."""
    with store_context(person.store.pk), transaction.atomic(), told_of_customers(now=now) as concerned:
        customer: Customer = Customer.objects.select_for_update().get(pk=person.customer.pk)
        concerned.add(customer.pk)
        allowed = dict(Consent.objects.filter(customer=customer).values_list("channel", "status"))
        channels = [channel for channel in dict.fromkeys(["email", *allowed]) if allowed.get(channel) != "refused"]
        _say(customer, channels, "refused", sender=sender, now=now)


def _choose(customer: Customer, wanted: Mapping[str, set[str]], *, allowed: Mapping[str, bool], now: datetime) -> list[str]:
    """Keep what differs from what the person chose before, or from the yes that holds where they never chose.

    A channel that is off and stays without a topic was not touched: its page shows every topic as unwanted.
    """
    said = {(row.topic_id, row.channel): row.wanted for row in Preference.objects.filter(customer=customer)}
    changed = []
    for topic in Topic.objects.offered():
        for channel, chosen in wanted.items():
            yes = str(topic.public_id) in chosen
            if (chosen or allowed.get(channel)) and yes != said.get((topic.pk, channel), True):
                Preference.objects.update_or_create(
                    customer=customer, topic=topic, channel=channel, defaults={"wanted": yes, "changed_at": now}
                )
                changed.append(f"topic:{topic.name}:{channel}:{'yes' if yes else 'no'}")
    return changed


def _set_channels(
    customer: Customer, wanted: Mapping[str, set[str]], *, allowed: Mapping[str, bool], sender: Sender, now: datetime
) -> list[str]:
    """Let a channel follow its topics: none wanted is a "no"; one wanted after a "no" is a fresh yes, for e-mail only.

    Only the owner of the mailbox holds the link, so it proves the e-mail address and nothing else.
    """
    off = [channel for channel, chosen in wanted.items() if not chosen and allowed.get(channel)]
    on = [channel for channel, chosen in wanted.items() if chosen and channel == "email" and not allowed.get(channel, True)]
    _say(customer, off, "refused", sender=sender, now=now)
    _say(customer, on, "granted", sender=sender, now=now)
    return [f"channel:{channel}:no" for channel in off] + [f"channel:{channel}:yes" for channel in on]


def _say(customer: Customer, channels: list[str], status: str, *, sender: Sender, now: datetime) -> None:
    words = [
        Said(customer.pk, channel, status, now, method=METHOD, source="personal link", ip=sender.ip, user_agent=sender.user_agent)
        for channel in channels
    ]
    record_consents(words, now=now)
    if status == "refused":
        for channel in channels:
            record(customer.pk, name=UNSUBSCRIBED, now=now, properties={"channel": channel, "by": METHOD})


def _set_pace(customer: Customer, wish: Wish, *, now: datetime) -> list[str]:
    changed = []
    until = customer.paused_until
    if wish.pause == "off":
        until = None
    elif wish.pause in PAUSES:
        until = now + PAUSES[wish.pause]
    if until != customer.paused_until:
        changed.append(f"pause:{wish.pause}")
    if wish.less_often != customer.less_often:
        changed.append(f"less_often:{'yes' if wish.less_often else 'no'}")
    if changed:
        Customer.objects.filter(pk=customer.pk).update(paused_until=until, less_often=wish.less_often)
    return changed


def _set_details(customer: Customer, wish: Wish, *, now: datetime) -> list[str]:
    traits = traits_of(wish.steps, wish.details)
    differing = {name: value for name, value in traits.items() if value != known_value(customer, name)}
    apply_traits([Told(customer.pk, differing, told_at=now, trusted=False)])
    emptied = [step.kind for step in wish.steps if step.kind in _EMPTY and step.key not in wish.details and _is_known(customer, step)]
    if emptied:
        customer.refresh_from_db(fields=["learnt_at"])
        fields = {name: value for kind in emptied for name, value in _EMPTY[kind].items()}
        told = customer.learnt_at | dict.fromkeys(emptied, now.isoformat())  # what a shop told earlier does not bring them back
        Customer.objects.filter(pk=customer.pk).update(learnt_at=told, **fields)
    return [f"detail:{name}" for name in sorted([*differing, *emptied])]


def _is_known(customer: Customer, step: Step) -> bool:
    return bool(known_value(customer, _trait_of(step)))


def _trait_of(step: Step) -> str:
    return {"name": "firstName"}.get(step.key, step.key)


def known_value(customer: Customer, trait: str) -> Any:
    """Return what we know of the person under a trait's name."""
    name = {"firstName": "first_name"}.get(trait, trait)
    if name in {"first_name", "gender", "interests", "birthday"}:
        return getattr(customer, name)
    return customer.attributes.get(name)
