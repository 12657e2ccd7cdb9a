"""A draft: every change is kept and can be undone, two windows do not write over each other, and people inside finish or move."""

from datetime import timedelta
from typing import Any

import pytest

from campaigns.journeys import drafting
from campaigns.journeys.definition import read_definition
from campaigns.journeys.drafting import NotReady, Overtaken, change, draft_of, make, read_tree, release, standings_of, unsaved
from campaigns.journeys.editing import rearranging
from campaigns.models import Enrollment, Journey, JourneyDraft, JourneyVersion
from retention.customers.events import record
from tests.campaigns.campaigning import make_crowd
from tests.campaigns.journeys.journeying import SEND, make_journey, make_template, planned, runs_of, tick

pytestmark = pytest.mark.django_db
OLD = {"trigger": {"event": "Cart Idle"}, "steps": [{"id": "pause", "kind": "wait", "hours": 2}, {"id": "old", "kind": "exit"}]}


def adding(kind: str, index: int = 0, **words: Any) -> Any:
    """Return a change that adds a step."""

    def doing(draft: JourneyDraft) -> bool:
        changed = rearranging.add(draft.tree, "root", index, kind)
        draft.tree = rearranging.put(changed.tree, changed.place, words) if words else changed.tree
        return False

    return doing


def stamp_of(journey: Journey) -> str:
    """Return what tells how the draft stands."""
    return unsaved(journey, now=journey.created_at).stamp


def test_changes_are_kept_one_after_the_other_and_undone(store: Any, now: Any) -> None:
    journey = make("News", user_id=None, now=now)
    first = change(journey, adding("wait"), stamp=stamp_of(journey), user_id=None, now=now)
    second = change(journey, adding("coupon"), stamp=first.stamp, user_id=None, now=now)
    assert [node["kind"] for node in second.tree["root"]["steps"]] == ["coupon", "wait", "exit"]
    back = change(journey, drafting.undo, stamp=second.stamp, user_id=None, now=now)
    assert (back.tree, back.revision, len(back.before)) == (first.tree, 4, 1)


def test_a_window_that_shows_an_older_draft_changes_nothing(store: Any, now: Any) -> None:
    journey = make_journey(OLD, now=now)
    kept = change(journey, adding("wait"), stamp="0.1", user_id=None, now=now)
    with pytest.raises(Overtaken) as caught:
        change(journey, adding("coupon"), stamp="0.1", user_id=None, now=now)
    assert (caught.value.draft.pk, caught.value.draft.tree) == (kept.pk, kept.tree)


def test_a_draft_begins_with_what_is_live_and_does_not_touch_it(store: Any, now: Any) -> None:
    journey = make_journey(OLD, now=now)
    assert unsaved(journey, now=now).pk is None
    change(journey, adding("wait", days=3), stamp="0.1", user_id=None, now=now)
    assert list(JourneyVersion.objects.filter(journey=journey).values_list("number", "definition")) == [(1, OLD)]
    assert drafting.discard(journey)
    assert draft_of(journey) is None


def test_ways_that_would_be_drawn_too_deep_are_refused(store: Any, now: Any) -> None:
    def tree(count: int) -> dict[str, Any]:
        after = [*(f"w{number}" for number in range(count)), "end", "end"]
        waits = [
            {
                "id": f"w{number}",
                "kind": "wait_event",
                "event": "Order Completed",
                "days": 1,
                "ways": [{"steps": []}, {"steps": [{"kind": "jump", "to": after[number + 2]}]}],
            }
            for number in range(count)
        ]
        return {**drafting.empty_tree(), "root": {"steps": [*waits, {"id": "end", "kind": "exit"}]}}

    assert read_tree(tree(5))[1] == []
    definition, problems = read_tree(tree(60))
    assert (definition, [one.path for one in problems]) == (None, ["root"])


def test_a_journey_that_was_never_published_keeps_its_draft(store: Any, now: Any) -> None:
    journey = make("News", user_id=None, now=now)
    assert not drafting.discard(journey)
    assert draft_of(journey) is not None


@pytest.mark.parametrize(
    ("kind", "words", "path", "said"),
    [
        ("send", {"channel": "email", "template": ""}, "root.steps.0.template", "must be a text of 1 to 60 characters"),
        ("wait", {"days": 900}, "root.steps.0.days", "must be a number from"),
        ("branch", {}, "root.steps.0.ways.0.people", "must say who goes this way"),
        ("jump", {}, "root.steps.0", "Choose the step at which they go on."),
    ],
)
def test_what_is_wrong_is_said_at_its_place_in_the_tree(
    store: Any, now: Any, kind: str, words: dict[str, Any], path: str, said: str
) -> None:
    journey = make("News", user_id=None, now=now)
    draft = change(journey, adding(kind, **words), stamp=stamp_of(journey), user_id=None, now=now)
    definition, problems = read_tree(draft.tree)
    assert definition is None
    assert [(one.path, said in one.phrase.render(str)) for one in problems][:1] == [(path, True)]
    with pytest.raises(NotReady):
        release(journey, stamp=draft.stamp, moving={}, now=now)
    assert (Journey.objects.get(pk=journey.pk).state, JourneyVersion.objects.filter(journey=journey).exists()) == ("draft", False)


def test_what_the_store_lacks_keeps_a_draft_from_going_live(store: Any, now: Any) -> None:
    journey = make("News", user_id=None, now=now)
    draft = change(journey, adding("send", channel="email", template="gone"), stamp=stamp_of(journey), user_id=None, now=now)
    with pytest.raises(NotReady) as caught:
        release(journey, stamp=draft.stamp, moving={}, now=now)
    assert (caught.value.problems, len(caught.value.faults)) == ([], 1)


def test_publishing_lets_new_people_in_by_it_and_those_inside_finish_or_move(store: Any, now: Any) -> None:
    make_template()
    journey = make_journey(OLD, now=now)
    first, second = make_crowd(2, now=now)
    record(first.pk, name="Cart Idle", now=now)
    tick(now=now)
    draft = change(journey, adding("send", 1, channel="email", template="hello"), stamp="0.1", user_id=None, now=now)
    standing = standings_of(journey, read_definition(OLD))
    assert [(one.step, one.people, one.goes_on) for one in standing] == [("pause", 1, True)]
    version, moved = release(journey, stamp=draft.stamp, moving={"pause": "pause"}, now=now)
    assert (version.number, moved, draft_of(journey)) == (2, 1, None)
    record(second.pk, name="Cart Idle", now=now + timedelta(minutes=1))
    tick(now=now + timedelta(hours=3))
    tick(now=now + timedelta(hours=6))
    assert runs_of(journey) == [("finished", "old", ""), ("finished", "old", "")]
    assert planned(journey) == [("send", "email"), ("send", "email")]
    assert set(Enrollment.objects.values_list("version_id", flat=True)) == {version.pk}


def test_a_new_journey_goes_live_with_its_first_version(store: Any, now: Any) -> None:
    make_template()
    journey = make("News", user_id=None, now=now)
    looked_at = stamp_of(journey)
    draft = change(journey, adding("send", channel="email", template="hello"), stamp=looked_at, user_id=None, now=now)
    with pytest.raises(Overtaken):
        release(journey, stamp=looked_at, moving={}, now=now)
    version, moved = release(journey, stamp=draft.stamp, moving={}, now=now)
    journey.refresh_from_db()
    assert (version.number, moved, journey.state, journey.live_number, journey.launched_at) == (1, 0, "live", 1, now)
    assert version.definition["steps"][0] == {"id": "send", **{key: SEND[key] for key in ("kind", "channel", "template")}}
