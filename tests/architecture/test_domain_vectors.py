"""The table of the trade's rules names tests that exist, run, and say which rule they hold."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "docs" / "domain-vectors.md"
HELD = frozenset(range(1, 80))
"""Rules that must have a test: all that there are."""
_ROW = re.compile(r"^\| T(\d+) \| [^|]+ \| `([^`]+)` \|$")
_NUMBER = re.compile(r"\bT(\d+)\b")
_IN_A_NAME = re.compile(r"_t(\d+)(?=_)")
_NOT_RUN = frozenset({"skip", "skipif", "xfail"})


@dataclass(frozen=True)
class Row:
    """A rule's number, and the file and name of a test."""

    rule: int
    file: str
    test: str


def rows(table: str) -> list[Row]:
    """The table's rows; a line that begins as one and is none fails."""
    found = []
    for line in table.splitlines():
        if line.startswith("| T"):
            row = _ROW.match(line)
            assert row is not None, f"not a row: {line}"
            file, _, test = row[2].partition("::")
            found.append(Row(int(row[1]), file, test))
    return found


def wrong(row: Row, source: str | None) -> str | None:
    """What is wrong with a row, given its file's text, None where there is no such file; None where nothing is.

    The rule is named within the test, in its name (``test_t7_turns``), or in the first words of its file.
    """
    if source is None:
        return f"{row.file} is not there"
    module = ast.parse(source)
    test = next(
        (
            one
            for one in module.body
            if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) and one.name == row.test
        ),
        None,
    )
    if test is None or not row.test.startswith("test_"):
        return f"{row.file} has no test {row.test}"
    if _marks([*test.decorator_list, *_of_module(module)]) & _NOT_RUN:
        return f"{row.test} is not always run"
    first = min([test.lineno, *(one.lineno for one in test.decorator_list)])
    said = "\n".join([ast.get_docstring(module) or "", *source.splitlines()[first - 1 : test.end_lineno]])
    if row.rule not in map(int, [*_NUMBER.findall(said), *_IN_A_NAME.findall(row.test)]):
        return f"{row.test} does not say that it is about T{row.rule}"
    return None


def _of_module(module: ast.Module) -> list[ast.expr]:
    """What ``pytestmark`` is set to."""
    return [
        one.value
        for one in module.body
        if isinstance(one, ast.Assign) and any(isinstance(to, ast.Name) and to.id == "pytestmark" for to in one.targets)
    ]


def _marks(parts: Sequence[ast.expr]) -> set[str]:
    return {one.attr for part in parts for one in ast.walk(part) if isinstance(one, ast.Attribute)}


ROWS = rows(TABLE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"T{row.rule}-{row.test}")
def test_a_test_that_is_named_exists_and_says_its_rule(row: Row) -> None:
    file = ROOT / row.file
    assert wrong(row, file.read_text(encoding="utf-8") if file.is_file() else None) is None


def test_every_rule_that_must_be_held_has_a_row() -> None:
    assert not HELD - {row.rule for row in ROWS}


def test_rows_are_in_order_and_none_comes_twice() -> None:
    assert [row.rule for row in ROWS] == sorted(row.rule for row in ROWS)
    assert len(set(ROWS)) == len(ROWS)


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        (None, "is not there"),
        ("x = 1\n", "has no test test_it"),
        ("class A:\n    def test_it(self): 'T7'\n", "has no test test_it"),
        ("def test_it():\n    '''DOMAIN T70.'''\n", "does not say"),
        ("def test_other():\n    '''T7'''\n\ndef test_it():\n    pass\n", "does not say"),
        ("import pytest\n\n@pytest.mark.skip\ndef test_it():\n    '''T7'''\n", "not always run"),
        ("import pytest\npytestmark = [pytest.mark.xfail]\n\ndef test_it():\n    '''T7'''\n", "not always run"),
        ("def test_it():\n    '''DOMAIN T3, T7.'''\n", None),
        ("'''All of T7.'''\n\nasync def test_it():\n    pass\n", None),
        ("import pytest\n\n@pytest.mark.parametrize('x', [1])  # T7\ndef test_it(x):\n    pass\n", None),
    ],
)  # fmt: skip
def test_what_is_wrong_is_found(source: str | None, fault: str | None) -> None:
    found = wrong(Row(7, "tests/test_some.py", "test_it"), source)
    assert found is None if fault is None else fault in (found or "")


@pytest.mark.parametrize(
    ("name", "says"), [("test_t7_it", True), ("test_t6_t7_it", True), ("test_t70_it", False), ("test_at7_it", False)]
)
def test_a_rule_may_stand_in_a_tests_name(name: str, says: bool) -> None:
    assert (wrong(Row(7, "tests/test_some.py", name), f"def {name}():\n    pass\n") is None) is says


def test_a_line_that_is_no_row_is_found() -> None:
    with pytest.raises(AssertionError):
        rows("| T7 | turns | tests/test_some.py::test_it |")
