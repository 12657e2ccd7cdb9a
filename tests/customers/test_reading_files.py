"""From bytes to rows: what merchants' programs write, and what is no table."""

import pytest

from retention.customers.importing.formulas import quote_formula, unquote_formula
from retention.customers.importing.reading import (
    Fault,
    NoTable,
    Row,
    read_rows,
    read_runs,
    read_shape,
)

TABLE = "Email,First Name,Note\nann@example.test,Änn,a\nbea@example.test,Béa,b\n"


def read(data: bytes, *, cut: int = 7, after: int = 1):
    def pieces():
        return [data[start : start + cut] for start in range(0, len(data), cut)]

    shape = read_shape(pieces)
    return shape, list(read_rows(read_runs(pieces(), shape, after=after)))


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (TABLE.encode(), "utf-8"),
        (TABLE.encode("utf-8-sig"), "utf-8-sig"),
        (TABLE.encode("utf-16"), "utf-16"),
        (b"\xfe\xff" + TABLE.encode("utf-16-be"), "utf-16"),
        (TABLE.encode("utf-16-le"), "utf-16-le"),
        (TABLE.encode("utf-16-be"), "utf-16-be"),
        (TABLE.encode("cp1252"), "cp1252"),
        (TABLE.replace("a\n", "\x81\n").encode("latin-1"), "latin-1"),
    ],
)
def test_reads_every_usual_encoding(data, encoding):
    shape, rows = read(data)
    assert shape.encoding == encoding
    assert shape.headings == ["Email", "First Name", "Note"]
    assert [row.cells[:2] for row in rows] == [["ann@example.test", "Änn"], ["bea@example.test", "Béa"]]


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_finds_the_delimiter_and_every_line_end(mark, end):
    text = f'Email{mark}Note{end}ann@example.test{mark}"one{end}two{mark} three"{end}{end}bea@example.test{mark}x'
    shape, rows = read(text.encode(), cut=5)
    assert shape.delimiter == mark
    assert rows == [Row(2, ["ann@example.test", f"one{end}two{mark} three"]), Row(4, ["bea@example.test", "x"])]


def test_row_numbers_are_a_spreadsheet_s():
    _shape, rows = read(b'Email,Note\na@example.test,"1\n2\n3"\n\nb@example.test,x\n')
    assert [row.number for row in rows] == [2, 4]


def test_goes_on_behind_a_row():
    data = b"Email\n" + b"".join(b"c%d@example.test\n" % number for number in range(2, 50))
    assert [row.number for row in read(data, after=40)[1]] == list(range(41, 50))


def test_keeps_formulas_as_text():
    _shape, rows = read(b'Email,Note\na@example.test,"=HYPERLINK(""http://x"")"\n')
    assert rows[0].cells[1] == '=HYPERLINK("http://x")'


@pytest.mark.parametrize("text", ["=1+1", "+49301", "-2", "@cmd", "\tx", "\rx", "\0x", "'quoted", "''", "'=x", "'"])
@pytest.mark.parametrize("before", ["", "a;", "a;b\t", "a\n", 'a\r\n "', "a; "])
def test_a_quoted_formula_comes_back_as_it_was(text, before):
    cell = before + text
    quoted = quote_formula(cell)
    assert (quoted == f"'{cell}") is (not before or text[0] in "=+-@")
    assert unquote_formula(quoted) == cell


@pytest.mark.parametrize("text", ["＝1", "＋1", "－1", "＠x", "a;＝1"])
def test_full_width_signs_are_formulas_too(text):
    assert (quote_formula(text), unquote_formula(f"'{text}")) == (f"'{text}", text)


@pytest.mark.parametrize("text", ["plain", "a=b", "", "a;b", "a\nb", "5 + 3", "a; b-c", "don't"])
def test_what_is_no_formula_stays_as_it_is(text):
    assert quote_formula(text) == unquote_formula(text) == text


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "The file is empty."),
        (b" \n \n", "The file is empty."),
        (b"Email,Name\n", "The file holds headings and no rows."),
        (b"Email,Name\n,\n ,\n", "The file holds headings and no rows."),
        (b"Email,Name,email,Nam,x\na,b,c,d,e\n", "more than once: Email, email. Give"),
        (b"\n\nEmail\na@example.test\n", "The first row must hold the headings"),
        (b"PK\x03\x04 workbook", "This is an Excel workbook or a zip file. Save it as CSV"),
        (b"\x1f\x8b\x08 gzip", "a gzip file"),
        (b"Em\0ail,Name\na,b\n", "NUL"),
        (b",".join(b"c%d" % number for number in range(301)) + b"\na\n", "301 columns; 300 are the most"),
    ],
)
def test_says_why_it_is_no_table(data, why):
    with pytest.raises(NoTable, match=why.replace(".", r"\.").replace("(", r"\(")):
        read(data, cut=1000)


def test_leaves_out_rows_that_do_not_fit_and_names_them():
    huge = b"x" * 1_000_000
    data = (
        b"Email,Note\na@example.test,1\nb@example.test,"
        + huge
        + b"\nc@example.test,\0\nd@example.test,1,2,3\ne@example.test\nf@example.test,2,,\n"
    )
    _shape, rows = read(data, cut=65536)
    assert [row.number for row in rows if isinstance(row, Row)] == [2, 6, 7]
    faults = {fault.row: fault.why for fault in rows if isinstance(fault, Fault)}
    assert faults == {
        3: "A cell holds 1000000 characters; 20000 are the most.",
        4: "A cell holds a NUL character.",
        5: "The row has 4 cells and the headings are 2.",
    }


OPEN = "A quotation mark is opened in this row and not closed in time."
BEHIND = [f"c{number}@example.test,{'y' * 40}" for number in range(5000)]


@pytest.mark.parametrize("cut", [4096, 1_000_000])
@pytest.mark.parametrize("count", [1, 3, 600, 5000])
def test_a_quotation_mark_that_is_never_closed_costs_its_row_only(count, cut):
    text = "\n".join(["Email,Note", "a@example.test,1", 'b@example.test,"open', *BEHIND[:count]])
    _shape, found = read(text.encode(), cut=cut)
    assert found[:2] == [Row(2, ["a@example.test", "1"]), Fault(3, "", 'b@example.test,"open\n', OPEN, cells=["b@example.test", "open\n"])]
    assert found[2:] == [Row(number, line.split(",")) for number, line in enumerate(BEHIND[:count], start=4)]


@pytest.mark.parametrize("cut", [11, 4096])
def test_an_open_quotation_mark_does_not_end_at_the_next_row_s_own(cut):
    lines = ['b@example.test,"open', "c@example.test,2", 'd@example.test,"well, closed"', 'e@example.test,"open', "f@example.test,3"]
    _shape, found = read("\n".join(["Email,Note", *lines]).encode(), cut=cut)
    assert [(row.row, row.why) for row in found if isinstance(row, Fault)] == [(2, OPEN), (5, OPEN)]
    assert [row for row in found if isinstance(row, Row)] == [
        Row(3, ["c@example.test", "2"]),
        Row(4, ["d@example.test", "well, closed"]),
        Row(6, ["f@example.test", "3"]),
    ]


@pytest.mark.parametrize("after", [2, 3, 4, 900])
def test_goes_on_behind_an_open_quotation_mark_as_if_it_had_not_stopped(after):
    text = "\n".join(["Email,Note", "a@example.test,1", 'b@example.test,"open', *BEHIND[:1000]]).encode()
    _shape, whole = read(text, cut=50_000)
    _shape, rest = read(text, cut=50_000, after=after)
    assert rest == [row for row in whole if row[0] > after]


def test_long_cells_with_line_breaks_stay_whole():
    note = "\n".join(f'line {number}, and ""more""' for number in range(400))
    text = f'Email,Note,Other\na@example.test,"{note}","x\n{"y" * 15_000}\n"\nb@example.test,1,2\n'
    _shape, found = read(text.encode(), cut=100)
    assert found == [
        Row(2, ["a@example.test", note.replace('""', '"'), "x\n" + "y" * 15_000]),
        Row(3, ["b@example.test", "1", "2"]),
    ]


def test_headings_with_an_open_quotation_mark_are_no_table():
    with pytest.raises(NoTable, match="A quotation mark is opened in the headings and not closed"):
        read(b'Email,"Note\na@example.test,1\nb@example.test,2\n')


MARKS = 200_000


@pytest.mark.parametrize(
    "line", [b"ab," * MARKS, b'"' + b"ab," * MARKS + b'"', b'"x"' + b"," * MARKS], ids=["plain", "in a cell", "quoted"]
)
def test_headings_of_a_line_that_is_marks_alone_are_not_taken_apart(line):
    with pytest.raises(NoTable, match="The row holds “,” 200000 times; 100000 are the most"):
        read(line + b"\na@example.test,1\n", cut=1_000_000)


@pytest.mark.parametrize("cut", [50_000, 1_000_000])
@pytest.mark.parametrize("end", [b"", b"\nf@example.test,4\n"], ids=["at the end", "in the middle"])
def test_a_line_that_is_marks_alone_costs_its_row_and_an_open_one_before_it(end, cut):
    before = b'Email,Note\na@example.test,1\nb@example.test,"two\nlines"\nc@example.test,"open\n'
    _shape, found = read(before + b"x," * MARKS + end, cut=cut)
    assert found == [
        Row(2, ["a@example.test", "1"]),
        Row(3, ["b@example.test", "two\nlines"]),
        Fault(4, "", 'c@example.test,"open\n', OPEN, cells=["c@example.test", "open\n"]),
        Fault(5, "", "x," * 30, "The row holds “,” 200000 times; 100000 are the most."),
        *([Row(6, ["f@example.test", "4"])] if end else []),
    ]
