"""A definition made into a tree again, so that what was written as data, by a playbook or an older version, can be changed on a page."""

from collections.abc import Mapping
from typing import Any

from campaigns.journeys.definition import Definition, read_definition
from campaigns.journeys.editing.tree import EXIT, FORKS, JUMP, ROOT, STEPS, WAYS, Json, ensure_end
from campaigns.journeys.soundness import place_after

_END = ""
_LEADS = frozenset({"then", "otherwise", "paths"})


def grow(data: Mapping[str, Any]) -> Json:
    """Return the tree of a definition; raises DefinitionError for data that is none.

    The ways of a step come together at the first step that all of them reach; a way that leaves the journey is not asked. Where a step was
    placed already, or stands further out, a jump leads to it.
    """
    definition = read_definition(data)
    tree = {name: value for name, value in data.items() if name != STEPS}
    tree[ROOT] = {STEPS: _Growing(definition, data[STEPS]).block(definition.steps[0].id, (_END,))}
    return ensure_end(tree)


class _Growing:
    """One definition on its way to a tree: what every step leads to, what all its ways come to, and what was placed."""

    def __init__(self, definition: Definition, steps: list[Json]) -> None:
        ids = [step.id for step in definition.steps]
        self._raw = {step["id"]: step for step in steps}
        self._goes = {step.id: [place_after(definition.steps, ids, step, way) or _END for way in step.ways()] for step in definition.steps}
        self._all = frozenset([*ids, _END])
        self._comes_to = self._always_reached(ids)
        self._placed: set[str] = set()

    def _always_reached(self, ids: list[str]) -> dict[str, frozenset[str]]:
        """Return what everybody who stands at a step comes to, itself included; everything, where all of them leave before the end."""
        found = dict.fromkeys(ids, self._all) | {_END: frozenset({_END})}
        if self._raw[ids[-1]]["kind"] == EXIT:
            found[ids[-1]] = frozenset({ids[-1], _END})
        changed = True
        while changed:
            changed = False
            for step_id in reversed(ids):
                if not self._goes[step_id]:
                    continue
                reached = frozenset.intersection(*(found[to] for to in self._goes[step_id])) | {step_id}
                changed, found[step_id] = changed or reached != found[step_id], reached
        return found

    def _meet(self, step_id: str) -> str | None:
        """Return the first step to which every way of a step comes that does not leave; None where all of them leave."""
        ways = [self._comes_to[to] for to in self._goes[step_id] if self._comes_to[to] != self._all]
        met = frozenset.intersection(*ways) - self._placed if ways else frozenset()
        return max(met, key=lambda one: (len(self._comes_to[one]), one != _END), default=None)

    def block(self, start: str, stops: tuple[str | None, ...]) -> list[Json]:
        """Return the nodes from a step on, up to the innermost stop. stops: where the lists around it go on, the outermost first."""
        nodes: list[Json] = []
        here = start
        while here != stops[-1]:
            if here in self._placed or here in stops or here == _END:
                nodes.append({"kind": JUMP, "to": here} if here != _END else {"id": f"leave-{len(self._placed)}", "kind": EXIT})
                break
            self._placed.add(here)
            node = {name: value for name, value in self._raw[here].items() if name not in _LEADS}
            nodes.append(node)
            if node["kind"] == EXIT:
                break
            if node["kind"] not in FORKS:
                here = self._goes[here][0]
                continue
            meet = self._meet(here)
            node[WAYS] = [
                said | {STEPS: self.block(to, (*stops, meet))} for said, to in zip(self._said(here), self._goes[here], strict=True)
            ]
            if meet is None:
                break
            here = meet
        return nodes

    def _said(self, step_id: str) -> list[Json]:
        """Return what is told of each way beside where it leads."""
        paths = [{name: value for name, value in path.items() if name != "go"} for path in self._raw[step_id].get("paths", [])]
        return paths + [{} for _way in range(len(self._goes[step_id]) - len(paths))]
