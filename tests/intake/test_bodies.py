"""One look at many events at once: what it lets pass as it stands, and what it leaves to a look at each."""

import json
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.intake.bodies import _MOST_LOOKALIKES, DEEPEST, read_object, read_plain


def plain(*parts: bytes, apart: bool = False):
    raw = b",".join(parts)
    return read_plain(raw if apart else b"[" + raw + b"]", parts, apart=apart)


@given(st.lists(st.uuids(), min_size=1, max_size=20))
def test_hexadecimal_ids_pass_as_they_stand(ids):
    assert plain(*(b'{"messageId":"%s"}' % str(one).encode() for one in ids)) == [{"messageId": str(one)} for one in ids]


def test_an_id_like_a_number_with_an_exponent_passes_as_it_stands():
    ids = (str(UUID("00000000-0000-4000-8000-3333333e3333")), "1e300", "-1.5e+100", "a1e300", "c-12E-300")
    assert plain(*(b'{"a":"%s"}' % one.encode() for one in ids)) == [{"a": one} for one in ids]


NUMBERS = [b"1e300", b"-1e300", b"1.5E+300", b"-10.25e-300", b"123456789012345678.123456789012345678e100", b"0e000"]


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("around", [b'{"a":%s}', b'{"a": %s}', b"[%s]", b"[1,%s]", b"[1, %s]", b'{"a":"1e300","b":\t%s}', b"%s"])
@pytest.mark.parametrize("apart", [False, True])
def test_a_number_with_a_large_exponent_is_left_to_a_look_at_its_event(number, around, apart):
    assert plain(b'{"first":"1e300"}', around % number, apart=apart) is None


@given(st.integers(), st.integers(1, 10**15), st.integers(100, 308), st.sampled_from("eE"), st.sampled_from(["", "+", "-"]))
def test_no_number_with_a_large_exponent_passes(whole, fraction, exponent, sign, of_exponent):
    text = f'{{"value":{whole}.{fraction}{sign}{of_exponent}{exponent}}}'
    assert plain(text.encode()) is None


def test_a_body_full_of_such_ids_is_looked_through_only_so_far():
    """The rest may hold such a number, so its events are looked at one by one, and are not stored as they stand."""
    few, many = (b'{"a":"%s"}' % (b"x1e100" * count) for count in (_MOST_LOOKALIKES, _MOST_LOOKALIKES + 1))
    assert (plain(few), plain(many)) == ([json.loads(few)], None)
    assert [read_object(raw) for raw in (few, many)] == [(json.loads(few), True), (json.loads(many), False)]


@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_only_an_event_with_more_brackets_than_levels_are_allowed_is_left_to_a_look_at_itself(place, apart):
    def nested(levels: int) -> bytes:
        return b'{"a":' + b"[" * (levels - 1) + b"]" * (levels - 1) + b"}"

    for levels, passes in ((DEEPEST, True), (DEEPEST + 1, False)):
        parts = [b'{"b":{"c":[]}}'] * 3
        parts[place] = nested(levels)
        assert (plain(*parts, apart=apart) is not None) == passes
