"""A cell's plan: read with every fault named, and compiled into a journey by what somebody allows."""

from dataclasses import replace
from itertools import chain, combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.journeys.definition import read_definition
from campaigns.journeys.triggers import FOR_STOCK, WAS_SOLD_OUT
from campaigns.models import Enrollment
from campaigns.recovery.ready import MESSAGES
from campaigns.recovery.rules.cells import CHANNELS, USUAL_HOLDOUT, CellError, CellPlan, Gift, Rung, read_cell
from campaigns.recovery.rules.compiling import BACK, WAITS_DAYS, journey_of, ladder_for
from campaigns.recovery.rules.defaults import CELLS, GONE, STAGES
from campaigns.recovery.rules.groups import BY_KEY, ON_PAGES
from campaigns.recovery.rules.saying import long_delay, plan_sentences, short_delay

LADDER = CellPlan((Rung("push", 30, "p"), Rung("sms", 240, "s"), Rung("email", 1200, "e"), Rung("onsite", 2640, "t")))


def moments(allowed):
    return [(rung.channel, rung.minutes) for rung in ladder_for(LADDER, allowed).rungs]


@pytest.mark.parametrize(
    ("allowed", "expected"),
    [
        (CHANNELS, [("push", 30), ("sms", 240), ("email", 1200), ("onsite", 2640)]),
        (("sms", "email"), [("sms", 30), ("email", 1200)]),
        (("push", "email"), [("push", 30), ("email", 240)]),
        (("email",), [("email", 30)]),
        (("onsite",), [("onsite", 30)]),
        (("push", "onsite"), [("push", 30), ("onsite", 240)]),
        ((), []),
    ],
)
def test_a_missing_rung_gives_its_moment_to_the_next(allowed, expected):
    assert moments(allowed) == expected


def _subsets():
    return list(chain.from_iterable(combinations(CHANNELS, count) for count in range(1, len(CHANNELS) + 1)))


@given(minutes=st.lists(st.integers(30, 5000), min_size=4, max_size=4), allowed=st.sampled_from(_subsets()), basket=st.booleans())
def test_every_way_up_a_ladder_is_a_sound_journey(minutes, allowed, basket):
    """Each channel at most once, in order, no later than its own moment, and the engine takes it."""
    rungs = sorted(zip(minutes, CHANNELS, strict=True))
    plan = CellPlan(tuple(Rung(channel, minute, "t") for minute, channel in rungs))
    read = read_definition(journey_of(plan, allowed, basket=basket))
    sent = [step.id for step in read.steps if step.kind == "send"]
    assert sorted(sent) == sorted(allowed)
    assert len(set(sent)) == len(sent)
    taken = [rung.minutes for rung in ladder_for(plan, allowed).rungs]
    assert taken == sorted(taken)
    assert taken[0] == minutes_first(rungs)
    assert all(rung.minutes <= {channel: minute for minute, channel in rungs}[rung.channel] for rung in ladder_for(plan, allowed).rungs)
    assert read.guards == (("cart_open",) if basket else ())


def minutes_first(rungs):
    return rungs[0][0]


def test_the_waits_begin_half_an_hour_after_leaving():
    steps = journey_of(LADDER, CHANNELS, basket=True)["steps"]
    assert [step["minutes"] for step in steps if step["kind"] == "wait"] == [210, 960, 1440]


def test_a_ladder_about_what_is_sold_out_begins_when_it_is_back_or_never():
    read = read_definition(journey_of(LADDER, CHANNELS, basket=False, waits=True))
    first, second, *_more = read.steps
    assert (first.id, first.occasion.event, first.occasion.key, first.minutes) == (
        FOR_STOCK, "Product Back In Stock", "product_id", WAITS_DAYS * 24 * 60,
    )  # fmt: skip
    assert (first.otherwise, second.minutes) == ("end", 30)
    assert [first.occasion.counts(BACK, {WAS_SOLD_OUT: gone}) for gone in (True, False, None)] == [True, False, False]
    said = plan_sentences(CellPlan((Rung("email", 30, "e"),), waits=True), stage="Wanted", group=BY_KEY["loyal"].name, names={})
    assert said[0].render(str) == (
        "Loyal, left at “Wanted”: they hear of it 30 minutes after it is back. Nothing is said while it is gone, and nobody waits for "
        "longer than 30 days."
    )
    assert said[1].render(str) == "E-mail “e” 30 minutes after it is back"


def test_a_plan_waits_only_where_it_says_so():
    stored = LADDER.as_json()
    assert read_cell(stored | {"waits": True}, group="looking") == replace(LADDER, waits=True)
    del stored["waits"]
    assert read_cell(stored, group="looking") == LADDER, "written before a plan could wait"
    assert {stage for (stage, _group), plan in CELLS.items() if plan is not None and plan.waits} == {GONE}
    assert all(plan.waits for (stage, _group), plan in CELLS.items() if plan is not None and stage == GONE)


def test_the_index_of_those_who_wait_names_the_step():
    (index,) = [one for one in Enrollment._meta.indexes if one.name == "enrollment_for_stock"]
    assert dict(index.condition.children)["step"] == FOR_STOCK


@pytest.mark.parametrize(
    ("gift", "gifted", "said"),
    [
        (Gift("percent", 10), True, ["gift", "talk"]),
        (Gift("percent", 10), False, ["plain", "talk"]),
        (Gift("none"), True, ["plain", "talk"]),
        (Gift("answers"), True, ["plain", "talk"]),
    ],
)
def test_without_a_gift_the_plain_words_are_said(gift, gifted, said):
    plan = CellPlan((Rung("email", 60, "gift", "plain"), Rung("onsite", 120, "talk")), gift)
    steps = journey_of(plan, CHANNELS, basket=True, gifted=gifted)["steps"]
    assert [step["template"] for step in steps if step["kind"] == "send"] == said


@pytest.mark.parametrize(
    ("data", "group", "place"),
    [
        ({}, "looking", "cell.rungs"),
        ({"rungs": [{"channel": "fax", "template": "t"}]}, "looking", "cell.rungs.0.channel"),
        ({"rungs": [{"channel": "email"}]}, "looking", "cell.rungs.0.template"),
        ({"rungs": [{"channel": "email", "template": "t", "minutes": 5}]}, "looking", "cell.rungs.0.minutes"),
        ({"rungs": [{"channel": "email", "template": "t"}, {"channel": "email", "template": "u"}]}, "looking", "cell.rungs"),
        ({"rungs": [{"channel": "email", "template": "t"}], "holdout_share": 0.01}, "looking", "cell.holdout_share"),
        ({"rungs": [{"channel": "email", "template": "t"}], "gift": {"kind": "percent", "amount": 10}}, "researching", "cell.gift.kind"),
        ({"rungs": [{"channel": "email", "template": "t"}], "gift": {"kind": "percent"}}, "looking", "cell.gift.amount"),
        ({"rungs": [{"channel": "email", "template": "t"}], "gift": {"kind": "percent", "amount": 101}}, "looking", "cell.gift.amount"),
        ({"rungs": [{"channel": "email", "template": "t"}], "colour": "red"}, "looking", "cell.colour"),
    ],
)
def test_a_cell_that_cannot_be_is_refused_with_its_place(data, group, place):
    with pytest.raises(CellError) as refused:
        read_cell(data, group=group)
    assert place in [problem.path for problem in refused.value.problems]


def test_the_ready_made_plan_is_whole_and_sound():
    """Every cell is decided, says what can be sent, gives money off to nobody who would have bought without, is stored as read."""
    assert set(CELLS) == {(stage.key, group) for stage in STAGES for group in ON_PAGES}
    written = {one.key: one.channel for one in MESSAGES}
    for (stage, group), plan in CELLS.items():
        if plan is not None:
            assert read_cell(plan.as_json(), group=group) == plan, (stage, group)
            assert all(written[key] == rung.channel for rung in plan.rungs for key in (rung.template, rung.plain) if key)
            assert any(rung.plain for rung in plan.rungs) == plan.gift.costs
            assert plan.holdout_share >= USUAL_HOLDOUT


def test_a_cell_reads_as_sentences():
    names = {"p": "Still here", "s": "SMS", "e": "Basket", "t": "Talk"}
    said = [phrase.render(str) for phrase in plan_sentences(LADDER, stage="Basket idle", group=BY_KEY["looking"].name, names=names)]
    assert said[0] == ("Just looking, left at “Basket idle”: they get at most 4 messages about it, the first 30 minutes after leaving.")
    assert said[1] == "Push message “Still here” 30 minutes after leaving"
    assert said[3] == "E-mail “Basket” 20 hours after leaving"


@pytest.mark.parametrize(
    ("minutes", "words", "short"),
    [(30, "30 minutes", "30m"), (60, "1 hour", "1h"), (90, "90 minutes", "90m"), (2640, "44 hours", "44h"), (4320, "3 days", "3d")],
)
def test_delays_in_words(minutes, words, short):
    assert (long_delay(minutes).render(str), short_delay(minutes).render(str)) == (words, short)
