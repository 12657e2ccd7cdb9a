"""The step where people go different ways: by who they are now, or by what the event that started it said."""

from dataclasses import dataclass
from typing import ClassVar, Self

from campaigns.journeys.occasions import Who, people_words, read_people
from campaigns.journeys.steps.base import Here, Needs, Outcome, Plain, Way
from retention.kit.fields import Fields
from retention.kit.words import Phrase, gettext_noop
from segments.rules.properties import MOST, Property

MOST_PATHS = 20


@dataclass(frozen=True)
class Path:
    """One way: where it leads, what it is called, and what must hold: of the person, of the event that started the run, or of both."""

    go: str
    name: str
    people: tuple[Who, ...] = ()
    told: tuple[Property, ...] = ()

    def opens(self, here: Here) -> bool:
        """Say whether a run may take it."""
        told = here.memory.get("told", {})
        return all(who.fits(here.facts.holds) for who in self.people) and all(one.holds(told) for one in self.told)

    def words(self) -> Phrase:
        """Say who takes it: by its name, or by what must hold."""
        if self.name:
            return Phrase("%(name)s", {"name": self.name})
        return people_words(self.people) if self.people else self.told[0].phrase()


@dataclass(frozen=True)
class Branch(Plain):
    """Take the first path that is open; who takes none goes on at `then`."""

    kind: ClassVar[str] = "branch"
    paths: tuple[Path, ...]

    @classmethod
    def read(cls, step_id: str, fields: Fields) -> Self:
        """Read {"paths": [{"name": "Loyal", "people": [{"segment": "<id>"}], "told": [{"property": ...}], "go": "<step>"}]}."""
        paths = tuple(_path(part) for part in fields.parts("paths", most=MOST_PATHS))
        if not paths:
            fields.fault("paths", Phrase(gettext_noop("must have at least one path")))
        return cls(step_id, paths)

    def enter(self, here: Here) -> Outcome:
        """Choose."""
        path = next((path for path in self.paths if path.opens(here)), None)
        chosen = "" if path is None else path.name or path.go
        return Outcome(go=path.go if path is not None else None, remember={"paths": {**here.memory.get("paths", {}), self.id: chosen}})

    def ways(self) -> tuple[Way, ...]:
        """Lead on by every path, and by none."""
        return (*(Way(path.go, path.name) for path in self.paths), Way(self.then, "otherwise"))

    def needs(self) -> Needs:
        """Ask who they are."""
        return Needs(people=frozenset(who for path in self.paths for who in path.people))

    def describe(self) -> Phrase:
        """Say who goes apart."""
        said = self.paths[0].words()
        for path in self.paths[1:]:
            said = Phrase(gettext_noop("%(first)s; or %(second)s"), {"first": said, "second": path.words()})
        return Phrase(gettext_noop("Part their ways: %(paths)s; or all others"), {"paths": said})


def _path(fields: Fields) -> Path:
    people = read_people(fields, "people")
    told = tuple(Property.read(part) for part in fields.parts("told", most=MOST))
    if not people and not told:
        fields.fault(
            "people", Phrase(gettext_noop("must say who goes this way: people of a segment, people who fit a rule, or what the event said"))
        )
    path = Path(fields.text("go", longest=40), fields.text("name", default="", longest=60), people, told)
    fields.close()
    return path
