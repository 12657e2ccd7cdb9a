"""The isemail cases: exactly the valid addresses and those whose domain merely has no record are taken, one exception named."""

import html
import re
from pathlib import Path

import pytest

from retention.customers.addresses import is_address
from retention.customers.identifying import email_key

TAKEN = {"ISEMAIL_VALID_CATEGORY", "ISEMAIL_DNSWARN"}
REFUSED = {"ISEMAIL_ERR", "ISEMAIL_RFC5321", "ISEMAIL_RFC5322", "ISEMAIL_CFWS", "ISEMAIL_DEPREC"}
# Valid in the world's root zone, a slip of the keyboard in a shop's list: one word after the @.
ONE_WORD = {"test@io"}


def _cases() -> list[tuple[str, str]]:
    text = (Path(__file__).parents[1] / "data" / "isemail_tests.xml").read_text(encoding="utf-8")
    cases = re.findall(r'<test id="[0-9]+">(.*?)</test>', text, re.DOTALL)
    return [(_spell(html.unescape(_inside(case, "address"))), _inside(case, "category")) for case in cases]


def _inside(case: str, tag: str) -> str:
    found = re.search(rf"<{tag}>(.*?)</{tag}>", case, re.DOTALL)
    return found[1] if found else ""


def _spell(address: str) -> str:
    """Turn the file's pictures of control characters into the characters."""
    return re.sub("[\u2400-\u241f]", lambda found: chr(ord(found.group()) - 0x2400), address)


CASES = _cases()


def test_the_cases_are_all_there():
    assert len(CASES) == 164
    assert {category for _address, category in CASES} == TAKEN | REFUSED


def test_takes_the_valid_ones_and_no_other():
    taken = {address for address, _category in CASES if is_address(address)}
    assert taken == {address for address, category in CASES if category in TAKEN} - ONE_WORD
    assert len(taken) == 21


@pytest.mark.parametrize(
    "address",
    ["Ann@Example.test", "jürgen@bücher.example", "用户@例子.广告", "a+b@x-y.example", " ann@example.test ", "o'hara@example.test"],
)
def test_takes_what_shops_have(address):
    assert email_key(address)


@pytest.mark.parametrize(
    "address",
    ["ann@example", "ann.@example.test", ".ann@example.test", "an..n@example.test", "ann@-x.test", "ann@x_y.test", "a\x00@example.test",
     "ann@example.test\nbcc: b@example.test", "ann @example.test", "a@b@example.test", "\ud800@example.test", "ann@" + "x" * 64 + ".test"],
)  # fmt: skip
def test_refuses_what_nobody_can_reach(address):
    assert email_key(address) == ""
