"""Whether the steps of a journey hang together: every way leads somewhere, every step is reached, nobody goes round without a wait."""

from collections.abc import Mapping, Sequence

from campaigns.journeys.steps import Step, Way
from retention.kit.fields import Problem
from retention.kit.words import Phrase, gettext_noop


def problems_of(steps: Sequence[Step]) -> list[Problem]:
    """Return what is wrong with how steps lead to each other, by place; steps with one name come first, for nothing tells them apart."""
    ids = [step.id for step in steps]
    twice = [place for place, step_id in enumerate(ids) if step_id in ids[:place]]
    if twice:
        return [Problem(f"steps.{place}.id", Phrase(gettext_noop("is the name of another step"))) for place in twice]
    lost = _nowhere(steps, ids)
    if lost:
        return lost
    follows = _follows(steps, ids)
    return [*_never_reached(ids, follows), *_endless(steps, follows)]


def met_again(steps: Sequence[Step]) -> frozenset[str]:
    """Return the steps to which a way leads back, so that one person may come there more than once. steps: sound ones."""
    follows = _follows(steps, [step.id for step in steps])
    return frozenset(step.id for step in steps if step.id in _reached(follows[step.id], follows))


def _follows(steps: Sequence[Step], ids: Sequence[str]) -> dict[str, list[str]]:
    return {step.id: [to for way in step.ways() if (to := place_after(steps, ids, step, way)) is not None] for step in steps}


def _reached(starts: Sequence[str], follows: Mapping[str, list[str]]) -> set[str]:
    """Return the steps somebody may come to from these, which are among them."""
    found, waiting = set(starts), list(starts)
    while waiting:
        for to in follows[waiting.pop()]:
            if to not in found:
                found.add(to)
                waiting.append(to)
    return found


def place_after(steps: Sequence[Step], ids: Sequence[str], step: Step, way: Way) -> str | None:
    """Return the step a way leads to, or None at the end."""
    if way.to:
        return way.to
    place = ids.index(step.id) + 1
    return steps[place].id if place < len(steps) else None


def _nowhere(steps: Sequence[Step], ids: Sequence[str]) -> list[Problem]:
    return [
        Problem(f"steps.{place}", Phrase(gettext_noop("leads to “%(step)s”, which is no step of this journey"), {"step": way.to}))
        for place, step in enumerate(steps)
        for way in step.ways()
        if way.to and way.to not in ids
    ]


def _never_reached(ids: Sequence[str], follows: Mapping[str, list[str]]) -> list[Problem]:
    found = _reached(ids[:1], follows)
    return [
        Problem(f"steps.{place}", Phrase(gettext_noop("“%(step)s” is reached by no way"), {"step": step_id}))
        for place, step_id in enumerate(ids)
        if step_id not in found
    ]


def _endless(steps: Sequence[Step], follows: Mapping[str, list[str]]) -> list[Problem]:
    """Find a way round in which nothing surely takes time: whoever came there would be sent round for ever at once."""
    quick = {step.id for step in steps if not step.takes_time()}
    done: set[str] = set()
    for place, step in enumerate(steps):
        ring = _ring_from(step.id, quick, follows, done) if step.id in quick else None
        if ring is not None:
            said = " → ".join(f"“{one}”" for one in ring)
            return [Problem(f"steps.{place}", Phrase(gettext_noop("goes round without a wait: %(ring)s"), {"ring": said}))]
    return []


def _ring_from(start: str, quick: set[str], follows: Mapping[str, list[str]], done: set[str]) -> list[str] | None:
    """Walk the quick steps from one on, depth first, and return the first ring; `done` are those that are known to lead into none."""
    path: list[str] = []
    ahead: list[list[str]] = [[start]]
    while ahead:
        if not ahead[-1]:
            ahead.pop()
            if path:
                done.add(path.pop())
            continue
        step_id = ahead[-1].pop()
        if step_id in path:
            return [*path[path.index(step_id) :], step_id]
        if step_id in quick and step_id not in done:
            path.append(step_id)
            ahead.append(list(follows[step_id]))
    return None
