"""Hypothesis strategies of what the outside sends: JSON of every shape, broken JSON, plain bytes, odd headers."""

import json
from typing import Any

from hypothesis import strategies as st

WORDS = ("identify", "track", "page", "screen", "group", "alias", "batch", "import")
NAMES = ("Product Added", "Product Removed", "Cart Updated", "Checkout Started", "Order Completed", "Order Refunded", "Email Opened", "")
FIELDS = (
    "userId",
    "anonymousId",
    "previousId",
    "event",
    "name",
    "messageId",
    "timestamp",
    "sentAt",
    "originalTimestamp",
    "type",
    "groupId",
)

text = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        ["", "\0", "‮abc", "ﷺ" * 40, "x" * 5_000, "NaN", "null", "' OR 1=1 --", "{{ 7*7 }}", "<script>", "=1+1", "\ud800", "a@b", "0", "-1",
         "2026-13-40T99:99:99Z", "2026-01-01T00:00:00+99:00", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "1e400", "É́"]
    ),
)  # fmt: skip
number = st.one_of(
    st.integers(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=True, allow_infinity=True),
    st.sampled_from([0, -1, 10**30, 1e308, 0.1 + 0.2]),
)
leaf = st.one_of(st.none(), st.booleans(), number, text)
value = st.recursive(leaf, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4), max_leaves=12)
products = st.lists(
    st.dictionaries(st.sampled_from(["product_id", "name", "price", "quantity", "variant", "url"]), leaf, max_size=6), max_size=4
)
properties = st.dictionaries(
    st.sampled_from(
        ["order_id", "total", "revenue", "currency", "product_id", "price", "quantity", "cart_id", "email", "products", "consent"]
    ),
    st.one_of(leaf, products, value),
    max_size=8,
)
traits = st.dictionaries(
    st.sampled_from(["email", "phone", "firstName", "lastName", "birthday", "address", "consent", "gender"]), value, max_size=6
)


@st.composite
def event(draw: Any) -> dict[str, Any]:
    """Draw one event: the right field names, often with the wrong things in them."""
    made: dict[str, Any] = {"type": draw(st.sampled_from([*WORDS, "nonsense"])), "userId": draw(st.sampled_from(["u1", "u2", "u3"]))}
    made["messageId"] = draw(st.one_of(text, st.uuids().map(str)))
    made["event"] = draw(st.one_of(st.sampled_from(NAMES), text))
    made |= draw(st.fixed_dictionaries({}, optional={"properties": properties | value, "traits": traits | value, "context": value}))
    return made | draw(st.dictionaries(st.sampled_from(FIELDS), value, max_size=3))


def dumped(thing: Any) -> bytes:
    """Return JSON as careless senders write it: NaN, infinities and half surrogate pairs included."""
    return json.dumps(thing, ensure_ascii=True).encode()


body = st.one_of(
    event().map(dumped),
    st.lists(event(), max_size=5).map(lambda events: dumped({"batch": events})),
    value.map(dumped),
    st.binary(max_size=200),
    st.sampled_from(
        [
            b"[" * 3_000,
            b'{"a":' * 3_000,
            b"\xef\xbb\xbf{}",
            b"{}{}",
            b'{"batch":[' + b"{}," * 700 + b"{}]}",
            b'{"type":"track","type":"page"}',
            b"\xff\xfe",
        ]
    ),
    event().map(dumped).flatmap(lambda whole: st.integers(0, len(whole)).map(lambda cut: whole[:cut])),
)
headers = st.dictionaries(
    st.sampled_from(["HTTP_CONTENT_ENCODING", "CONTENT_TYPE", "HTTP_ORIGIN", "HTTP_X_FORWARDED_FOR", "HTTP_USER_AGENT"]),
    st.sampled_from(
        ["gzip", "identity", "br", "text/plain", "application/json; charset=latin-1", "https://shop.example", "127.0.0.1", "x" * 3_000, "é"]
    ),
    max_size=2,
)
