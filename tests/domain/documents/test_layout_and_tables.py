"""Words become lines, cells, columns and tables as a person sees them."""

from __future__ import annotations

from domain.documents.aligned import aligned_tables
from domain.documents.grid import Rule, ruled_tables
from domain.documents.layout import in_reading_order, lines_of
from domain.documents.page import Word


def words(text: str, left: float, top: float, size: float = 10) -> list[Word]:
    placed, x = [], left
    for word in text.split(" "):
        placed.append(Word(word, x, top, x + 5 * len(word), top + size))
        x += 5 * len(word) + 3
    return placed


def test_a_wide_gap_parts_cells_and_a_space_does_not() -> None:
    (line,) = lines_of([*words("Policy Number", 50, 100), *words("PA 44", 200, 101)])
    assert [cell.text for cell in line.cells] == ["Policy Number", "PA 44"]
    assert line.text == "Policy Number PA 44"


def test_words_out_of_order_on_slightly_different_baselines_are_one_line() -> None:
    placed = words("one two three", 50, 100)
    shaken = [Word(word.text, word.left, word.top + n, word.right, word.bottom + n) for n, word in enumerate(placed)]
    assert [line.text for line in lines_of(reversed(shaken))] == ["one two three"]


def test_columns_of_prose_are_read_one_after_the_other_but_labels_and_values_row_by_row() -> None:
    left = [f"left column of prose number {n} runs on here" for n in range(5)]
    right = [f"right column of prose number {n} runs on too" for n in range(5)]
    prose = [
        word for n in range(5) for side, x in ((left, 40), (right, 320)) for word in words(side[n], x, 100 + 14 * n)
    ]
    read = [line.text for line in in_reading_order(lines_of(prose), 612)]
    assert read == [*left, *right]
    pairs = [
        word for n in range(5) for word in (*words("Label", 40, 100 + 14 * n), *words(f"value {n}", 320, 100 + 14 * n))
    ]
    assert [line.text for line in in_reading_order(lines_of(pairs), 612)] == [f"Label value {n}" for n in range(5)]


def test_a_ruled_cell_keeps_its_wrapped_lines_and_a_blank_cell_its_place() -> None:
    placed = [
        *words("Water damage to", 110, 20),
        *words("flour store", 110, 34),
        *words("Closed", 260, 27),
        *words("Fire", 110, 60),
    ]
    rules = [Rule(True, y, 100, 400) for y in (10, 50, 80)] + [Rule(False, x, 10, 80) for x in (100, 250, 400)]
    (table,) = ruled_tables(placed, rules, lines_of(placed))
    assert [[cell.parts for cell in row] for row in table.rows] == [
        [("Water damage to", "flour store"), ("Closed",)],
        [("Fire",), ()],
    ]


def test_rows_without_rules_between_them_are_told_from_wrapping() -> None:
    rows = [("Hartford", "$100"), ("Travelers", "$200"), ("Chubb", "$300")]
    placed = [
        word
        for n, row in enumerate(rows)
        for x, text in zip((110, 260), row, strict=True)
        for word in words(text, x, 20 + 14 * n)
    ]
    rules = [Rule(True, y, 100, 400) for y in (10, 80)] + [Rule(False, x, 10, 80) for x in (100, 250, 400)]
    (table,) = ruled_tables(placed, rules, lines_of(placed))
    assert [tuple(cell.text for cell in row) for row in table.rows] == rows


def test_aligned_columns_make_a_table_with_wrapped_and_blank_cells() -> None:
    rows = [("Coverage", "Limit", "Premium"), ("Bodily Injury", "$100,000", "$214"), ("Towing", "", "$9")]
    placed = [
        word
        for n, row in enumerate(rows)
        for x, text in zip((50, 200, 300), row, strict=True)
        if text
        for word in words(text, x, 20 + 15 * n)
    ]
    placed += words("continued", 200, 47)
    (table,) = aligned_tables(lines_of(placed))
    assert [tuple(cell.text for cell in row) for row in table.rows] == [*rows[:2], ("Towing", "continued", "$9")]


def test_a_header_whose_words_were_run_together_is_parted_by_the_columns_below() -> None:
    header = [Word("Veh", 50, 20, 65, 30), Word("Year", 68, 20, 90, 30), Word("Make", 150, 20, 170, 30)]
    rows = [(("1", 50), ("2019", 70), ("Honda", 150)), (("2", 50), ("2022", 70), ("Subaru", 150))]
    placed = [word for n, row in enumerate(rows) for text, x in row for word in words(text, x, 35 + 15 * n)]
    (table,) = aligned_tables(lines_of([*header, *placed]))
    assert [cell.text for cell in table.rows[0]] == ["Veh", "Year", "Make"]


def test_prose_is_no_table() -> None:
    placed = [word for n in range(6) for word in words("just a sentence that fills the line", 50, 20 + 14 * n)]
    assert aligned_tables(lines_of(placed)) == []
