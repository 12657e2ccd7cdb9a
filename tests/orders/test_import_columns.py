"""Whatever the cells of an order hold, its lines are staged and come in as they stood in the file."""

import csv
import io
from datetime import UTC, datetime
from importlib import import_module

import pytest
from django.db import connection

from retention.customers.importing.kinds import Thing
from retention.customers.models import ImportRow
from retention.orders.importing import columns
from retention.orders.models import OrderLine
from tests.customers.importing import compared, counts, faults, import_file, put_in

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
HEAD = "Order Number,Date,Customer Email,SKU,Description,Quantity,Unit Price,Country\n"
ODD = ["a\x1fb", 'six "inch"', "back\\slash", "{brace}, comma", "NULL", "", "line\nbreak", "x\x1e\x1dy", "ünïcode 🎁", "tab\tin it", "'"]


@pytest.fixture
def store(british):
    return british


def file_of(names, number="1") -> str:
    text = io.StringIO()
    for name in names:
        csv.writer(text).writerow([number, "2011-07-01", "", f"P{name}", name, "1", "2.50", ""])
    return text.getvalue()


def stored(number: str) -> list[tuple[str, str]]:
    lines = OrderLine.objects.filter(order__number=number).order_by("position")
    return list(lines.values_list("product_id", "name"))


def test_texts_come_in_as_they_are_whatever_they_hold(store):
    done = import_file(HEAD + file_of(ODD) + file_of([""], "2") + file_of(["plain"], "3"), store, kind="orders", at=NOW)
    assert (faults(done), done.new_count) == ([], 3)
    assert stored("1") == [(f"P{name}".strip(), name) for name in ODD]
    assert (stored("2"), stored("3")) == ([("P", "")], [("Pplain", "plain")])
    again = import_file(HEAD + file_of(ODD) + file_of([""], "2") + file_of(["plane"], "3"), store, kind="orders", at=NOW)
    assert (again.new_count, again.changed_count, again.same_count) == (0, 1, 2)
    assert stored("3") == [("Pplane", "plane")]


def test_parts_with_different_marks_make_one_order(store):
    text = HEAD + file_of(["plain"]) + file_of(["other"], "2") + file_of(["a\x1fb"]) + file_of(["c\x1ed"], "2") + file_of(["e\x1ff"], "2")
    done = import_file(text, store, kind="orders", at=NOW)
    assert (faults(done), done.new_count) == ([], 2)
    assert [name for _product, name in stored("1")] == ["plain", "a\x1fb"]
    assert [name for _product, name in stored("2")] == ["other", "c\x1ed", "e\x1ff"]


@pytest.mark.parametrize(("names", "told"), [(["plain", ""], {}), (["a\x1fb", "c\x1ee"], {"mark": "\x1d"})])
def test_parts_of_one_mark_are_put_together_without_taking_them_apart(monkeypatch, names, told):
    parts = [columns.staged(["P", "Q"], names, f"{n},1,1,{n},1,1") for n in (1, 2)]
    whole = columns.staged(["P", "Q"] * 2, names * 2, "1,1,1,1,1,1,2,1,1,2,1,1")
    asked = []
    monkeypatch.setattr(columns, "_texts", lambda *of: asked.append(of) or [])
    first, more = (Thing(1, "1", values, lines) for lines, values in parts)
    assert (columns.joined(first, more), asked) == (whole, [])
    assert whole.told == told


def test_texts_that_hold_every_mark_are_left_out_with_a_reason(store):
    every = "\x1f" + columns._OTHERS
    done = import_file(HEAD + file_of([f"x{every}y"]) + file_of(["fine"], "2"), store, kind="orders", at=NOW)
    assert faults(done) == [(2, "SKU", "The products' names hold control characters.")]
    assert (stored("1"), stored("2")) == ([], [("Pfine", "fine")])
    half = len(every) // 2
    parts = [columns.staged(["P"], [text], "1,1,1") for text in (f"x{every[:half]}y", f"x{every[half:]}y")]
    with pytest.raises(columns.Unmarkable):
        columns.joined(*(Thing(1, "1", told, lines) for lines, told in parts))


def test_what_waits_from_an_earlier_release_is_turned_over_and_back(store):
    migration = import_module("retention.orders.migrations.0013_marked_lines_of_imports")
    of = compared(put_in(HEAD + file_of(ODD) + file_of(["plain", ""], "2"), kind="orders"), store, at=NOW)
    rows = ImportRow.objects.filter(of_import=of).order_by("id")
    before = list(rows.values_list("lines", "values"))
    with connection.cursor() as cursor:
        cursor.execute(migration._BACK)
        assert [lines[1] for lines in rows.values_list("lines", flat=True)][1] == 'plain,""'
        assert not any("mark" in values for values in rows.values_list("values", flat=True))
        cursor.execute(migration._TURN)
    assert list(rows.values_list("lines", "values")) == before
    assert counts(of)["new"] == 2
