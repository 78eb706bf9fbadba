"""Whatever a CSV writer writes is read back the same."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from integrations.leadfiles.csv_file import read_csv

_ANY = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufeff"), max_size=12)
_LINED = st.lists(_ANY, max_size=3).map("\n".join)
_WESTERN = st.lists(
    st.sampled_from(
        ["José Muñoz", "Müller", "naïve café", "O\u2019Neil", "5 €", "a,b", "c;d", 'say "hi"', "x|y", " pad ", ""]
    ),
    max_size=3,
).map(" plain text ".join)
_HEADER = st.text("abcdefghijklmnopqrstuvwxyz", min_size=3, max_size=8)
_WIDE = ("utf-16-le", "utf-16-be")


@st.composite
def _tables(draw: st.DrawFn, cell: st.SearchStrategy[str]) -> tuple[list[str], list[list[str]]]:
    header = draw(st.lists(_HEADER, min_size=2, max_size=5, unique=True))
    rows = draw(st.lists(st.lists(cell, min_size=len(header), max_size=len(header)), max_size=6))
    return header, rows


def _written(header: list[str], rows: list[list[str]], delimiter: str, end: str, *, all_quoted: bool) -> str:
    # Without quotes around every cell the writer protects only the line ends that it writes itself.
    buffer = io.StringIO()
    if all_quoted:
        writer = csv.writer(buffer, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL)
    else:
        writer = csv.writer(buffer, delimiter=delimiter, lineterminator="\r\n")
    writer.writerows([header, *rows])
    return buffer.getvalue()


def _assert_same(data: bytes, header: list[str], rows: list[list[str]], delimiter: str) -> None:
    table = read_csv(data)
    assert (list(table.header), table.delimiter) == (header, delimiter)
    assert [list(row.cells.values()) for row in table.rows] == rows


@given(
    table=_tables(_LINED),
    delimiter=st.sampled_from(",;\t|"),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]),
    all_quoted=st.booleans(),
)
def test_any_table_in_unicode_comes_back(
    table: tuple[list[str], list[list[str]]], delimiter: str, end: str, encoding: str, all_quoted: bool
) -> None:
    _assert_same(_written(*table, delimiter, end, all_quoted=all_quoted).encode(encoding), *table, delimiter)


@given(
    table=_tables(_WESTERN),
    delimiter=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(["cp1252", *_WIDE]),
    quoted=st.booleans(),
)
def test_western_tables_without_a_mark_come_back(
    table: tuple[list[str], list[list[str]]], delimiter: str, encoding: str, quoted: bool
) -> None:
    _assert_same(_written(*table, delimiter, "\r\n", all_quoted=quoted).encode(encoding), *table, delimiter)
