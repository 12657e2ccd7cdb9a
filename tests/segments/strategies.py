"""Random rules over the values of `world.py`, as merchants' browsers would send them: valid ones, of every kind of condition."""

from typing import Any

from hypothesis import strategies as st

from tests.segments.world import CITIES, COUNTRIES, EVENTS, INTERESTS, JOURNEYS, ODD, PLANS

Json = dict[str, Any]
DAYS = ("2026-11-20", "2026-11-19", "2026-10-21", "2026-08-22", "2025-11-20", "2026-03-29", "2028-02-29")
TEXT_OPS = ("is", "is_not", "contains", "not_contains", "starts", "not_starts", "ends", "not_ends")
RADII = (0.5, 1, 20, 90, 110, 250.5, 500, 1500, 20_000)
COUNT_OPS = ("at_least", "equals", "at_most", "more", "less", "between")


def _made(**parts: Any) -> st.SearchStrategy[Json]:
    return st.fixed_dictionaries({name: part if isinstance(part, st.SearchStrategy) else st.just(part) for name, part in parts.items()})


def _one(*values: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(values)


def _texts(*values: str) -> st.SearchStrategy[list[str]]:
    parts = [value for value in values if value] + [value[1:3] for value in values if len(value) > 3]
    return st.lists(st.sampled_from(parts), min_size=1, max_size=3, unique=True)


def _moving(*ways: str) -> st.SearchStrategy[Json]:
    lengths = st.one_of(
        _made(unit=_one("days"), count=_one(1, 3, 7, 30, 90)), _made(unit=_one("hours"), count=_one(1, 5, 24)),
        _made(unit=_one("weeks", "months"), count=_one(1, 3)), _made(unit=_one("years"), count=_one(1)),
    )  # fmt: skip
    return st.builds(lambda how, length: {"how": how, **length}, _one(*ways), lengths)


PAST = st.one_of(
    _moving("last", "ago"),
    _made(how="after", start=_one(*DAYS)),
    _made(how="before", end=_one(*DAYS)),
    st.tuples(_one(*DAYS), _one(*DAYS)).map(lambda both: {"how": "between", "start": min(both), "end": max(both)}),
)
WINDOW = st.one_of(_made(how="ever"), PAST)
ANY_DAY = st.one_of(PAST, _moving("next", "ahead"))


def _with(base: st.SearchStrategy[Json], **more: st.SearchStrategy[Any]) -> st.SearchStrategy[Json]:
    """Return the base with some of these beside it."""
    chosen = st.fixed_dictionaries({}, optional=dict(more))
    return st.builds(lambda one, other: one | other, base, chosen)


def _text_test(*values: str) -> st.SearchStrategy[Json]:
    return st.one_of(
        _made(op=_one(*TEXT_OPS), values=_texts(*values)),
        _made(op=_one("known", "not_known")),
        _made(op=_one("matches", "not_matches"), values=_one(["^a"], ["[ßs]{1,2}"], ["o|ü"], ["^$"])),
    )


def _number_test(ops: tuple[str, ...], numbers: tuple[float, ...]) -> st.SearchStrategy[Json]:
    def build(op: str, one: float, other: float) -> Json:
        return {"op": op, "value": min(one, other), "to": max(one, other)} if "between" in op else {"op": op, "value": one}

    return st.builds(build, _one(*ops), _one(*numbers), _one(*numbers))


def _merged(*parts: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    def join(*found: Json) -> Json:
        whole: Json = {}
        for one in found:
            whole |= one
        return whole

    return st.builds(join, *parts)


NUMBER_OPS = (*COUNT_OPS, "not_equals", "not_between")
LIST = st.one_of(
    _made(op=_one("any", "all", "not_any", "not_all"), values=_texts(*INTERESTS, "new", "sale", "Ökö")),
    _made(op=_one("starts", "ends", "contains", "not_starts", "not_ends", "not_contains"), values=_texts(*INTERESTS, "New Yorker")),
    _made(op=_one("known", "not_known")),
    _made(op="size", size=_number_test(COUNT_OPS, (0, 1, 2, 3))),
)
DATE = st.one_of(_made(op=_one("known", "not_known")), _made(op=_one("in", "not_in"), window=ANY_DAY))
MOMENT = st.one_of(_made(op=_one("known", "not_known")), _made(op=_one("in", "not_in"), window=PAST))
PROPERTY = st.one_of(
    _made(property="category", type="text", op=_one(*TEXT_OPS), values=_texts("Coffee", "Tea", "O'Hara")),
    _merged(_made(property=_one("price", "category"), type="number"), _number_test(NUMBER_OPS, (0.1, 10, 12.5, 7))),
    _made(property=_one("gift", "price"), type="flag", op=_one("yes", "no")),
    _made(property=_one("price", "gift", "nothing"), type="known", op=_one("known", "not_known")),
)
EVENT = _with(
    st.one_of(
        _merged(
            _made(**{"is": "event", "event": _one(*EVENTS, "Page Viewed", "Never Done", "Unheard Of")}),
            _number_test(COUNT_OPS, (0, 1, 2, 3)),
        ),
        _merged(_made(**{"is": "event", "event": _one(*EVENTS), "sum": "price"}), _number_test(COUNT_OPS, (0, 10, 12.5, 22.6))),
    ),
    window=WINDOW,
    where=st.lists(PROPERTY, min_size=1, max_size=2),
)
DONE = _one(*EVENTS, *EVENTS, "Page Viewed", "Never Done")
FUNNEL = _with(
    _made(
        **{"is": "funnel", "first": DONE, "then": DONE, "did": _one(True, True, False)},
        within=st.one_of(
            _made(unit=_one("days"), count=_one(1, 2, 4, 60)),
            _made(unit=_one("hours"), count=_one(1, 5, 19, 24)),
            _made(unit=_one("weeks"), count=_one(1, 52)),
        ),
    ),
    window=WINDOW,
)
MESSAGE = _with(
    _merged(
        _made(
            **{
                "is": "message",
                "what": _one("delivered", "clicked", "bounced", "unsubscribed", "opened", "sms_clicked", "push_delivered", "onsite_closed"),
            }
        ),
        _number_test(COUNT_OPS, (0, 1, 2, 3)),
    ),
    window=WINDOW,
    journey=_one(*JOURNEYS),
)
VISIT = st.builds(
    lambda one, origin: one | origin,
    _with(
        st.one_of(
            _merged(_made(**{"is": "visit"}), _number_test(COUNT_OPS, (0, 1, 2, 3, 4))),
            _merged(
                _made(**{"is": "visit", "measure": "interval"}),
                _number_test(("at_least", "at_most", "more", "less", "between"), (0, 0.1, 1, 2, 4.5, 30, 100)),
            ),
        ),
        window=WINDOW,
        device=_one("mobile", "tablet", "desktop"),
    ),
    st.one_of(
        st.just({}), st.just({}),
        _made(**{"from": "referrer", "match": _one("contains", "is"), "values": _one(["google"], ["BLOG", "%"], ["https://blog.example/Ärger"])}),
        _made(**{"from": _one("source", "campaign"), "match": _one("contains", "is"), "values": _one(["google"], ["News", "7"], ["50%"])}),
    ),
)  # fmt: skip
DISTANCE = st.builds(
    lambda one, place: one | place,
    _made(**{"is": "distance", "near": _one(True, True, False), "radius": _one(*RADII), "unit": _one("km", "miles")}),
    _one(
        {"country": "DE", "postcode": "80331"}, {"country": "de", "postcode": "80 333"}, {"country": "ES", "postcode": "08-001"},
        {"country": "AT", "postcode": "10115"},
    ),
)  # fmt: skip
NAMES = st.lists(_one("p1", "Coffee", "Lumen", "Roasters"), min_size=1, max_size=2, unique=True)
CODES = st.lists(_one(*COUNTRIES[:3], "de"), min_size=1, max_size=2, unique=True)
NAMED = _text_test("Ann", "Müller", "female", "en-GB", *ODD)
ORDERS = st.one_of(
    _with(
        _merged(_made(**{"is": "orders", "measure": "count"}), _number_test(COUNT_OPS, (0, 1, 2))),
        window=WINDOW,
        coupons=st.lists(_one("SPRING", "spring", "O'Hara"), min_size=1, max_size=2, unique=True),
    ),
    _with(_merged(_made(**{"is": "orders", "measure": "sum"}), _number_test(COUNT_OPS, (0, 10, 25.5, 99))), window=WINDOW),
    _with(
        _merged(
            _made(**{"is": "orders", "what": _one("product", "category", "brand", "vendor"), "names": NAMES}),
            _number_test(COUNT_OPS, (0, 1, 2)),
        ),
        window=WINDOW,
    ),
)  # fmt: skip
CART = st.one_of(
    _made(**{"is": "cart", "state": "none"}),
    _with(
        _made(**{"is": "cart", "state": _one("open", "idle", "abandoned")}),
        window=WINDOW,
        stages=st.lists(_one("basket", "checkout"), min_size=1, max_size=2, unique=True),
        total=_number_test(("at_least", "at_most", "more", "less", "between"), (0, 10, 50)),
    ),
)
CONSENT = st.one_of(
    _made(**{"is": "consent", "channel": _one("email", "sms", "push"), "status": _one("never", "not_granted")}),
    _with(
        _made(**{"is": "consent", "channel": _one("email", "sms", "push"), "status": _one("granted", "refused", "pending")}),
        window=WINDOW,
        methods=st.lists(_one("form", "checkout"), min_size=1, max_size=2, unique=True),
        sources=_one(["footer"]),
    ),
)
SUPPRESSION = _with(
    _made(**{"is": "suppression", "channel": _one("email", "sms"), "blocked": _one(True, False)}),
    window=WINDOW,
    reason=_one("bounced", "complained", "unsubscribed", "manual"),
)
BIRTHDAY = st.one_of(
    _made(**{"is": "birthday", "op": _one("today", "this_month", "known", "not_known")}),
    _made(**{"is": "birthday", "op": _one("next", "last"), "count": _one(1, 7, 8, 101, 365)}),
    _made(**{"is": "birthday", "op": "month", "month": _one(1, 2, 11, 12)}),
    _made(**{"is": "birthday", "op": "age", "age": _number_test(COUNT_OPS, (18, 35, 36))}),
)
ANNIVERSARY = st.one_of(
    _made(**{"is": "anniversary", "key": _one("joined", "renewal"), "op": _one("today", "this_month")}),
    _made(**{"is": "anniversary", "key": _one("joined", "renewal"), "op": _one("next", "last"), "count": _one(1, 2, 7, 8, 101, 365)}),
    _made(**{"is": "anniversary", "key": "joined", "op": "month", "month": _one(2, 3, 11)}),
)
ATTRIBUTE = st.one_of(
    _merged(_made(**{"is": "attribute", "key": "plan"}), _text_test(*PLANS)),
    _merged(_made(**{"is": "attribute", "key": "points"}), _number_test(NUMBER_OPS, (0, 1, 2.5, 10, -3))),
    _made(**{"is": "attribute", "key": "points", "op": _one("known", "not_known")}),
    _made(**{"is": "attribute", "key": "vip", "op": _one("yes", "no", "known", "not_known")}),
    _merged(_made(**{"is": "attribute", "key": "renewal"}), DATE),
    _merged(_made(**{"is": "attribute", "key": "tags"}), LIST),
)
PHONE_COUNTRY = st.one_of(
    _made(
        **{
            "is": "phone_country",
            "op": _one("is", "is_not"),
            "values": st.lists(_one("DE", "us", "CA", "KZ", "RU", "FR"), min_size=1, max_size=3, unique=True),
        }
    ),
    _made(**{"is": "phone_country", "op": _one("known", "not_known")}),
)
LEAF = st.one_of(
    EVENT,
    FUNNEL,
    DISTANCE,
    VISIT,
    ORDERS,
    CART,
    CONSENT,
    SUPPRESSION,
    MESSAGE,
    BIRTHDAY,
    ATTRIBUTE,
    ANNIVERSARY,
    _made(**{"is": "event_time", "event": _one(*EVENTS, "Page Viewed"), "which": _one("first", "last"), "window": PAST}),
    _merged(_made(**{"is": "figure", "figure": "orders"}), _number_test(NUMBER_OPS, (0, 1, 2, 3))),
    _merged(_made(**{"is": "figure", "figure": _one("spent", "average")}), _number_test(NUMBER_OPS, (0, 10, 25.5, 50))),
    _merged(_made(**{"is": "moment", "field": _one("created_at", "last_seen_at", "first_order_at", "last_order_at")}), MOMENT),
    _merged(_made(**{"is": "text", "field": _one("city", "region", "postcode")}), _text_test(*CITIES, "Bayern", "80331")),
    _merged(_made(**{"is": "text", "field": _one("first_name", "last_name", "gender", "language")}), NAMED),
    _merged(_made(**{"is": "text", "field": _one("email", "phone")}), _text_test("example.test", "+49170", "B")),
    _made(**{"is": "country", "op": _one("is", "is_not"), "values": CODES}),
    _made(**{"is": "country", "op": _one("known", "not_known")}),
    PHONE_COUNTRY,
    _merged(_made(**{"is": "interests"}), LIST),
    _made(**{"is": "share", "percent": _one(10, 50, 100), "seed": _one("", "a'b")}),
)  # fmt: skip


def _group(nodes: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    return _made(join=_one("all", "any", "none"), rules=st.lists(nodes, min_size=1, max_size=3))


RULES = _group(st.recursive(LEAF, _group, max_leaves=4)).map(lambda root: {"version": 1, "root": root})
SINGLE = LEAF.map(lambda leaf: {"version": 1, "root": {"join": "all", "rules": [leaf]}})
