"""A journey as typed, validated data: what starts it, what ends it, what must hold, and its steps in order.

Read from JSON with every fault named by its place. Nothing here knows a database; steps are in `steps/`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from campaigns.journeys.steps import KINDS, Step
from retention.kit.fields import Fields, Problem
from retention.kit.words import Phrase, gettext_noop

MOST_STEPS = 100
GUARDS = ("cart_open",)
STREAMS = ("marketing", "transactional")


class DefinitionError(ValueError):
    """The data is no journey; `problems` says where and why."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{problem.path}: {problem.phrase.render(str)}" for problem in problems))
        self.problems = problems


@dataclass(frozen=True)
class Occasion:
    """An event by name, and the property that says what it is about; empty means the customer."""

    event: str
    key: str = ""


@dataclass(frozen=True)
class Definition:
    """One version of a journey.

    trigger: starts a run, once per value of its key. exits: end it at once; one with a key only when the key's value is the
    run's own. guards: facts that must hold before every step. holdout_share: 0 to 1, who is measured but not written to.
    """

    trigger: Occasion
    exits: tuple[Occasion, ...]
    guards: tuple[str, ...]
    steps: tuple[Step, ...]
    holdout_share: float = 0.0
    stream: str = "marketing"

    def after(self, step_id: str) -> Step | None:
        """Return the step that follows one ("" is the beginning), or None at the end."""
        if not step_id:
            return self.steps[0]
        ids = [step.id for step in self.steps]
        place = ids.index(step_id) + 1
        return self.steps[place] if place < len(ids) else None

    @property
    def events(self) -> frozenset[str]:
        """Return the names of all events this journey listens to."""
        return frozenset({self.trigger.event, *(occasion.event for occasion in self.exits)})


def read_definition(data: object) -> Definition:
    """Read a journey from JSON; raises DefinitionError with every problem found."""
    problems: list[Problem] = []
    fields = Fields(_mapping(data, "journey", problems), "journey", problems)
    definition = Definition(
        trigger=_occasion(_given(fields, "trigger"), "trigger", problems),
        exits=tuple(
            _occasion(item, f"exits.{place}", problems) for place, item in enumerate(_list(_given(fields, "exits"), "exits", problems))
        ),
        guards=_guards(_given(fields, "guards"), problems),
        steps=_steps(_given(fields, "steps"), problems),
        holdout_share=fields.number("holdout_share", low=0, high=0.9, default=0),
        stream=fields.choice("stream", STREAMS, default="marketing"),
    )
    fields.close()
    if problems:
        raise DefinitionError(problems)
    return definition


def _given(fields: Fields, name: str) -> object:
    fields.read.add(name)
    return fields.data.get(name)


def _mapping(data: object, path: str, problems: list[Problem]) -> Mapping[str, object]:
    if isinstance(data, Mapping):
        return data
    problems.append(Problem(path, Phrase(gettext_noop("must be an object"))))
    return {}


def _list(data: object, path: str, problems: list[Problem]) -> list[object]:
    if data is None:
        return []
    if isinstance(data, list):
        return data
    problems.append(Problem(path, Phrase(gettext_noop("must be a list"))))
    return []


def _occasion(data: object, path: str, problems: list[Problem]) -> Occasion:
    fields = Fields(_mapping(data, path, problems), path, problems)
    occasion = Occasion(event=fields.text("event"), key=fields.text("key", default="", longest=40))
    fields.close()
    return occasion


def _guards(data: object, problems: list[Problem]) -> tuple[str, ...]:
    guards = _list(data, "guards", problems)
    for place, guard in enumerate(guards):
        if guard not in GUARDS:
            problems.append(Problem(f"guards.{place}", Phrase(gettext_noop("must be one of: %(allowed)s"), {"allowed": ", ".join(GUARDS)})))
    return tuple(str(guard) for guard in guards)


def _steps(data: object, problems: list[Problem]) -> tuple[Step, ...]:
    items = _list(data, "steps", problems)
    if not 1 <= len(items) <= MOST_STEPS:
        problems.append(Problem("steps", Phrase(gettext_noop("must be 1 to %(most)s steps"), {"most": MOST_STEPS})))
    steps = [step for place, item in enumerate(items) if (step := _step(item, f"steps.{place}", problems)) is not None]
    ids = [step.id for step in steps]
    for place, step_id in enumerate(ids):
        if step_id in ids[:place]:
            problems.append(Problem(f"steps.{place}.id", Phrase(gettext_noop("is the name of another step"))))
    return tuple(steps)


def _step(data: object, path: str, problems: list[Problem]) -> Step | None:
    fields = Fields(_mapping(data, path, problems), path, problems)
    step_id = fields.text("id", longest=40)
    kind = KINDS.get(fields.choice("kind", tuple(KINDS.keys())))
    step = kind.read(step_id, fields) if kind is not None else None
    fields.close()
    return step
