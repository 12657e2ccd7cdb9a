"""Rows of a file become orders the same way however they are cut into runs: many at once where all is well, one by one where not."""

from datetime import UTC, datetime
from random import Random
from zoneinfo import ZoneInfo

import pytest

from retention.customers.importing import reading, splitting
from retention.customers.importing.cells import Manner
from retention.customers.importing.kinds import Plan
from retention.orders.importing import reading as orders
from retention.orders.importing.reading import read_orders

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
HEADINGS = ["number", "placed_at", "external_id", "product_id", "name", "quantity", "unit_price", "currency"]
PLAN = Plan({name: place for place, name in enumerate(HEADINGS)}, {}, HEADINGS, Manner(ZoneInfo("Europe/London")), "GBP", NOW)
CELLS = {
    "number": ["1", "1", "2", " 2 ", "", "C3", "x" * 121],
    "placed_at": ["2011-07-01 12:00", "2011-07-01 12:00", "", "yesterday"],
    "external_id": ["17850", "", "'=5"],
    "product_id": ["85123A", "71053", "'=X", "", "P" * 121],
    "name": ['"WHITE ""METAL"" LANTERN"', "'CUP", "TWO\\THREE", '"two\nlines"', "", "n" * 301],
    "quantity": ["6", "-1", "1", "0", "many"],
    "unit_price": ["2.55", "0.335", "3.39", "dear"],
    "currency": ["", "", "GBP", "JPY"],
}


def read(text: str):
    pieces = [text.encode()]
    return list(read_orders(reading.read_runs(pieces, reading.read_shape(lambda: pieces)), PLAN))


def random_file(seed: int, *, bad: float) -> str:
    """Return a file of eighty rows; every so many cells (bad, from 0 to 1) are any of theirs, the others one of the first two."""
    rng = Random(seed)
    rows = [",".join(HEADINGS)]
    for _row in range(80):
        row = ",".join(rng.choice(cells) if rng.random() < bad else cells[rng.random() < 0.2] for cells in CELLS.values())
        rows.append(row if rng.random() > bad / 3 else rng.choice(["", " ,,,", row + ",too,many", "1,2011-07-01,5,P", 'a"' + row]))
    return "\n".join(rows) + "\n"


@pytest.mark.parametrize("bad", [0.0, 0.02, 0.3])
def test_how_rows_are_cut_into_runs_makes_no_difference(monkeypatch, bad):
    for seed in range(40):
        text = random_file(seed, bad=bad)
        whole = read(text)
        assert sum(one.rows for one in whole) > 60
        for at_once in (1, 7):
            monkeypatch.setattr(splitting, "_LINES_AT_ONCE", at_once)
            assert read(text) == whole
        monkeypatch.undo()


def test_lines_are_columns_of_texts_and_the_sums_are_exact():
    rows = "1,2011-07-01 12:00,17850,'=X,'CUP,6,2.55,\n1,,,71053,,2,0.335,\n1,,,71053,Pot,-1,(1.00),\n"
    [order] = read(f"{','.join(HEADINGS)}\n{rows}")
    assert order.thing.lines == ("=X\x1f71053\x1f71053\x1f", "'CUP\x1f\x1fPot\x1f", "6,255,1530,2,34,67,-1,-100,100")
    values = order.thing.values
    assert (values["rows"], values["amount"], values["stored"], values["minor"], values["back"]) == (3, "16.970", "16.97", 1697, False)
    assert (values["external_id"], values["placed_at"], order.last_row) == ("17850", "2011-07-01T11:00:00+00:00", 4)


def test_one_row_at_fault_is_named_and_the_rows_around_it_are_left_out_with_it():
    rows = (
        "1,2011-07-01,5,X,Cup,1,1,\n" * 3 + "1,2011-07-01,5,X,Cup,none,1,\n" + "2,2011-07-01,5,X,Cup,1,1,\n" + "1,2011-07-01,5,X,Cup,1,1,\n"
    )
    left, second, apart = read(f"{','.join(HEADINGS)}\n{rows}")
    assert [(fault.row, fault.column, fault.value) for fault in left.faults] == [
        (5, "quantity", "none"),
        (2, "", ""),
        (3, "", ""),
        (4, "", ""),
    ]
    assert (left.rows, left.last_row, left.key, second.thing.key, apart.thing.row) == (4, 5, "1", "2", 7)


def test_of_an_order_with_too_many_rows_nothing_is_kept_but_their_count(monkeypatch):
    kept = []
    add = orders._Group.add

    def watch(group, part):
        add(group, part)
        kept.append(sum(one.end - one.start for one in group.parts) + len(group.faults))

    monkeypatch.setattr(orders._Group, "add", watch)
    monkeypatch.setattr(orders, "MOST_LINES", 20)
    monkeypatch.setattr(splitting, "_LINES_AT_ONCE", 7)
    row = "1,2011-07-01,5,X,Cup,1,1,\n"
    long = (row * 9 + row.replace(",\n", ",,too,many\n")) * 30
    left, whole = read(f"{','.join(HEADINGS)}\n{long}{row.replace('1', '2', 1) * 20}")
    assert max(kept) == 20
    assert [(fault.row, fault.column, fault.value) for fault in left.faults] == [(2, "number", "1")]
    assert (left.rows, left.only_counted, left.last_row, left.key) == (300, 299, 301, "1")
    assert (whole.thing.key, whole.rows) == ("2", 20)
