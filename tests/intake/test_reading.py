"""What the door reads and what it refuses, before anything touches the database."""

import gzip
import io
import json
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retention.intake.bodies import LARGEST_BODY, BodyRefused, decode_strictly, first_doubled, read_body
from retention.intake.envelopes import open_batch
from retention.intake.reading import Sender, Single, key_of, read_batch, read_singles

NOW = datetime(2026, 11, 20, 9, 12, tzinfo=UTC)
SENDER = Sender(store_id=1, trusted=True, received_at=NOW)
GOOD = b'{"type":"track","event":"Product Viewed","userId":"u1","messageId":"m1"}'


def read(*events: bytes, envelope: bytes = b""):
    return read_batch(open_batch(b'{"batch":[' + b",".join(events) + b"]" + envelope + b"}"), sender=SENDER)


def told(row):
    """Return what the event says, however it is kept."""
    return msgspec.json.decode(row.properties) if isinstance(row.properties, msgspec.Raw) else row.properties


def track(**fields):
    return json.dumps({"type": "track", "event": "E", "userId": "u", **fields}).encode()


BAD = {
    "NaN": (b'{"type":"track","event":"E","userId":"u","properties":{"total":NaN}}', "", "JSON"),
    "1e999": (b'{"type":"track","event":"E","userId":"u","properties":{"total":1e999}}', "", "range"),
    "NUL": (b'{"type":"track","event":"E","userId":"u","properties":{"a":"x\\u0000y"}}', "", "NUL"),
    "NUL in a key": (b'{"type":"track","event":"E","userId":"u","properties":{"a\\u0000":1}}', "", "NUL"),
    "half a surrogate pair": (b'{"type":"track","event":"E","userId":"u","properties":{"a":"\\ud800"}}', "", "surrogate"),
    "not UTF-8": (b'{"type":"track","event":"\xff","userId":"u"}', "", "UTF-8"),
    "doubled key": (b'{"type":"track","event":"E","userId":"u","properties":{"total":1,"total":2}}', "total", "twice"),
    "doubled key with blanks": (b'{"type":"track","event":"E","userId":"u","properties":{"total" : 1,"total" :2}}', "total", "twice"),
    "doubled key beside one with a blank": (b'{"type":"track","event":"E","userId":"u","properties":{"a" :1,"b":1,"b":2}}', "b", "twice"),
    "doubled key beside an escaped quote": (
        b'{"type":"track","event":"E","userId":"u","properties":{"a":"\\u0022\\u0022","b":1,"b":2}}',
        "b",
        "twice",
    ),
    "33 levels": (b'{"type":"track","event":"E","userId":"u","properties":{"a":' + b"[" * 40 + b"]" * 40 + b"}}", "", "32 levels"),
    "70-bit number": (b'{"type":"track","event":"E","userId":"u","properties":{"a":590295810358705651712}}', "", "64 bits"),
    "5,000 digits": (b'{"type":"track","event":"E","userId":"u","properties":{"a":' + b"9" * 5000 + b"}}", "", "range"),
    "an array": (b"[1]", "", "object"),
    "no name": (b'{"type":"track","userId":"u"}', "event", "name"),
    "nobody": (b'{"type":"track","event":"E"}', "userId", "anonymousId"),
    "unknown type": (b'{"type":"dance","event":"E","userId":"u"}', "type", "track"),
    "wrong kind of value": (b'{"type":"track","event":7,"userId":"u"}', "event", "Expected"),
    "1970": (track(timestamp="1970-01-01T00:00:00Z"), "timestamp", "2000"),
    "2099": (track(timestamp="2099-01-01T00:00:00Z"), "timestamp", "ahead"),
    "no moment": (track(timestamp="yesterday"), "timestamp", "moment"),
    "long id": (track(userId="u" * 201), "userId", "200"),
    "long name": (track(event="e" * 121), "event", "120"),
    "timestamps that leave the calendar": (track(timestamp="9999-12-31T23:59:59Z", sentAt="2026-01-01T00:00:00Z"), "timestamp", "calendar"),
    "10,000 levels": (b"[" * 10_000 + b"]" * 10_000, "", "32 levels"),
    "10,000 levels in properties": (b'{"type":"track","properties":{"a":' + b"[" * 10_000 + b"]" * 10_000 + b"}}", "", "32 levels"),
    "a wrong bracket": (b'{"type":"track","properties":{"a":1]}', "", "JSON"),
    "33 KB": (track(properties={"a": "x" * 33 * 1024}), "", "32 KB"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_event_refuses_itself_and_not_its_neighbours(case):
    event, field, words = BAD[case]
    reading = read(GOOD, event, GOOD.replace(b"m1", b"m2"))
    assert [row.name for row in reading.rows] == ["Product Viewed", "Product Viewed"]
    assert [(refused.index, refused.field) for refused in reading.refused] == [(1, field)]
    assert words in reading.refused[0].message


def singles(*bodies: bytes):
    """Return what requests of one event each held, every one of a store of its own."""
    return read_singles(
        [Single(body, "track", Sender(store_id=place, trusted=True, received_at=NOW)) for place, body in enumerate(bodies, 1)]
    )


@pytest.mark.parametrize("case", BAD)
def test_a_bad_single_event_refuses_itself_and_not_the_requests_read_with_it(case):
    event, field, words = BAD[case]
    first, bad, last = singles(GOOD, event, GOOD.replace(b"m1", b"m2"))
    assert [(row.store_id, row.name) for reading in (first, last) for row in reading.rows] == [(1, "Product Viewed"), (3, "Product Viewed")]
    if case == "unknown type":  # the address says which kind it is
        assert [row.name for row in bad.rows] == ["E"]
        return
    assert (bad.rows, [(refused.index, refused.field) for refused in bad.refused]) == ([], [(0, field)])
    assert words in bad.refused[0].message


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'{"event":"E","userId":"x","properties":{"a":[1', b'2]}},{"event":"E","userId":"y"},{"event":"E","userId":"z"}'),
        (b'{"event":"E","userId":"x"},{"event":"E","userId":"y"}', b""),
        (b'{"event":"E","userId":"x"', b'"properties":{}}'),
        (b'{"event":"E","userId":"x"}],[{"event":"E","userId":"y"}', b'{"event":"E","userId":"z"}]'),
    ],
)
def test_a_body_cannot_reach_into_one_of_another_sender(before, after):
    first, between, last = singles(before, GOOD, after)
    assert (first.rows, last.rows) == ([], [])
    assert [(row.store_id, row.external_id) for row in between.rows] == [(2, "u1")]


SOUND = b'{"type":"track","event":"E","userId":"u","messageId":"a"}'


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"batch":[%s],"batch":[%s]}' % (SOUND, GOOD), "batch"),
        (b'{"batch":[%s,%s],"batch":[%s]}' % (SOUND, GOOD, SOUND), "batch"),
        (b'{"batch":[%s],"b\\u0061tch":[%s]}' % (SOUND, GOOD), "batch"),
        (b'{"batch":[%s],"batch":[]}' % SOUND, "batch"),
        (b'{"batch":[],"batch":[%s]}' % SOUND, "batch"),
        (b'{"sentAt":"2026-11-20T09:12:00Z","batch":[%s],"sentAt":null}' % SOUND, "sentAt"),
        (b'{"writeKey":"a", "batch": [%s, %s], "writeKey":"b"}' % (SOUND, GOOD), "writeKey"),
    ],
)
def test_what_stands_twice_in_an_envelope_is_refused_and_no_events_are_lost(body, field):
    with pytest.raises(BodyRefused, match="twice") as refused:
        open_batch(body)
    assert refused.value.field == field


@pytest.mark.parametrize("around", [b"%s,%s,%s", b"%s, %s, %s", b" %s ,\n %s,\t%s\n", b"%s , %s  , %s"])
@pytest.mark.parametrize("other", [SOUND, b'{"type":"track","event":"\\ud800","userId":"u"}', b"0", b"[]", b'""'])
def test_events_are_cut_out_as_they_stand_however_they_are_laid_out(around, other):
    batch = open_batch(b'{"sentAt": "2026-11-20T09:12:00Z", "batch": [' + around % (GOOD, other, GOOD) + b'], "unknown": [[0]]}')
    assert [bytes(event) for event in batch.batch] == [GOOD, other, GOOD]
    assert batch.sent_at == "2026-11-20T09:12:00Z"


def test_a_large_text_in_any_script_is_no_larger_beside_a_broken_neighbour():
    cyrillic = json.dumps({"type": "track", "event": "E", "userId": "u", "properties": {"a": "ж" * 15_000}}, ensure_ascii=False).encode()
    reading = read(cyrillic, b'{"type":"track","event":"\\ud800","userId":"u"}', GOOD)
    assert len(reading.rows) == 2
    assert [refused.index for refused in reading.refused] == [1]


def test_what_nobody_foresaw_refuses_one_event(caplog):
    words = ["what somebody said"]

    class Clock(datetime):
        def __sub__(self, other):
            if other == timedelta(microseconds=1):
                raise RuntimeError(*words)
            return super().__sub__(other)

    sender = Sender(store_id=1, trusted=True, received_at=Clock(2026, 11, 20, 9, 12, tzinfo=UTC))
    reading = read_batch(open_batch(b'{"batch":[%s,%s,%s]}' % (SOUND, track(messageId="bad"), track())), sender=sender)
    assert (len(reading.rows), [refused.as_answer() for refused in reading.refused]) == (
        2,
        [{"index": 1, "message": "The event could not be read.", "messageId": "bad"}],
    )
    assert [line.cause for line in caplog.records] == ["RuntimeError"]
    assert words[0] not in str(vars(caplog.records[0]))


def test_each_kind_of_sender_has_message_ids_of_its_own():
    assert len({key_of("m", by=who) for who in ("public", "secret", "api", "shop")}) == 4
    assert key_of("m", by="public") == key_of("m", by="public")
    assert len(key_of("m", by="shop")) == 32


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'{"batch":{}}',
        b'{"batch":[' + b"[" * 10_000 + b"]" * 10_000,
        b'{"batch":[{"a":"' + b'\\"' * 50_000,
        b'{"batch":[1},"x":2}',
        b'{"context":' + b"[" * 10_000 + b"]" * 10_000 + b',"batch":[]}',
        b'{"batch":[],"context":"' + b"x" * 40_000 + b'"}',
        b'{"batch":[],"writeKey":"\\ud800"}',
        b'{"batch":[{"type":"track"}],"sentAt":[]}',
        b"\xff\xfe{}",
        b'{"events":[]}',
    ],
)
def test_a_body_that_cannot_be_read_is_refused_whole(body):
    with pytest.raises(BodyRefused) as refused:
        read_batch(open_batch(body), sender=SENDER)
    assert refused.value.status == 400


def test_too_many_events_and_a_context_that_would_multiply_are_refused():
    with pytest.raises(BodyRefused, match="2500"):
        read(*[b"{}"] * 2501)
    with pytest.raises(BodyRefused, match="4 KB"):
        read(GOOD, envelope=b',"context":{"a":"' + b"x" * 5000 + b'"}')


def test_the_senders_wrong_clock_is_set_right_and_the_future_is_not_believed():
    skewed = track(timestamp="2026-11-20T11:00:00+00:00", messageId="a")
    reading = read(skewed, envelope=b',"sentAt":"2026-11-20T11:00:30+00:00"')
    assert reading.rows[0].occurred_at == NOW - timedelta(seconds=30)
    assert read(track(timestamp="2026-11-20T10:00:00Z")).rows[0].occurred_at == NOW
    assert read(track()).rows[0].occurred_at == NOW


def test_events_that_do_not_say_when_keep_the_order_they_were_sent_in():
    moments = [row.occurred_at for row in read(track(event="A"), track(event="B"), track(event="C")).rows]
    assert moments == [NOW - timedelta(microseconds=2), NOW - timedelta(microseconds=1), NOW]


def test_numbers_beyond_53_bits_survive_and_ids_may_be_numbers():
    row = read(b'{"type":"track","event":"E","userId":9007199254740993,"properties":{"id":9007199254740993}}').rows[0]
    assert (row.external_id, told(row)["id"]) == ("9007199254740993", 9007199254740993)


def test_rudderstack_puts_traits_into_the_context():
    body = b'{"userId":"u","context":{"traits":{"email":"a@b.test"}}}'
    row = read_singles([Single(body, "identify", SENDER)])[0].rows[0]
    assert told(row) == {"email": "a@b.test"}


def test_events_without_a_message_id_get_keys_of_their_own():
    reading = read(track(), track(), GOOD, GOOD)
    keys = [row.key for row in reading.rows]
    assert reading.without_message_id == 2
    assert len(set(keys)) == 3
    assert keys[2] == keys[3]


def test_gzip_is_read_and_a_bomb_is_not_blown_up():
    def environ(body, encoding="gzip"):
        return {"CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body), "HTTP_CONTENT_ENCODING": encoding}

    assert read_body(environ(gzip.compress(GOOD))) == GOOD
    bomb = gzip.compress(b"0" * 100_000_000)
    for body, encoding, status in [
        (bomb, "gzip", 413),
        (gzip.compress(GOOD)[:-4], "gzip", 400),
        (gzip.compress(GOOD) + b"x", "gzip", 400),
        (GOOD, "gzip", 400),
        (GOOD, "br", 415),
        (b"x" * (LARGEST_BODY + 1), "", 413),
    ]:
        with pytest.raises(BodyRefused) as refused:
            read_body(environ(body, encoding))
        assert refused.value.status == status
    with pytest.raises(BodyRefused):
        read_body({"wsgi.input": io.BytesIO(b"x" * (LARGEST_BODY + 1))})


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False).map(lambda number: number if not number or 1e-39 <= abs(number) < 1e40 else 0.5)
    | st.text(st.characters(exclude_characters="\x00", codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(exclude_characters="\x00", codec="utf-8")), inner, max_size=4)
    ),
    max_leaves=20,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    value=st.dictionaries(st.text(st.characters(exclude_characters="\x00", codec="utf-8")), json_values, max_size=5),
    indent=st.sampled_from([None, 1]),
)
def test_reads_every_sound_object_as_pythons_parser_does(value, indent):
    raw = json.dumps(value, indent=indent).encode()
    assert decode_strictly(raw) == json.loads(raw)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    events=st.lists(
        st.builds(
            lambda properties, context: track(messageId="m", timestamp=NOW.isoformat(), properties=properties, context=context),
            st.none() | json_values,
            st.none() | st.dictionaries(st.text(max_size=5), json_values, max_size=2),
        )
        | st.sampled_from([case[0] for case in BAD.values()] + [GOOD]),
        min_size=1,
        max_size=6,
    )
)
def test_an_event_is_read_alike_alone_and_among_neighbours(events):
    together = read(*events)
    for reading, one in zip(singles(*events), (singles(event)[0] for event in events), strict=True):
        assert [told(row) for row in reading.rows] == [told(row) for row in one.rows]
        assert [refused.message for refused in reading.refused] == [refused.message for refused in one.refused]
    alone = [read(raw) for raw in events]
    assert [told(row) for row in together.rows] == [told(row) for one in alone for row in one.rows]
    assert [refused.message for refused in together.refused] == [refused.message for one in alone for refused in one.refused]


def test_a_doubled_key_among_thousands_is_found_by_looking_at_each_once():
    """The thread that reads it writes for all shops: a search of each name in all names would hold them up."""

    class Name(str):
        compared = 0

        __hash__ = str.__hash__

        def __eq__(self, other: object) -> bool:
            Name.compared += 1
            return str.__eq__(self, other)

    names = [Name(f"k{number}") for number in range(4_000)]
    assert first_doubled([*names, Name("k3999")]) == "k3999"
    assert Name.compared < len(names)
    assert first_doubled(names) == ""
