"""The editor's pages: steps are added, changed and moved by pressing buttons, problems are named, and only who may send makes it live."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from campaigns.journeys import drafting, replaying, versions
from campaigns.journeys.editing import rearranging
from campaigns.journeys.editing.rearranging import FRESH
from campaigns.journeys.editing.tree import MOST_DEPTH
from campaigns.models import Enrollment, Journey, JourneyDraft, JourneyReplay, JourneyVersion
from campaigns.playbooks.switching import switch_on
from retention.customers.events import record
from retention.kit import clock
from retention.stores.models import AuditEntry
from segments.library import did, figure, rule_of
from tests.campaigns.campaigning import make_crowd, make_list
from tests.campaigns.journeys.journeying import make_template, tick
from tests.factories import make_store, member_of, signed_in

pytestmark = pytest.mark.django_db


class Writer:
    """Somebody at the editor of one journey, who presses buttons."""

    def __init__(self, store: Any, role: str = "owner", journey: Journey | None = None) -> None:
        self.client: Client = signed_in(member_of(store, role))
        self.base = f"/s/{store.slug}/journeys/"
        if journey is None:
            self.client.post(f"{self.base}new/")
            journey = Journey.objects.plain().get()
        self.journey = journey
        self.page = ""

    @property
    def here(self) -> str:
        """Return the journey's address."""
        return f"{self.base}{self.journey.public_id}/"

    @property
    def draft(self) -> JourneyDraft:
        """Return the draft as it stands."""
        return JourneyDraft.objects.get(journey=self.journey)

    def press(self, do: str, *, opened: str = "", stamp: str = "", **answers: Any) -> str:
        """Press a button with the open form's answers, and return the page."""
        data = {
            "do": do,
            "open": opened,
            "stamp": stamp or drafting.unsaved(self.journey, now=clock.now()).stamp,
            **{f"c.{name}": value for name, value in answers.items()},
        }
        answer = self.client.post(f"{self.here}edit/", data, headers={"HX-Request": "true"})
        assert answer.status_code == 200
        self.page = answer.content.decode()
        return self.page

    def kinds(self) -> list[str]:
        """Return the kinds of the steps of the root."""
        return [node["kind"] for node in self.draft.tree["root"]["steps"]]


def test_a_journey_is_written_and_goes_live(store: Any) -> None:
    make_template("hello")
    writer = Writer(store)
    begin = writer.client.get(f"{writer.base}new/").content.decode()
    assert "No message is in it yet" in writer.press("look")
    assert ("Begin empty" in begin, f'href="{writer.base}ready/"' in begin) == (True, True)
    page = writer.press("add:root|0|send")
    assert ("No message is in it yet" in page, "All messages can be sent" in page) == (False, True)
    assert ("Send the e-mail" in page, writer.draft.tree["root"]["steps"][0]["template"]) == (True, "hello")
    writer.press("add:root|0|wait")
    writer.press("done", opened="root.steps.0", amount="2", unit="days", at="09:00", weekdays=["tuesday"])
    assert "Tuesday, 09:00 where they live" in re.sub(r"<[^>]+>", "", writer.page)
    assert writer.draft.tree["root"]["steps"][0] == {"id": "wait", "kind": "wait", "days": 2, "at": "09:00", "weekdays": ["tuesday"]}
    writer.press("done", opened="trigger", kind="event", event="Cart Idle", key="cart_id")
    look = writer.client.get(f"{writer.here}launch/").content.decode()
    assert "No provider is connected for: E-mail." in look
    assert "a basket is left alone" in look
    assert "at most 1 message" in look
    answer = writer.client.post(f"{writer.here}publish/", {"stamp": writer.draft.stamp}, follow=True)
    assert "is live" in answer.content.decode()
    writer.journey.refresh_from_db()
    assert (writer.journey.state, writer.journey.live_number) == ("live", 1)
    assert [one.action for one in AuditEntry.objects.filter(action__startswith="journey.").order_by("number")] == [
        "journey.made", "journey.launched",
    ]  # fmt: skip


def test_steps_are_moved_copied_removed_and_undone_and_each_is_announced(store: Any) -> None:
    writer = Writer(store)
    writer.press("add:root|0|wait")
    writer.press("add:root|1|split")
    assert "It is step 1 of 3 here." in writer.press("up:root.steps.1")
    assert writer.kinds() == ["split", "wait", "exit"]
    writer.press("carry:root.steps.1,root.steps.0.ways.1,0")
    assert (writer.kinds(), len(writer.draft.tree["root"]["steps"][0]["ways"][1]["steps"])) == (["split", "exit"], 1)
    assert "autofocus>" in writer.page
    writer.press("duplicate:root.steps.0")
    writer.press("remove:root.steps.0")
    assert "Removed. Undo brings it back." in writer.page
    writer.press("undo")
    assert ("Undone." in writer.page, writer.kinds()) == (True, ["split", "split", "exit"])


def test_what_is_wrong_is_said_with_its_step_and_keeps_it_from_going_live(store: Any) -> None:
    writer = Writer(store)
    page = writer.press("add:root|0|send")
    assert "<b>Send a message</b><small>must be a text of 1 to 60 characters</small>" in page
    answer = writer.client.post(f"{writer.here}publish/", {"stamp": writer.draft.stamp})
    assert (answer.status_code, Journey.objects.get(pk=writer.journey.pk).state) == (422, "draft")
    assert "Mend this first" in answer.content.decode()


NASTY = ("a\0b", "-1", "999999999999999", "x" * 5000)
DEEDS = (
    "up:", "up:root.steps.x", "carry:root.steps.0,root.steps.0.ways.0,9", "carry:,,", "add:root|-1|send", "add:root.steps.9|0|wait",
    "remove:root", "way_add:root", "way_remove:root.steps.0.ways.x", "open:root.steps.0.ways", "more:paths", "less:exits.x",
    "duplicate:root.steps.99", "?",
)  # fmt: skip


def test_whatever_is_posted_the_editor_answers_and_the_tree_stays_one(store: Any) -> None:
    writer = Writer(store)
    for index, kind in enumerate(FRESH):
        writer.press(f"add:root|{index}|{kind}")
    for deed in DEEDS:
        writer.press(deed)
    kinds = writer.kinds()
    assert sorted(kinds) == sorted([*FRESH, "send", "exit"])
    places = ["trigger", "entry", "exits", *(f"root.steps.{number}" for number in range(len(kinds)))]
    for number, where in enumerate(places):
        fields = set(re.findall(r'name="c\.([^"]+)"', writer.press("look", opened=where)))
        writer.press("done", opened=where, **dict.fromkeys(fields, NASTY[number % len(NASTY)]))
    assert writer.kinds() == kinds


def test_a_window_that_shows_an_older_draft_is_told_and_changes_nothing(store: Any) -> None:
    writer = Writer(store)
    stamp = writer.draft.stamp
    writer.press("add:root|0|wait")
    page = writer.press("add:root|0|coupon", stamp=stamp)
    assert "changed this draft while you were looking at it" in page
    assert writer.kinds() == ["wait", "exit"]


def test_a_page_of_a_draft_that_was_thrown_away_publishes_none_begun_since(store: Any) -> None:
    make_template("hello")
    writer = Writer(store, journey=switch_on("abandoned_cart", now=clock.now() - timedelta(days=1)))
    writer.press("add:root|0|wait")
    looked_at = writer.draft
    assert f'name="stamp" value="{looked_at.stamp}"' in writer.client.get(f"{writer.here}launch/").content.decode()
    writer.client.post(f"{writer.here}discard/")
    writer.press("add:root|0|send")
    assert (writer.draft.revision, writer.draft.stamp == looked_at.stamp) == (looked_at.revision, False)
    answer = writer.client.post(f"{writer.here}publish/", {"stamp": looked_at.stamp})
    assert (answer.status_code, JourneyVersion.objects.filter(journey=writer.journey).count()) == (409, 1)
    assert writer.draft.stamp in answer.content.decode()


def test_ways_of_a_branch_are_added_and_say_who_takes_them(store: Any) -> None:
    people = make_list(make_crowd(1, now=clock.now()), now=clock.now(), name="Tea lovers")
    writer = Writer(store)
    page = writer.press("add:root|0|branch")
    assert 'name="open" value="root.steps.0.ways.0"' in page, "who goes the first way is what must be said"
    assert "must say who goes this way" in page
    writer.press("more:people", opened="root.steps.0.ways.0")
    way = writer.draft.tree["root"]["steps"][0]["ways"][0]
    assert (way["people"], "Tea lovers" in writer.page) == ([{"segment": str(people.public_id)}], True)
    writer.press("way_add:root.steps.0")
    writer.press(
        "done", opened="root.steps.0.ways.1", name="Big spenders", **{"people.0.segment": str(people.public_id), "people.0.inside": "no"}
    )
    assert "Big spenders" in writer.page
    assert "All others" in writer.page
    assert "Every way leads somewhere" in writer.page
    writer.press("way_remove:root.steps.0.ways.0")
    assert len(writer.draft.tree["root"]["steps"][0]["ways"]) == 2


def test_rows_of_a_form_come_and_go(store: Any) -> None:
    writer = Writer(store)
    writer.press("more:exits", opened="exits")
    assert writer.draft.tree["exits"] == [{"event": "Order Completed"}]
    writer.press("less:exits.0", opened="exits")
    assert writer.draft.tree["exits"] == []
    writer.press("add:root|0|update")
    writer.press("more:set", opened="root.steps.0")
    writer.press("done", opened="root.steps.0", **{"set.0.name": "plan", "set.0.type": "text", "set.0.value": "gold"})
    assert writer.draft.tree["root"]["steps"][0]["set"] == {"plan": "gold"}
    assert "plan = gold" in writer.page


def test_an_exit_says_what_its_event_must_say(store: Any) -> None:
    writer = Writer(store)
    writer.press("more:exits", opened="exits")
    writer.press("more:exits.0.where", opened="exits", **{"exits.0.event": "Order Completed"})
    told = {"property": "total_minor", "type": "number", "op": "at_least", "value": "5000"}
    answers = {"exits.0.event": "Order Completed"} | {f"exits.0.where.0.{name}": value for name, value in told.items()}
    writer.press("done", opened="exits", **answers)
    assert writer.draft.tree["exits"] == [{"event": "Order Completed", "where": [told | {"value": 5000}]}]
    assert "they place an order, and total_minor is at least 5000" in writer.page
    writer.press("less:exits.0.where.0", opened="exits")
    assert writer.draft.tree["exits"] == [{"event": "Order Completed"}]


def test_a_way_asks_by_a_rule_that_is_said_and_changed_condition_by_condition(store: Any) -> None:
    writer, way = Writer(store), "root.steps.0.ways.0"
    writer.press("add:root|0|branch")
    writer.press("more:rules", opened=way)
    (row,) = writer.draft.tree["root"]["steps"][0]["ways"][0]["people"]
    assert row["rule"]["root"]["rules"][0]["is"] == "figure"
    answers = {"is": "figure", "figure": "orders", "op": "at_least", "value": "3"}
    filled = {"rules.0.inside": "no", "rules.0.join": "any"} | {f"rules.0.conditions.0.{name}": told for name, told in answers.items()}
    writer.press("more:rules.0.conditions", opened=way, **filled)
    rule = writer.draft.tree["root"]["steps"][0]["ways"][0]["people"][0]
    assert (rule["inside"], rule["rule"]["root"]["join"], len(rule["rule"]["root"]["rules"])) == (False, "any", 2)
    assert 'value="less:rules.0.conditions.1"' in writer.page
    writer.press("less:rules.0.conditions.1", opened=way)
    assert "it is not true that they have at least 3 orders" in writer.page
    assert "Every way leads somewhere" in writer.page
    broken = filled | {"rules.0.conditions.0.value": "many"}
    writer.press("look", opened=way, **broken)
    assert "form-hint bad" in writer.page
    writer.press("less:rules.0", opened=way)
    assert writer.draft.tree["root"]["steps"][0]["ways"][0]["people"] == []


def test_a_ready_made_journey_s_rule_is_said_in_words_and_can_be_changed(store: Any) -> None:
    writer = Writer(store, journey=switch_on("first_order", now=clock.now()))
    writer.press("open:entry")
    assert "only if they have exactly 1 order" in writer.page
    assert 'name="c.rules.0.conditions.0.value"' in writer.page


def with_rules(writer: Writer, count: int) -> None:
    """Let the draft part people by so many rules, in two branches."""
    rules = [figure("orders", "equals", number) if number % 2 else did(f"Event {number}") for number in range(1, count + 1)]
    ways = [{"name": "", "people": [{"rule": rule_of(rule)}], "steps": []} for rule in rules]
    parts = {"few": ways[: count // 2], "many": ways[count // 2 :]}
    steps = [{"id": name, "kind": "branch", "ways": [*part, {"steps": []}]} for name, part in parts.items()]
    draft = writer.draft
    draft.tree = draft.tree | {"people": ways[0]["people"], "root": {"steps": [*steps, {"id": "end", "kind": "exit"}]}}
    draft.save()


def test_a_page_asks_the_database_as_often_for_thirty_rules_as_for_three(store: Any) -> None:
    writer = Writer(store)
    looks = {
        "editor": lambda: writer.client.get(f"{writer.here}edit/?open=root.steps.0.ways.0").content.decode(),
        "pressed": lambda: writer.press("look", opened="entry"),
        "launch": lambda: writer.client.get(f"{writer.here}launch/").content.decode(),
    }
    asked: dict[int, dict[str, int]] = {3: {}, 30: {}}
    for count, found in asked.items():
        with_rules(writer, count)
        for name, look in looks.items():
            look()
            with CaptureQueriesContext(connection) as queries:
                page = look()
            found[name] = len(queries)
            assert ("exactly 3 orders" in page, "Event 30" in page) == (True, count == 30), name
    assert asked[3] == asked[30]


def test_a_live_journey_gets_a_draft_and_those_inside_move_by_what_is_said(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    now = clock.now()
    journey = switch_on("abandoned_cart", now=now - timedelta(days=1))
    (person,) = make_crowd(1, now=now)
    record(person.pk, name="Cart Idle", properties={"cart_id": "c1"}, now=now)
    tick(now=now)
    Enrollment.objects.update(step="pause", state="running", due_at=now + timedelta(hours=20), ended_at=None, reason="")
    writer = Writer(store, journey=journey)
    assert "You are writing the next version." in writer.client.get(f"{writer.here}edit/").content.decode()
    writer.press("done", opened="root.steps.1", amount="30", unit="hours")
    look = writer.client.get(f"{writer.here}launch/").content.decode()
    assert "1 person at “Wait 30 hours”" in look
    assert '<option value="pause" selected>' in look
    monkeypatch.setattr(versions, "MOST_MOVED", 0)
    look = writer.client.get(f"{writer.here}launch/").content.decode()
    assert ("At most 0 of them can go on in it at once." in look, '<option value="pause" selected>' in look) == (True, False)
    answer = writer.client.post(f"{writer.here}publish/", {"stamp": writer.draft.stamp, "move.pause": "pause"})
    assert (answer.status_code, "People inside cannot go on so: at most 0 people" in answer.content.decode()) == (422, True)
    monkeypatch.undo()
    answer = writer.client.post(f"{writer.here}publish/", {"stamp": writer.draft.stamp, "move.pause": "pause"}, follow=True)
    assert "1 person inside goes on in it." in answer.content.decode()
    assert Enrollment.objects.get().version.number == 2


def test_a_fresh_step_never_takes_the_name_of_one_that_was_live(store: Any) -> None:
    now = clock.now()
    writer = Writer(store, journey=switch_on("abandoned_cart", now=now - timedelta(days=1)))
    live = {one["id"] for one in writer.journey.versions.get().definition["steps"]}
    assert "pause" in live
    for name in ("wait", "rest"):
        steps = [{"id": name, "kind": "wait", "hours": 2}]
        versions.publish(writer.journey, {"trigger": {"event": "Cart Idle"}, "steps": steps}, now=now)
    assert drafting.used_ids(writer.journey) == live | {"wait", "rest"}
    writer.press("add:root|0|wait")
    writer.press("duplicate:root.steps.0")
    assert [node["id"] for node in writer.draft.tree["root"]["steps"]][:3] == ["wait-2", "wait-3", "rest"]


def test_a_writer_writes_and_only_who_may_send_makes_it_live(store: Any) -> None:
    make_template("hello")
    writer = Writer(store, "writer")
    writer.press("add:root|0|send")
    assert "Somebody who may send must make it live." in writer.client.get(f"{writer.here}launch/").content.decode()
    assert writer.client.post(f"{writer.here}publish/", {"stamp": writer.draft.stamp}).status_code == 403
    assert Journey.objects.get(pk=writer.journey.pk).state == "draft"


def test_what_goes_out_without_consent_is_said_before_the_launch_and_starts_with_an_order(store: Any) -> None:
    make_template("hello")
    writer = Writer(store)
    writer.press("add:root|0|send")
    writer.press("done", opened="entry", again="never", holdout="0", stream="transactional")
    look = writer.client.get(f"{writer.here}launch/").content.decode()
    assert look.count("go out without consent, as part of an order") == 2
    assert "Mend this first" not in look
    writer.press("done", opened="trigger", kind="event", event="Cart Idle", key="cart_id")
    answer = writer.client.post(f"{writer.here}publish/", {"stamp": writer.draft.stamp})
    assert (answer.status_code, Journey.objects.get(pk=writer.journey.pk).state) == (422, "draft")
    assert "so only an order, a parcel, a return or a refund may start it" in answer.content.decode()


def test_a_way_back_to_a_message_is_said_before_the_launch(store: Any) -> None:
    make_template("hello")
    writer = Writer(store)
    writer.press("add:root|0|send")
    writer.press("add:root|1|wait")
    assert (
        "It sends at most 1 message to each person who enters. They go only" in writer.client.get(f"{writer.here}launch/").content.decode()
    )
    writer.press("add:root|2|jump")
    writer.press("done", opened="root.steps.2", to="send")
    assert "each time round it sends at most 1 message" in writer.client.get(f"{writer.here}launch/").content.decode()


@pytest.mark.parametrize(("role", "is_offered"), [("writer", False), ("marketer", True)])
def test_what_events_say_of_customers_is_offered_only_to_who_may_see_them(store: Any, role: str, is_offered: bool) -> None:
    (person,) = make_crowd(1, now=clock.now())
    record(person.pk, name="Order Completed", properties={"email": "kim@customers.example"}, now=clock.now())
    writer = Writer(store, role)
    asked = {"kind": "event", "event": "Order Completed", "where.0.property": "email", "where.0.type": "text", "where.0.op": "is"}
    page = writer.press("look", opened="trigger", **asked)
    assert ("kim@customers.example" in page) is is_offered
    assert '<option value="email"' in page


def test_steps_are_not_put_deeper_than_a_page_can_show(store: Any) -> None:
    writer = Writer(store)
    writer.press("add:root|0|split")
    draft, around = writer.draft, "root.steps.0.ways.0"
    for _level in range(MOST_DEPTH):
        changed = rearranging.add(draft.tree, around, 0, "split")
        draft.tree, around = changed.tree, f"{changed.place}.ways.0"
    draft.tree = rearranging.add(draft.tree, "root", 1, "wait").tree
    draft.save()
    for deed in (f"add:{around}|0|wait", f"carry:root.steps.1,{around},0"):
        assert f"Steps stand in at most {MOST_DEPTH} ways, one in the other." in writer.press(deed)
        assert (writer.draft.tree, writer.draft.revision) == (draft.tree, draft.revision)
    assert writer.client.get(f"{writer.here}edit/").status_code == 200


def test_a_draft_that_is_too_long_is_refused_and_nothing_of_it_is_kept(store: Any) -> None:
    writer = Writer(store)
    writer.press("add:root|0|wait")
    before = writer.draft
    texts = [f"{number:03}{'茶' * 600}" for number in range(110)]
    row = {"where.0.property": "drink", "where.0.type": "text", "where.0.op": "is", "where.0.values": texts}
    page = writer.press("done", opened="trigger", kind="event", event="Order Completed", **row)
    (kept,) = writer.draft.tree["trigger"]["where"]
    assert (len(kept["values"]), {len(one) for one in kept["values"]}) == (101, {501})
    assert "must be 1 to 100 texts of 1 to 500 characters" in page
    more = {name.replace("0", "1"): value for name, value in row.items()}
    page = writer.press("done", opened="trigger", kind="event", event="Order Completed", **row, **more)
    assert "That is too long to keep." in page
    after = writer.draft
    assert (after.revision, len(after.before)) == (before.revision + 1, len(before.before) + 1)
    assert after.tree["trigger"]["where"] == [kept]


DEEP = "a.0." * 250 + "x"


def test_names_no_form_has_leave_nothing_in_a_draft(store: Any) -> None:
    writer = Writer(store)
    row = {"exits.0.event": "Order Cancelled", f"exits.0.where.0.{DEEP}": "1", "exits.0.other.0.x": "1", DEEP: "1", "other.0.x": "1"}
    data = {"do": "done", "open": "exits", "stamp": writer.draft.stamp, **{f"c.{name}": value for name, value in row.items()}}
    answer = writer.client.post(f"{writer.here}edit/", urlencode(data), content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 200
    assert writer.draft.tree["exits"] == [{"event": "Order Cancelled"}]
    assert "other" not in writer.draft.tree


def test_a_draft_that_was_stored_deeper_than_any_form_is_shown_and_mended(store: Any) -> None:
    writer = Writer(store)
    draft = writer.draft
    deep: dict[str, Any] = {"x": "1"}
    for _level in range(250):
        deep = {"a": [deep]}
    draft.tree["exits"] = [{"event": "Order Cancelled", "where": [deep]}]
    draft.save()
    assert "Order Cancelled" in writer.press("look", opened="exits")
    writer.press("add:root|0|wait")
    assert writer.kinds() == ["wait", "exit"]
    writer.press("done", opened="exits", **{"exits.0.event": "Order Cancelled"})
    assert writer.draft.tree["exits"] == [{"event": "Order Cancelled"}]
    assert writer.kinds() == ["wait", "exit"]


def test_another_store_s_journey_is_not_there(store: Any) -> None:
    writer = Writer(store)
    other = make_store("Other")
    stranger = signed_in(member_of(other, "owner"))
    address = f"/s/{other.slug}/journeys/{writer.journey.public_id}/"
    assert [stranger.get(f"{address}{page}/").status_code for page in ("edit", "launch", "shadow", "replay")] == [404] * 4


def test_a_draft_runs_in_shadow_and_is_replayed(store: Any) -> None:
    now = clock.now()
    make_template("hello")
    writer = Writer(store)
    writer.press("add:root|0|send")
    writer.press("done", opened="trigger", kind="event", event="Cart Idle")
    page = writer.client.post(f"{writer.here}shadow/switch/", {"do": "begin"}, follow=True).content.decode()
    assert "Nothing was sent." in page
    (person,) = make_crowd(1, now=now)
    record(person.pk, name="Cart Idle", now=clock.now())
    tick(now=clock.now())
    page = writer.client.get(f"{writer.here}shadow/").content.decode()
    assert ("Send the e-mail “Hello”" in page, person.email in page or "Kim" in page) == (True, True)
    analyst = signed_in(member_of(store, "analyst")).get(f"{writer.here}shadow/").content.decode()
    assert ("Somebody" in analyst, "Kim" in analyst) == (True, False)
    writer.client.post(f"{writer.here}replay/ask/")
    assert "Counting." in writer.client.get(f"{writer.here}replay/").content.decode()
    while replaying.go_on(now=clock.now()):
        pass
    replay = JourneyReplay.objects.get()
    replay.found |= {"ends": {"not_meant": 2, "Order Completed": 3}}
    replay.save()
    page = writer.client.get(f"{writer.here}replay/").content.decode()
    writer.client.post(f"{writer.here}shadow/switch/", {"do": "stop"})
    assert (replay.found["entered"], "1 run would have begun" in page) == (1, True)
    assert ("Stopped: They were not among those it is for" in page, "Stopped: Order Completed" in page) == (True, True)
    assert "Nothing runs in shadow." in writer.client.get(f"{writer.here}shadow/").content.decode()


def test_the_list_tells_the_start_of_the_version_that_is_live_or_of_the_newest(store: Any) -> None:
    for name, live in (("Lived", 2), ("Written", None)):
        journey = Journey(name=name, live_number=live)
        journey.save()
        for number in (1, 2, 3):
            data = {"trigger": {"event": f"{name} {number}"}, "steps": [{"id": "end", "kind": "exit"}]}
            JourneyVersion.objects.create(journey=journey, number=number, definition=data)
    page = signed_in(member_of(store, "analyst")).get(f"/s/{store.slug}/journeys/").content.decode()
    assert [word for word in (f"{name} {number}" for name in ("Lived", "Written") for number in (1, 2, 3)) if word in page] == [
        "Lived 2", "Written 3",
    ]  # fmt: skip


def test_the_list_says_what_starts_each_journey(store: Any) -> None:
    writer = Writer(store)
    for name, live_number in (("Entered", 1), ("Never", None)):
        journey = Journey(name=name, state="ended", live_number=live_number)
        journey.save()
        for number in (1, 2):
            JourneyVersion.objects.create(journey=journey, number=number, definition={"trigger": {"event": f"{name} {number}"}})
    page = writer.client.get(writer.base).content.decode()
    shown = {event for event in ("Entered 1", "Entered 2", "Never 1", "Never 2") if event in page}
    assert shown == {"Entered 1", "Never 2"}, "the version people enter by, or the newest"
    assert ("When they place an order" in page, "New journey" in page) == (True, True)
    assert writer.client.get(writer.here).status_code == 302
    analyst = signed_in(member_of(store, "analyst")).get(writer.base).content.decode()
    assert f"{writer.base}new/" not in analyst
