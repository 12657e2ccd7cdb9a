"""A form's questions: read from what is stored or built, checked, and turned into what the page and the script draw.

Stored as a list of plain dicts; `models/form.py` keeps the number of the version beside it.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.utils.translation import gettext as _

from retention.signup.models import SignupForm
from retention.signup.questions import QUESTIONS, Fault, NoAnswer, Step, Values
from retention.signup.questions.base import Asking

MOST_STEPS = 12
LONGEST_TITLE, LONGEST_REASON = 120, 200
_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
# Names the profile knows as fields of its own, which no attribute may shadow, and the names of our own inputs.
_RESERVED = frozenset(
    {
        "address", "anonymous_id", "anonymousid", "birthday", "city", "consent", "country", "email", "external_id", "first_name",
        "firstname", "gender", "group_id", "id", "interests", "language", "last_name", "lastname", "locale", "name", "phone", "postalcode",
        "postcode", "region", "stamp", "state", "timezone", "topic", "user_id", "userid", "website", "zip", "zone",
    }
)  # fmt: skip


@dataclass(frozen=True)
class StepFault:
    """What is wrong with one step. place: counted from 1; 0 is the form as a whole. field: the setting."""

    place: int
    field: str
    message: str


class BadDefinition(ValueError):
    """The steps cannot be asked like this; `faults` says where and why."""

    def __init__(self, faults: Sequence[StepFault]) -> None:
        super().__init__("; ".join(f"step {fault.place}, {fault.field}: {fault.message}" for fault in faults))
        self.faults = list(faults)


class BadAnswers(ValueError):
    """Some answers cannot be used; `faults` names the inputs."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(f"{fault.field}: {fault.message}" for fault in faults))
        self.faults = list(faults)


def steps_of(form: SignupForm) -> list[Step]:
    """Return a form's questions; one of a kind that this release does not know is left out."""
    return [_step(raw) for raw in form.steps if raw.get("kind") in QUESTIONS]


def write_steps(steps: Iterable[Step]) -> list[dict[str, Any]]:
    """Return the questions as they are stored."""
    return [asdict(step) | {"options": list(step.options)} for step in steps]


def read_steps(raw: Sequence[Mapping[str, Any]]) -> list[Step]:
    """Check built questions and return them; raises BadDefinition with every fault."""
    steps = [_step(one) for one in raw]
    faults = [*_faults_of_all(steps)]
    for place, step in enumerate(steps, start=1):
        faults += _faults_of(step, place)
    if faults:
        raise BadDefinition(faults)
    return steps


def asking_of(form: SignupForm, *, country: str, today: Any) -> Asking:
    """Return what the questions must know of their form."""
    return Asking(asks_email=form.asks_email, asks_phone=form.asks_phone, country=country, today=today)


def read_answers(steps: Sequence[Step], values: Values, *, asking: Asking) -> dict[str, Any]:
    """Return the answers by the step's key, skipped ones left out; raises BadAnswers with every fault, unknown inputs included."""
    answers: dict[str, Any] = {}
    known: set[str] = set()
    faults: list[Fault] = []
    for step in steps:
        question = QUESTIONS[step.kind]
        known |= {shown.name for shown in question.inputs(step, asking)}
        try:
            answers[step.key] = question.read(step, values, asking)
        except NoAnswer:
            continue
        except Fault as fault:
            faults.append(fault)
    faults += [Fault(name[:60], _("This form does not ask for that.")) for name in values if name not in known]
    if faults:
        raise BadAnswers(faults)
    return answers


def traits_of(steps: Sequence[Step], answers: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the answers say about the person."""
    traits: dict[str, Any] = {}
    for step in steps:
        if step.key in answers:
            traits |= QUESTIONS[step.kind].traits(step, answers[step.key])
    return traits


def key_from(title: str, *, taken: Iterable[str]) -> str:
    """Return a key for a question of the shop's own, made from its title: lower-case letters, digits, underscores."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:32].strip("_")
    if not _KEY.fullmatch(base) or base in _RESERVED:
        base = f"question_{base}".strip("_")[:36]
    used, key, number = set(taken), base, 2
    while key in used:
        key, number = f"{base}_{number}", number + 1
    return key


def _step(raw: Mapping[str, Any]) -> Step:
    return Step(
        key=str(raw.get("key", "")),
        kind=str(raw.get("kind", "")),
        title=str(raw.get("title", "")).strip(),
        reason=str(raw.get("reason", "")).strip(),
        options=tuple(str(option).strip() for option in raw.get("options", ()) if str(option).strip()),
        year=str(raw.get("year", "optional")),
    )


def _faults_of_all(steps: Sequence[Step]) -> Iterable[StepFault]:
    if sum(step.kind == "address" for step in steps) != 1:
        yield StepFault(0, "steps", _("A form asks for the address exactly once."))
    if len(steps) > MOST_STEPS:
        yield StepFault(0, "steps", _("At most %(count)d questions; fewer bring more people.") % {"count": MOST_STEPS})
    seen: set[str] = set()
    for place, step in enumerate(steps, start=1):
        if step.key in seen and step.kind != "address":
            yield StepFault(place, "key", _("This question stands in the form already."))
        seen.add(step.key)


def _faults_of(step: Step, place: int) -> Iterable[StepFault]:
    if step.kind not in QUESTIONS:
        yield StepFault(place, "kind", _("There is no such kind of question."))
        return
    question = QUESTIONS[step.kind]
    if not _KEY.fullmatch(step.key) or (question.once and step.key != question.key) or (not question.once and step.key in _RESERVED):
        yield StepFault(place, "key", _("This name cannot be used."))
    if not step.title:
        yield StepFault(place, "title", _("Write the question."))
    for name, text, longest in (("title", step.title, LONGEST_TITLE), ("reason", step.reason, LONGEST_REASON)):
        if len(text) > longest:
            yield StepFault(place, name, _("At most %(count)d letters.") % {"count": longest})
        if any(ord(letter) < 32 or "\ud800" <= letter <= "\udfff" for letter in text):
            yield StepFault(place, name, _("Write this in one line."))
    try:
        question.check(step)
    except Fault as fault:
        yield StepFault(place, fault.field, fault.message)
