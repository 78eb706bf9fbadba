"""Whatever is cut off or changed in a file, it is refused with a remedy, or every one of its rows is reported."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from integrations.leadfiles.csv_file import CsvFile
from integrations.leadfiles.lead_file import open_lead_file
from kernel.errors import Invalid
from tests.integrations.leadfiles.test_lead_formats import ADF

_GOLDEN = Path(__file__).parents[2] / "data" / "leadfiles"


def _workbook() -> bytes:
    book = Workbook()
    for row in (["Name", "Email", "Zip"], ["Ann", "a@x.example", "02138"], ["Bo", "=1+1", 7]):
        book.active.append(row)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


_SEEDS = [
    *(path.read_bytes() for path in sorted(_GOLDEN.glob("*.csv"))), ADF.encode(), _workbook(),
    b'[{"name":{"first":"Ann"},"email":"a@x.example"},{"email":"b@x.example","tags":["x","y"]}]',
    b'{"email":"a@x.example"}\n{"email":"b@x.example","n":1.5e3}\n',
]  # fmt: skip


def rows_of(data: bytes) -> int | None:
    """The number of rows; None where the file is refused."""
    try:
        file = open_lead_file(lambda: io.BytesIO(data), len(data))
        survey = file.survey()
    except Invalid as problem:
        if not problem.fields or not problem.fields[0].remedy:
            pytest.fail(f"refused without a remedy: {problem.detail}")
        return None
    numbers = [row.number for row in file.rows(survey)]
    assert numbers == list(range(1, survey.rows + 1))
    return len(numbers)


@pytest.mark.parametrize("seed", range(len(_SEEDS)))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_truncated_or_changed_file_loses_no_row(seed: int, data: st.DataObject) -> None:
    content = bytearray(_SEEDS[seed])
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(0, len(content))) :]
    for place, byte in data.draw(st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 255)), max_size=8)):
        if content:
            content[place % len(content)] = byte
    rows_of(bytes(content))


@settings(max_examples=150)
@given(st.binary(max_size=400))
def test_any_bytes_are_refused_or_read(data: bytes) -> None:
    rows_of(data)


@settings(max_examples=150)
@given(st.text(alphabet="{}[]<>\"',;&\n\\aé\ud7ff=!-/?", max_size=200))
def test_any_punctuation_behind_each_beginning_is_refused_or_read(text: str) -> None:
    for beginning in ("", "[", "[{", '{"a":', "<adf><prospect>", "a,b\n"):
        rows_of((beginning + text).encode())


def test_a_large_file_is_read_with_little_in_memory() -> None:
    block = b"".join(b'Ann %d,a%d@x.example,"a note, quoted"\n' % (place, place) for place in range(20_000))

    def source() -> io.BytesIO:
        return io.BytesIO(b"name,email,notes\n" + block)

    file = CsvFile(source)
    survey = file.survey()
    assert (survey.rows, len(survey.sample)) == (20_000, 200)
    rows = file.rows(survey)
    assert next(rows).cells["email"] == "a0@x.example"


def test_quadratic_quoting_is_refused_and_not_waited_for() -> None:
    data = b"a,b\n" + b'x","b""\n' * 600_000
    with pytest.raises(Invalid, match="again and again"):
        CsvFile(lambda: io.BytesIO(data)).survey()


def test_giant_cells_are_the_row_s_fault_and_the_others_go_on() -> None:
    data = b"name,email\nAnn," + b"x" * 1_000_001 + b"\nBo,b@x.example\n" + b"y" * 5_000_000 + b"\nCy,c@x.example\n"
    file = CsvFile(lambda: io.BytesIO(data))
    rows = list(file.rows(file.survey()))
    assert [row.fault and row.fault.code for row in rows] == ["over_limit", None, "over_limit", None]


def test_rows_of_100_000_cells_are_the_row_s_fault() -> None:
    file = CsvFile(lambda: io.BytesIO(b"a,b\n" + b"x," * 100_000 + b"\n1,2\n"))
    assert [row.fault and row.fault.code for row in file.rows(file.survey())] == ["over_limit", None]


def test_terminal_controls_are_left_out_with_a_note() -> None:
    file = CsvFile(lambda: io.BytesIO(b"name\x1b[31m,email\nAnn\x1b[2J,a@x.example\n" + b"Bo,b@x.example\n" * 30))
    survey = file.survey()
    first = next(file.rows(survey))
    assert survey.header[0] == "name[31m"
    assert (first.cells["name[31m"], [note.code for note in first.notes]) == ("Ann[2J", ["control_characters"])
