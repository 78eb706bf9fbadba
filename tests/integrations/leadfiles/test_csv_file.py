"""T68: reading CSV files. Golden files lie in tests/data/leadfiles; expected.json says what a person reads in each."""

import json
from pathlib import Path
from typing import Any

import pytest

from domain.leads.reading import infer_columns, read_row
from integrations.leadfiles.csv_file import read_csv
from kernel.errors import Invalid

_GOLDEN = Path(__file__).parents[2] / "data" / "leadfiles"
_EXPECTED: dict[str, Any] = json.loads((_GOLDEN / "expected.json").read_text(encoding="utf-8"))


def _cells(data: bytes) -> list[list[str]]:
    return [list(row.cells.values()) for row in read_csv(data).rows]


def _code(data: bytes) -> str:
    with pytest.raises(Invalid) as error:
        read_csv(data)
    assert error.value.fields[0].remedy
    return error.value.fields[0].code


@pytest.mark.parametrize("name", sorted(_EXPECTED))
def test_a_golden_file_is_read_as_a_person_reads_it(name: str) -> None:
    expected = _EXPECTED[name]
    table = read_csv((_GOLDEN / name).read_bytes())
    mapping = infer_columns(table.header, [row.cells for row in table.rows])
    rows = [
        {"number": row.number, "cells": row.cells, **({"problem": row.raw_problem.code} if row.raw_problem else {})}
        for row in table.rows
    ]
    assert (table.encoding, table.delimiter) == (expected["encoding"], expected["delimiter"])
    assert [f"{item.field}: {item.code}" for item in table.problems] == expected["problems"]
    assert [use.field for use in mapping.columns] == expected["fields"]
    assert rows == expected["rows"]
    for row in table.rows:
        assert _shown(row.cells, mapping) == expected["leads"][str(row.number)]


def _shown(cells: Any, mapping: Any) -> dict[str, Any]:
    reading = read_row(cells, mapping)
    draft = reading.draft
    if draft is None:
        return {"errors": [item.code for item in reading.errors]}
    pairs = {
        "name": draft.name and draft.name.display, "email": draft.email, "phone": draft.phone_e164,
        "zip": draft.zip_code, "state": draft.state, "line": draft.declared_line, "message": draft.message,
        "extras": draft.extras, "warnings": [f"{item.field}: {item.code}" for item in reading.warnings],
    }  # fmt: skip
    return {key: value for key, value in pairs.items() if value}


def test_every_golden_file_has_its_expectation() -> None:
    assert {path.name for path in _GOLDEN.glob("*.csv")} == set(_EXPECTED)


def test_row_numbers_count_data_records_and_not_lines() -> None:
    table = read_csv(b'a,b\r\n"x\r\ny",1\r\n\r\nz,2\r\n')
    assert [(row.number, row.blank) for row in table.rows] == [(1, False), (2, True), (3, False)]


def test_leading_zeros_and_formulas_are_untouched() -> None:
    assert _cells(b"zip,note\n02138,=1+1\n04101,-5\n") == [["02138", "=1+1"], ["04101", "-5"]]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_each_kind_of_line_end_is_read(end: str) -> None:
    assert _cells(end.join(["a;b", "1;2", "3;4"]).encode()) == [["1", "2"], ["3", "4"]]


def test_a_mark_that_never_closes_costs_no_other_line() -> None:
    table = read_csv(b'name,note\nAnn,"open\nBob,fine\nCy,"closed"\n')
    assert [list(row.cells.values()) for row in table.rows] == [["Ann", '"open'], ["Bob", "fine"], ["Cy", "closed"]]
    assert [row.raw_problem.code if row.raw_problem else None for row in table.rows] == ["unbalanced_quote", None, None]


def test_marks_inside_a_quoted_cell_are_kept_and_reported() -> None:
    table = read_csv(b'name,note\n"Robert "Bob" Ray","a ""b"" c"\n')
    assert list(table.rows[0].cells.values()) == ['Robert "Bob" Ray', 'a "b" c']
    assert table.rows[0].raw_problem
    assert table.rows[0].raw_problem.code == "stray_quote"


def test_nul_characters_are_left_out_and_reported() -> None:
    table = read_csv(b"name,email\nA\x00nn,a@x.com\n")
    assert list(table.rows[0].cells.values()) == ["Ann", "a@x.com"]
    assert [item.code for item in table.problems] == ["nul_characters"]


def test_another_alphabet_without_a_mark_is_guessed_and_says_so() -> None:
    text = "имя;город;сообщение\nИван Петров;Москва;Мне нужна страховка на машину и на дом\n" * 20
    table = read_csv(text.encode("cp1251"))
    assert table.header[:2] == ("имя", "город")
    assert [item.code for item in table.problems] == ["encoding_guessed"]


def test_a_file_of_a_header_alone_has_no_rows() -> None:
    table = read_csv(b"name,email\n")
    assert (table.header, table.rows) == (("name", "email"), ())


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"), (b" \r\n\n", "empty_file"), (b"\xef\xbb\xbf", "empty_file"), (b",,\n,,\n", "empty_file"),
        (b"PK\x03\x04rest", "not_csv"), (b"%PDF-1.7", "not_csv"), (b"\x89PNG\r\n", "not_csv"),
        (b'[{"email": "a@x.com"}]', "not_csv"), (b'{"email": "a@x.com"}', "not_csv"), (b"<?xml version='1.0'?><adf/>", "not_csv"),
        (bytes(range(256)) * 8, "not_csv"),
    ],
)  # fmt: skip
def test_what_is_no_csv_is_refused_with_a_remedy(data: bytes, code: str) -> None:
    assert _code(data) == code


def test_a_cell_over_the_limit_is_refused_with_its_line() -> None:
    big = b"x" * 1_000_001
    for data in (b"a,b\n1," + big, b'a,b\n1,"' + big + b'"\n', b'a,b\n1,"' + b"y\n" * 600_000 + b'"\n'):
        with pytest.raises(Invalid, match="line 2") as error:
            read_csv(data)
        assert error.value.fields[0].code == "over_limit"
    assert len(read_csv(b"a,b\n1," + big[1:]).rows[0].cells["b"]) == 1_000_000


def test_a_mark_that_never_closes_in_a_large_file_is_not_a_large_cell() -> None:
    table = read_csv(b'name,note\nAnn,"open\n' + b"Bob,fine\n" * 150_000)
    assert len(table.rows) == 150_001


def test_too_many_columns_are_refused() -> None:
    assert _code(b",".join([b"a"] * 201) + b"\n1\n") == "over_limit"
    assert len(read_csv(b",".join([b"a"] * 200) + b"\n1\n").header) == 200


def test_headers_are_unique_even_when_the_copy_s_name_is_taken() -> None:
    assert read_csv(b"a,a,a (2),,\n1,2,3,4,5\n").header == ("a", "a (3)", "a (2)", "column_4", "column_5")
