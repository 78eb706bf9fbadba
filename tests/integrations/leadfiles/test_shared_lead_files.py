"""Four files as people sent them, kept beside the repository; skipped where they are absent."""

from pathlib import Path

import pytest

from domain.leads.reading import ColumnMapping, RowReading, infer_columns, read_row
from integrations.leadfiles.csv_file import read_csv

_FOLDER = Path(__file__).parents[3].parent / "shared" / "data" / "lead-files"

pytestmark = pytest.mark.skipif(not _FOLDER.is_dir(), reason="the shared lead files are not beside this repository")


def _read(name: str) -> tuple[ColumnMapping, list[RowReading]]:
    table = read_csv((_FOLDER / name).read_bytes())
    mapping = infer_columns(table.header, [row.cells for row in table.rows])
    return mapping, [read_row(row.cells, mapping) for row in table.rows]


def _refused(readings: list[RowReading]) -> list[int]:
    return [number for number, reading in enumerate(readings, 1) if reading.draft is None]


def test_contacts_a_are_53_leads() -> None:
    mapping, readings = _read("messy_contacts_a.csv")
    assert [use.field for use in mapping.columns] == ["full_name", "phone", "email"]
    assert (len(readings), _refused(readings)) == (53, [])
    drafts = [reading.draft for reading in readings if reading.draft]
    assert [number for number, draft in enumerate(drafts, 1) if draft.name is None] == [9, 27]
    assert [number for number, draft in enumerate(drafts, 1) if draft.email is None] == [
        11, 12, 13, 14, 17, 23, 26, 30, 33, 38, 39, 42, 47, 51, 52,
    ]  # fmt: skip
    assert [draft.phone_e164 for draft in drafts if draft.phone_valid] == [
        "+8613800138000", "+442071234567", "+919876543210", "+61298765432", "+33199001234", "+493012345678", "+525512345678",
    ]  # fmt: skip
    assert all(draft.phone_key for draft in drafts)
    swapped = drafts[21]
    assert swapped.name
    assert (swapped.name.display, swapped.email) == ("Daniel Moore", "daniel.moore@email.example")
    assert "swapped" in {warning.code for warning in readings[21].warnings}
    assert [drafts[index].name.display for index in (1, 2, 7, 29)] == [  # type: ignore[union-attr]
        "Sarah Johnson", "Carlos Martinez", "Michael Wilson Jr.", "William J. Harris",
    ]  # fmt: skip
    assert [drafts[index].phone_ext for index in (6, 14, 16, 24)] == ["123", "45", "789", "56"]
    assert all(draft.state is None for draft in drafts)


def test_leads_b_are_4_leads_and_1_refused() -> None:
    mapping, readings = _read("messy_leads_b.csv")
    assert [use.field for use in mapping.columns] == [
        "submitted_at", "full_name", "email", "phone", "company", "address", None, "source_status", "message",
    ]  # fmt: skip
    assert _refused(readings) == [5]
    assert [error.code for error in readings[4].errors] == ["no_contact"]
    drafts = [reading.draft for reading in readings if reading.draft]
    assert [draft.submitted_at and draft.submitted_at.date().isoformat() for draft in drafts] == [
        "2026-05-13", "2026-05-14", "2026-05-15", "2026-05-15",
    ]  # fmt: skip
    assert [item.address for item in drafts[1].email_alternates] == ["secondary@gmail.example"]
    assert [draft.city for draft in drafts] == ["Mumbai", "Bangalore", "Delhi", "Pune"]
    assert {draft.state for draft in drafts} == {None}
    assert all(draft.extras["Sales Owner"] == "test@gmail.example" for draft in drafts)


def test_leads_c_are_3_leads_and_1_refused() -> None:
    _, readings = _read("messy_leads_c.csv")
    assert _refused(readings) == [2]
    bob, john, valid = (reading.draft for reading in readings if reading.draft)
    assert (bob.email, [item.address for item in bob.email_alternates]) == ("bob1@example.com", ["bob2@test.com"])
    assert (bob.phone_key, [item.key for item in bob.phone_alternates]) == ("+19876543210", ["+11234567890"])
    assert bob.message == "=1+1 is a formula injection attempt"
    assert bob.extras["date"] == "2026-99-99"
    assert (john.email, john.phone_key, john.extras["date"]) == ("john@gmail.example", None, "Yesterday")
    assert (valid.email, valid.phone_e164, valid.message) == ("alice@corp.com", "+18005559999", "- starts with dash")
    assert [[item.code for item in reading.warnings if item.field == "date"] for reading in readings] == [
        ["date_impossible"], [], ["date_relative"], [],
    ]  # fmt: skip


def test_leads_d_are_7_leads_and_1_refused() -> None:
    _, readings = _read("messy_leads_d.csv")
    assert (len(readings), _refused(readings)) == (8, [6])
    assert not readings[5].blank
    drafts = [reading.draft for reading in readings if reading.draft]
    assert [draft.email is not None for draft in drafts] == [True, False, True, True, True, True, True]
    assert [draft.phone_key is not None for draft in drafts] == [True, True, False, True, True, True, True]
