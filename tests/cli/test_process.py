"""``leadwright process``: every row of a messy file accounted for once, however often and however it is sent."""

from __future__ import annotations

from typing import Any

import pytest

from services.leads.schemas import RowResult
from tests.cli.conftest import MESSY
from tests.cli.terminal import Done, Terminal

STATUSES = ["assigned", "duplicate", "rejected", "rejected", "queued", "assigned", "queued", "rejected"]


def test_every_row_comes_out_once_with_every_field(processed: Done) -> None:
    assert processed.code == 0, processed.err
    records = processed.records()
    assert [record["row"] for record in records] == list(range(1, 9))
    assert [record["status"] for record in records] == STATUSES
    assert {tuple(record) for record in records} == {tuple(RowResult.model_fields)}
    assert "8 rows: 2 assigned, 1 duplicate, 2 queued, 3 rejected" in processed.words


def test_an_assigned_row_says_what_was_decided_and_by_whom(processed: Done) -> None:
    record = processed.records()[0]
    assert (record["line"], record["intent"], record["duplicate_of"], record["reason"]) == ("auto", "buy", None, None)
    assert record["sources"]["classifier"] == "given"
    assert {"classifier", "extractor", "enricher", "similar", "scorer"} <= set(record["sources"])
    assert 0 <= record["score"] <= 100
    assert 0 < record["confidence"] <= 1
    assert record["urgency"]
    assert record["producer"].startswith("Pat [/] p")
    assert record["lead_id"]
    assert record["producer_id"]
    assert record["receipt_id"]
    assert record["errors"] == []
    spanish = processed.records()[5]
    assert (spanish["line"], spanish["urgency"], spanish["sources"]["classifier"]) == ("auto", "immediate", "local")
    assert [note["code"] for note in spanish["warnings"]] == ["row_long"]


def test_a_row_that_repeats_another_names_it(processed: Done) -> None:
    first, second = processed.records()[:2]
    assert (second["status"], second["duplicate_of"]) == ("duplicate", first["lead_id"])
    assert (second["producer_id"], second["receipt_id"]) == (None, None)


def test_a_row_for_a_person_says_why_and_has_a_receipt(processed: Done) -> None:
    for row, reason in ((4, "do_not_call"), (6, "state_ambiguous")):
        record = processed.records()[row]
        assert (record["status"], record["reason"], record["producer"]) == ("queued", reason, None)
        assert record["receipt_id"]
        assert record["lead_id"]


def test_a_refused_row_says_what_is_wrong_with_which_field_and_what_to_do(processed: Done) -> None:
    for row, codes in ((2, {"no_contact", "email_invalid"}), (3, {"blank_row"}), (7, {"no_contact"})):
        record = processed.records()[row]
        assert record["lead_id"] is None
        assert {error["code"] for error in record["errors"]} == codes
        assert all(error["message"] and error["remedy"] for error in record["errors"])
    assert processed.records()[2]["errors"][1]["field"] == "E-mail Address"
    assert processed.records()[2]["errors"][1]["value"] == "not-an-email"


@pytest.mark.slow
def test_the_same_file_again_shows_the_same_and_makes_nothing_new(terminal: Terminal, processed: Done) -> None:
    before = terminal.run("rebuild", "leads").out
    again = terminal.run("process", terminal.write("renamed.csv", MESSY), "--json")
    assert again.code == 0
    assert again.records() == processed.records()
    assert "leads rebuilt from their events, 0 differed" in before
    assert terminal.run("rebuild", "leads").out == before


@pytest.mark.slow
def test_the_file_taken_in_once_more_on_purpose_is_found_to_repeat_itself(terminal: Terminal, processed: Done) -> None:
    again = terminal.run("process", "messy.csv", "--json", "--again", "1")
    statuses = ["duplicate" if status in {"assigned", "queued"} else status for status in STATUSES]
    assert [record["status"] for record in again.records()] == statuses
    firsts = {record["lead_id"] for record in processed.records()}
    assert all(record["lead_id"] not in firsts for record in again.records() if record["lead_id"])
    assert all(record["duplicate_of"] in firsts for record in again.records() if record["status"] == "duplicate")


@pytest.mark.slow
def test_the_table_is_for_reading_and_shows_names_as_they_are_written(terminal: Terminal, processed: Done) -> None:
    shown = terminal.run("process", "messy.csv")
    assert shown.code == 0, shown.err
    cells = [[cell.strip() for cell in line.strip("│").split("│")] for line in shown.out.splitlines() if "│" in line]
    rows = {cells[0]: cells for cells in cells if cells[0]}
    assert sorted(rows) == [str(number) for number in range(1, 9)]
    assert rows["1"][4] == "assigned"
    assert "[bold]CPCU" in shown.out
    assert "[/]" in shown.out


@pytest.mark.slow
def test_a_header_and_cells_in_brackets_are_shown_as_they_are(terminal: Terminal) -> None:
    odd = "Name,Email [/] addr,Zip\nAnn [bold]Lee,bad [/]mail,60614\n"
    shown = terminal.run("process", terminal.write("brackets.csv", odd))
    assert shown.code == 0, shown.err
    assert "1 rows: 1 rejected" in shown.words
    assert "[/]" in shown.out


@pytest.mark.slow
def test_a_column_is_read_as_the_sender_says(terminal: Terminal) -> None:
    text = "who,ref,where\nGil Roe,gil@leads.example,60614\n"
    name = terminal.write("odd.csv", text)
    given = terminal.run("process", name, "--json", "--map", "who=full_name", "--map", "where=ignore")
    assert given.code == 0, given.err
    assert "who -> full_name; ref -> email; where -> ignore" in given.words
    record: dict[str, Any] = given.records()[0]
    assert (record["status"], record["reason"]) == ("queued", "state_unknown")
