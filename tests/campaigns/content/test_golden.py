"""Our Liquid is Liquid: every case of golden-liquid for the tags and filters merchants have, with all our limits on."""

import gzip
import json
import time
from pathlib import Path
from typing import Any

import pytest
from liquid.exceptions import LiquidError

from campaigns.personalization.render import MOST_LOOPS, MOST_OUTPUT_BYTES, environment

CASES: list[dict[str, Any]] = json.loads(gzip.decompress((Path(__file__).parents[2] / "data/golden_liquid.json.gz").read_bytes()))["tests"]
# Left out on purpose: there is no other template to load one from, and a mail that read files would be a hole.
UNSUPPORTED = {"include tag", "render tag"}
# Where we differ, and why. A case that becomes equal must leave this list.
_LIBRARY = "python-liquid 2.3.6 answers so; no mail needs it"
_CARRIAGE = "a carriage return comes out as a line feed, which a mail cannot tell apart"
DIFFERENT = {
    "blank and empty, false is equal to blank": _LIBRARY,
    "blank and empty, nil is equal to blank": _LIBRARY,
    "blank and empty, null is equal to blank": _LIBRARY,
    "blank and empty, undefined is equal to blank": _LIBRARY,
    "whitespace control, white space control with  carriage return, newline and spaces": _CARRIAGE,
    "whitespace control, white space control with carriage return and spaces": _CARRIAGE,
    "filters, lstrip, left and right padded": _CARRIAGE,
    "filters, lstrip, right padded": _CARRIAGE,
    "filters, rstrip, left and right padded": _CARRIAGE,
    "filters, rstrip, left padded": _CARRIAGE,
    "filters, date, missing argument": "`date` alone writes the day in full",
    "tags, case, unexpected when token, strict2": _LIBRARY,
    "tags, comment, incomplete tags are not parsed": _LIBRARY,
}
SLOWEST_SECONDS = 1.0


def supported() -> list[dict[str, Any]]:
    return [case for case in CASES if not UNSUPPORTED & set(case.get("tags", ())) and "templates" not in case]


def is_equal(case: dict[str, Any]) -> bool:
    try:
        shown = environment(autoescape=False).from_string(case["template"]).render(**case.get("data", {}))
    except LiquidError:
        return bool(case.get("invalid"))
    return not case.get("invalid") and shown in case.get("results", [case.get("result")])


def test_all_supported_cases_are_equal_but_for_those_named_and_none_hangs(capsys: pytest.CaptureFixture[str]) -> None:
    made = environment(autoescape=False)
    assert (made.loop_iteration_limit, made.output_stream_limit) == (MOST_LOOPS, MOST_OUTPUT_BYTES), "the limits are on"
    cases = supported()
    different, slowest = set(), 0.0
    for case in cases:
        begin = time.perf_counter()
        if not is_equal(case):
            different.add(case["name"])
        slowest = max(slowest, time.perf_counter() - begin)
    share = 1 - len(different) / len(cases)
    with capsys.disabled():
        print(f"\ngolden-liquid: {len(cases)} of {len(CASES)} cases supported, {share:.2%} equal, slowest {slowest * 1000:.0f} ms")
    assert len(cases) >= 1000
    assert different == set(DIFFERENT)
    assert share >= 0.98
    assert slowest < SLOWEST_SECONDS


def test_what_is_left_out_is_refused_and_not_passed_over() -> None:
    for tag in ("include", "render"):
        with pytest.raises(LiquidError):
            environment(autoescape=False).from_string(f"{{% {tag} 'other' %}}")


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("{{ 'now' | date: '%Y' }}", "now"),
        ("{{ 'today' | date: '%Y' }}", "today"),
        ("{{ 'May 1' | date: '%d %m %Y' }}", "01 05 1970"),
        ("{{ '2026-03-02T10:00:00+09:00' | date: '%H:%M' }}", "10:00"),
        ("{{ '20260302' | date: '%d.%m.%Y' }}", "02.03.2026"),
        ("{{ 1772445600 | date: '%Y-%m-%d %H' }}", "2026-03-02 10"),
        ("{{ '2026-03-02' | date }}", "02 March 2026"),
        ("{{ nothing | date: '%Y' }}", ""),
        ("{{ 'x' | date: nothing }}", "x"),
        ("{{ '99999999999999999999' | date: '%Y' }}", "99999999999999999999"),
        ("{{ 'Beans from Ethiopia' | truncate: 8 }}", "Beans..."),
        ("{{ nothing | default: 'friend' }}", "friend"),
        ("{{ 4900 | money: 'EUR', 'de' }}", "49,00\u00a0€"),
        ("{{ 'https://x.test/a.png?v=1' | img_url: 300 }}", "https://x.test/a.png?v=1&width=300"),
        ("{{ 'mailto:a@b.test' | web_url }}", "mailto:a@b.test"),
        ("{{ 'data:text/html,x' | web_url }}", ""),
    ],
)
def test_merchants_filters(source: str, shown: str) -> None:
    assert environment(autoescape=False).from_string(source).render() == shown
