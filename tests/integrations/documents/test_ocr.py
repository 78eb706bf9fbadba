"""Scans and photographs: clean, noisy, tilted, turned. Skipped where recognition is not installed."""

from __future__ import annotations

from typing import Any

import pytest

from domain.documents.extract import extract
from domain.documents.page import Origin
from integrations.documents.limits import Limits
from integrations.documents.ocr import INSTALL, ocr_installed
from integrations.documents.read import read_document
from tests import declarations
from tests.paper import photographed, png, scanned

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not ocr_installed(), reason=f"recognition of pictures is not installed; {INSTALL}"),
    pytest.mark.filterwarnings("ignore"),
]

_WANTED = {
    "policy_number": "PA 4471 0093 22",
    "effective_date": "2026-03-15",
    "expiration_date": "2026-09-15",
    "named_insured": "Marisol T. Oakes",
    "broker": "Prairie Line Insurance Agency",
    "vehicle.vin1": "1HGCV1F34KA123454",
    "vehicle.vin2": "4S4BTAFC4N3100006",
    "vehicle.year1": 2019,
    "vehicle.make2": "Subaru",
    "driver.name2": "Devon Oakes",
    "driver.date_of_birth1": "1984-07-22",
    "mortgagee": "First Prairie Credit Union",
    "loan_number": "88120-7",
}

_WAYS: dict[str, dict[str, Any]] = {
    "clean": {"dpi": 150},
    "noisy": {"dpi": 150, "noise": 18},
    "tilted": {"dpi": 150, "tilt": 6},
    "turned": {"dpi": 150, "quarter": 1},
    "on its head": {"dpi": 150, "quarter": 2},
    "coarse": {"dpi": 100},
}


@pytest.mark.timeout(900)
@pytest.mark.parametrize("way", _WAYS)
def test_a_declarations_page_as_a_picture(way: str) -> None:
    picture = photographed(declarations.auto(), **_WAYS[way])
    data = scanned(picture) if way in {"noisy", "coarse"} else png(picture)
    document = read_document(data, "scan", Limits(), with_ocr=True)
    assert document.pages[0].origin is Origin.OCR
    fields = extract(document).fields
    at = {f"{field.name}{field.item or ''}": field for field in fields if field.rank == 0}
    right = [name for name, value in _WANTED.items() if name in at and at[name].value == value]
    assert len(right) >= len(_WANTED) - 1, sorted(set(_WANTED) - set(right))
    assert {field.source for field in fields} == {"ocr"}
    assert all(document.pages[0].says(field.quote) for field in fields)
