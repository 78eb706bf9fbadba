"""Documents that others wrote, kept beside the repository: how many of the values a person finds are found, with page.

The values were listed by reading the files. Skipped where the files are absent.
"""

from __future__ import annotations

from pathlib import Path

from cli.commands.documents import read_expected
from domain.documents.extract import extract
from evals.files.documents import measure
from integrations.documents.limits import Limits
from integrations.documents.read import read_document

EXPECTED = Path(__file__).parents[2] / "data" / "documents" / "expected.json"
FLOOR = 0.9


def test_most_of_what_a_person_finds_is_found_with_its_page(shared_data: Path) -> None:
    expected = read_expected(EXPECTED)
    found = {}
    for name in dict.fromkeys(item.file for item in expected):
        reading = read_document((shared_data / "documents" / name).read_bytes(), name, Limits(), with_ocr=False)
        found[name] = extract(reading).fields
        assert all(reading.pages[field.page - 1].says(field.quote) for field in found[name])
    share = measure(expected, found)
    print(f"{share.expected} expected, {share.found} found, {share.with_page} with page: {share.share:.3f}")  # noqa: T201
    assert share.share >= FLOOR, share.missing
