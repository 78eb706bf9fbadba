"""T69: text cells that a spreadsheet would run are made plain; typed cells keep their sign."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.csv_cells import GUARD, csv_line, number_cell, phone_cell, text_cell


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-2", "@SUM(A1)", "\tx", "\rx", "  =1+1", "\uff1d1", "+16175550123", "-340.00"]
)
def test_text_that_begins_like_a_formula_is_guarded(text: str) -> None:
    assert text_cell(text) == f"'{text}"


def test_typed_cells_keep_their_sign() -> None:
    assert phone_cell("+16175550123") == "+16175550123"
    assert phone_cell("+1617 =x") == "'+1617 =x"
    assert number_cell(Decimal("-340.00")) == "-340.00"
    assert (number_cell(None), text_cell(None)) == ("", "")


@given(st.lists(st.text(), min_size=1, max_size=5))
def test_what_is_written_is_read_back_and_never_a_formula(texts: list[str]) -> None:
    line = csv_line([text_cell(text) for text in texts])
    (read,) = csv.reader(io.StringIO(line, newline=""), strict=True)
    assert all(not cell or cell[0] not in "=+-@\t\r" for cell in read)
    assert [cell.removeprefix(GUARD) if cell != text else cell for cell, text in zip(read, texts, strict=True)] == texts
