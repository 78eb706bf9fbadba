"""CSV by RFC 4180: the right cases, or an error with the line."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.cases.faults import Faults
from evals.cases.reading import read_cases
from evals.cases.tables import read_rows
from kernel.errors import Invalid


def cases(folder: Path, text: str | bytes) -> list[tuple[str, object, object, int | None]]:
    path = folder / "cases.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return [(one.id, one.input, one.expected, one.line) for one in read_cases(path).cases]


def test_commas_quotes_and_line_breaks_within_quotes(tmp_path: Path) -> None:
    text = 'id,input,expected\r\na,"one, two",x\r\nb,"say ""hi""\r\nand more",y\r\nc,plain,"z"\r\n'
    assert cases(tmp_path, text) == [
        ("a", "one, two", "x", 2), ("b", 'say "hi"\r\nand more', "y", 3), ("c", "plain", "z", 5),
    ]  # fmt: skip


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\n\n", "\r\n\r\n"])
def test_the_end_of_the_file_is_no_case(tmp_path: Path, end: str) -> None:
    assert cases(tmp_path, f"id,input\na,1{end}") == [("a", "1", None, 2)]


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path: Path) -> None:
    assert cases(tmp_path, b"\xef\xbb\xbfid,input\na,1\n") == [("a", "1", None, 2)]


def test_columns_for_parts_json_and_tags(tmp_path: Path) -> None:
    text = "id,input.text,input.has_phone:json,expected.score:json,tags,split\na,hello,true,7.5,one|two,holdout\n"
    path = tmp_path / "cases.csv"
    path.write_text(text)
    (one,) = read_cases(path).cases
    assert (one.input, one.expected) == ({"text": "hello", "has_phone": True}, {"score": 7.5})
    assert (one.tags, one.split.value) == (("one", "two"), "holdout")


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("id,input\na,1\nb,2,3\nc,4\n", 3, "has 3 fields, and the header 2"),
        ("id,input\na\n", 2, "has 1 fields, and the header 2"),
        ('id,input\na,1\nb,"never closed\nc,3\n', 3, "opens a quote that is never closed"),
        ('id,input\na,"one"two\n', 2, "has characters after the closing quote"),
        ('id,input\na,5" pipe\n', 2, "has a quote within a field"),
        ("id,input\na,1\rb,2\n", 2, "has a carriage return without a line feed"),
        ("id,input\na,1\na,2\n", 3, "stands in line 2 already"),
        ("id;input\na;1\n", 1, "is no column of a case"),
        ("id,input,input\na,1,2\n", 1, "stands twice"),
        ("id,input,input.text\na,1,2\n", 1, "stands beside columns for its parts"),
        ("id,input:json\na,{bad\n", 2, "is no JSON"),
        ("id,input\na,\n", 2, "is missing"),
        ("id,input,split\na,1,test\n", 2, "is no split"),
    ],
)
def test_a_fault_names_its_line(tmp_path: Path, text: str, line: int, words: str) -> None:
    with pytest.raises(Invalid) as refused:
        cases(tmp_path, text)
    fault = refused.value.fields[0]
    assert f"cases.csv, line {line}: " in fault.field
    assert words in fault.message
    assert fault.remedy


def test_every_fault_of_a_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(Invalid) as refused:
        cases(tmp_path, "id,input\na\nb,2,3\nc,\n")
    assert [fault.field.partition(":")[0] for fault in refused.value.fields] == [
        "cases.csv, line 2", "cases.csv, line 3", "cases.csv, line 4",
    ]  # fmt: skip


def test_text_that_is_not_utf8_names_its_line(tmp_path: Path) -> None:
    with pytest.raises(Invalid) as refused:
        cases(tmp_path, b"id,input\na,1\nb,\xff\xfe\n")
    assert refused.value.fields[0].field == "cases.csv, line 3: file"


@given(
    st.lists(
        st.lists(st.text(st.characters(exclude_characters="\r", exclude_categories=["Cs"])), min_size=2, max_size=4)
    ),
    st.sampled_from(["\n", "\r\n"]),
)
def test_what_python_writes_is_read_back(rows: list[list[str]], end: str) -> None:
    written = io.StringIO()
    csv.writer(written, lineterminator=end).writerows(rows)
    faults = Faults("cases.csv")
    read = list(read_rows(written.getvalue(), faults))
    assert not faults.found
    assert [row for _, row in read] == rows
    lines = written.getvalue().split("\n")
    for line, row in read:
        first = row[0].split("\n", maxsplit=1)[0]
        assert first.replace('"', '""') in lines[line - 1]
