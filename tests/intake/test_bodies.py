"""One look at many events at once: what it lets pass as it stands, and what it leaves to a look at each."""

import json
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.intake.bodies import _MOST_LOOKALIKES, DEEPEST, BodyRefused, read_object, read_plain


def plain(*parts: bytes, apart: bool = False):
    raw = b",".join(parts)
    return read_plain(raw if apart else b"[" + raw + b"]", parts, apart=apart)


@given(st.lists(st.uuids(), min_size=1, max_size=20))
def test_hexadecimal_ids_pass_as_they_stand(ids):
    assert plain(*(b'{"messageId":"%s"}' % str(one).encode() for one in ids)) == [{"messageId": str(one)} for one in ids]


def test_an_id_like_a_number_with_an_exponent_passes_as_it_stands():
    ids = (str(UUID("00000000-0000-4000-8000-3333333e3333")), "1e300", "-1.5e+100", "a1e300", "c-12E-300")
    assert plain(*(b'{"a":"%s"}' % one.encode() for one in ids)) == [{"a": one} for one in ids]


NUMBERS = [b"1e300", b"-1e300", b"1.5E+300", b"-10.25e-300", b"1" * 60 + b".5e100", b"0e000", b"1e40", b"-1.5E-99", b"7e00000000001"]
AROUND = [b'{"a":%s}', b'{"a": %s}', b'{"a":[%s]}', b'{"a":[1,%s]}', b'{"a":[1,\n%s]}', b'{"a":"1e300","b":\t%s}']


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("around", AROUND)
def test_a_number_that_postgresql_would_write_out_with_very_many_digits_is_refused_before_it_is_read(number, around):
    """A thousand of them take as long to read as a megabyte of anything else, and come back from the database fifty times as long."""
    raw = around % number
    with pytest.raises(BodyRefused, match="at most 39"):
        read_object(raw)
    for apart in (False, True):
        assert plain(b'{"first":"1e300"}', raw, apart=apart) is None


@pytest.mark.parametrize("number", [b"1e39", b"-1.5E-39", b"2.5e+05", b"1e7", b"0.1", b"9007199254740993"])
@pytest.mark.parametrize("around", AROUND)
def test_other_numbers_are_read(number, around):
    raw = around % number
    assert read_object(raw)[0] == json.loads(raw)
    assert plain(raw) in ([json.loads(raw)], None if b"\n" in raw or b"\t" in raw else [json.loads(raw)])


@given(st.integers(), st.integers(1, 10**15), st.integers(40, 308), st.sampled_from("eE"), st.sampled_from(["", "+", "-"]))
def test_no_number_with_a_large_exponent_passes(whole, fraction, exponent, sign, of_exponent):
    raw = f'{{"value":{whole}.{fraction}{sign}{of_exponent}{exponent}}}'.encode()
    assert plain(raw) is None
    with pytest.raises(BodyRefused):
        read_object(raw)


def test_digits_inside_a_text_are_no_number_however_many():
    for text in (
        *("1" * 41 + "e99", "-" + "0." * 60 + "1e300", "a" + "1" * 100 + "e40"),
        *("urn:uuid:12345e67-9e4b", "Bearing 2E40", "a1,3e45b7", "ga:3e45b1", "[1e400]", '"1e400', "\\ 1e400", '\\" 1e400', "{-1e400}"),
    ):
        raw = json.dumps({"token": text}).encode()
        assert read_object(raw)[0] == {"token": text}


def test_a_body_full_of_such_ids_is_looked_through_only_so_far():
    """The rest may hold such a number, so its events are looked at one by one."""
    few, many = (b'{"a":"%s"}' % (b"x1e100" * count) for count in (_MOST_LOOKALIKES, _MOST_LOOKALIKES + 1))
    assert (plain(few), plain(many)) == ([json.loads(few)], None)
    assert [read_object(raw) for raw in (few, many)] == [(json.loads(few), True), (json.loads(many), True)]


@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_only_an_event_with_more_brackets_than_levels_are_allowed_is_left_to_a_look_at_itself(place, apart):
    def nested(levels: int) -> bytes:
        return b'{"a":' + b"[" * (levels - 1) + b"]" * (levels - 1) + b"}"

    for levels, passes in ((DEEPEST, True), (DEEPEST + 1, False)):
        parts = [b'{"b":{"c":[]}}'] * 3
        parts[place] = nested(levels)
        assert (plain(*parts, apart=apart) is not None) == passes
