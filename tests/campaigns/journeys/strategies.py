"""Random journeys as data, and random lives: time that passes, things that happen, facts that turn, crashes and repeats."""

from typing import Any

from hypothesis import strategies as st

SEGMENTS = ("11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222")
EVENTS = ("Product Viewed", "Checkout Started", "Order Completed", "Reviewed")
CHANNELS = ("push", "sms", "email", "onsite")
ATTRIBUTES = ("birthday", "delivered_on")

_whos = st.fixed_dictionaries({"segment": st.sampled_from(SEGMENTS)}, optional={"inside": st.booleans()})
_told = st.just([{"property": "category", "type": "text", "op": "is", "values": ["Tea"]}])
_walls = st.sampled_from(["00:00", "09:00", "18:30"])


_KINDS = ("send", "send", "wait", "wait", "wait_date", "wait_event", "wait_event", "branch", "split", "ladder", "coupon", "update",
          "webhook", "notify", "exit")  # fmt: skip


@st.composite
def journeys(draw: st.DrawFn) -> dict[str, Any]:
    """Return the data of a journey that `read_definition` may still refuse: ways back are only drawn from steps that wait."""
    names = [f"s{place}" for place in range(draw(st.integers(1, 8)))]
    steps = [draw(_step(place, names)) for place in range(len(names))]
    journey: dict[str, Any] = {
        "trigger": {"event": "Cart Idle", "key": "cart_id"},
        "exits": draw(st.sampled_from([[], [{"event": "Order Completed"}], [{"event": "Order Completed", "key": "cart_id"}]])),
        "guards": draw(st.sampled_from([[], [], ["cart_open"]])),
        "steps": steps,
    }
    if draw(st.booleans()):
        journey["people"] = [draw(_whos)]
    if draw(st.booleans()):
        journey["calm_minutes"] = draw(st.sampled_from([30, 240]))
    return journey


@st.composite
def _step(draw: st.DrawFn, place: int, names: list[str]) -> dict[str, Any]:
    kind = draw(st.sampled_from(_KINDS))
    ahead = names[place + 1 :]
    step: dict[str, Any] = {"id": names[place], "kind": kind, **draw(_FIELDS[kind])}
    if kind in ("branch", "split"):
        ways = ahead or names[:place]
        if not ways:
            return {"id": names[place], "kind": "update", "set": {"plan": "gold"}}
        step["paths"] = [{**path, "go": draw(st.sampled_from(ways))} for path in step["paths"]]
    if kind == "wait_event" and draw(st.booleans()):
        step["otherwise"] = draw(st.sampled_from(names))
    if kind not in ("exit", "branch", "split") and draw(st.integers(0, 3)) == 0:
        wanted = names if kind == "wait" and step.get("hours") else ahead
        if wanted:
            step["then"] = draw(st.sampled_from(wanted))
    return step


_messages = st.fixed_dictionaries({"channel": st.sampled_from(CHANNELS), "template": st.sampled_from(["a", "b"])})
_FIELDS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "send": _messages,
    "wait": st.one_of(
        st.fixed_dictionaries({"hours": st.integers(1, 60)}),
        st.fixed_dictionaries({"at": _walls}, optional={"hours": st.integers(1, 30), "weekdays": st.just(["monday", "thursday"])}),
        st.just({"weekdays": ["sunday"]}),
    ),
    "wait_date": st.fixed_dictionaries(
        {"date": st.sampled_from(ATTRIBUTES)},
        optional={"days": st.integers(-10, 10), "at": _walls, "yearly": st.booleans(), "missing": st.sampled_from(["go_on", "leave"])},
    ),
    "wait_event": st.fixed_dictionaries(
        {"event": st.sampled_from(EVENTS), "hours": st.integers(1, 72)},
        optional={"key": st.just("cart_id"), "where": _told},
    ),
    "branch": st.fixed_dictionaries(
        {
            "paths": st.lists(
                st.one_of(
                    st.fixed_dictionaries({"people": st.lists(_whos, min_size=1, max_size=2)}), st.fixed_dictionaries({"told": _told})
                ),
                min_size=1,
                max_size=3,
            )
        }
    ),
    "split": st.fixed_dictionaries(
        {
            "paths": st.lists(
                st.fixed_dictionaries({"name": st.sampled_from(["A", "B", "C"]), "weight": st.integers(1, 9)}),
                min_size=2,
                max_size=3,
                unique_by=lambda path: path["name"],
            )
        }
    ),
    "ladder": st.fixed_dictionaries(
        {
            "rungs": st.lists(_messages, min_size=1, max_size=4, unique_by=lambda rung: rung["channel"]).map(
                lambda rungs: [{**rung, "minutes": place * 90} for place, rung in enumerate(rungs)]
            )
        },
        optional={"most": st.integers(1, 3)},
    ),
    "coupon": st.fixed_dictionaries({"pool": st.just(SEGMENTS[0])}, optional={"without": st.sampled_from(["go_on", "leave"])}),
    "update": st.just({"set": {"plan": "gold", "seen_on": {"is": "today"}}}),
    "webhook": st.just({"endpoint": SEGMENTS[0]}),
    "notify": st.just({"roles": ["support"], "subject": "Call them"}),
    "exit": st.just({}),
}

MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("time"), st.integers(1, 3000)),
        st.tuples(st.just("event"), st.sampled_from(EVENTS), st.sampled_from(["cart-1", "cart-2"]), st.sampled_from(["Tea", "Cups"])),
        st.tuples(st.just("segment"), st.sampled_from(SEGMENTS), st.booleans()),
        st.tuples(st.just("cart"), st.booleans()),
        st.tuples(st.just("channels"), st.frozensets(st.sampled_from(CHANNELS))),
        st.tuples(st.just("seen"), st.just(0)),
        st.tuples(st.just("codes"), st.booleans()),
        st.tuples(st.just("crash"), st.just(0)),
    ),
    min_size=1,
    max_size=25,
)
