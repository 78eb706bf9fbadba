"""PDFs as insurers, scanners and ill-meaning people make them."""

from __future__ import annotations

from typing import Any

import pytest

from domain.documents.extract import extract
from domain.documents.page import Format, Reading
from integrations.documents.limits import Limits
from integrations.documents.ocr import ocr_installed
from integrations.documents.read import read_document
from kernel.errors import Invalid
from tests import declarations
from tests.paper import Sheet, pdf, photographed, scanned


def read(data: bytes, **limits: int) -> Reading:
    return read_document(data, "a.pdf", Limits(**limits), with_ocr=False)


def found(data: bytes) -> dict[str, Any]:
    document = read(data)
    fields = extract(document).fields
    for field in fields:
        assert document.pages[field.page - 1].says(field.quote), field
    return {f"{field.name}{field.item or ''}": field.value for field in fields if field.rank == 0}


def test_auto_declarations() -> None:
    at = found(declarations.auto())
    assert at["policy_number"] == "PA 4471 0093 22"
    assert (at["effective_date"], at["expiration_date"]) == ("2026-03-15", "2026-09-15")
    assert at["named_insured"] == "Marisol T. Oakes"
    assert at["mailing_address"]["zip"] == "50613"
    assert at["broker"] == "Prairie Line Insurance Agency"
    assert [at[f"vehicle.vin{item}"] for item in (1, 2)] == ["1HGCV1F34KA123454", "4S4BTAFC4N3100006"]
    assert [at[f"vehicle.model{item}"] for item in (1, 2)] == ["Accord EX", "Outback"]
    assert [at[f"driver.date_of_birth{item}"] for item in (1, 2)] == ["1984-07-22", "2005-11-02"]
    assert [amount["minor"] for amount in at["coverage.limit1"]["amounts"]] == [10000000, 30000000]
    assert at["coverage.deductible6"]["amount"]["minor"] == 50000
    assert at["premium"]["minor"] == 72800
    assert (at["mortgagee"], at["loan_number"]) == ("First Prairie Credit Union", "88120-7")


def test_homeowners_declarations_in_boxes() -> None:
    at = found(declarations.homeowners())
    assert (at["policy_number"], at["effective_date"], at["expiration_date"]) == (
        "HO3-77120456",
        "2026-02-01",
        "2027-02-01",
    )
    assert (at["carrier"], at["premium"]["minor"]) == ("Harbor Gate Insurance", 184600)
    assert at["named_insured"] == "Theodore and Winifred Castellane"
    assert at["location.address1"]["street"] == "77 Saltmarsh Lane"
    limits = {at[f"coverage.name{item}"]: at[f"coverage.limit{item}"]["amounts"][0]["minor"] for item in range(1, 7)}
    assert limits["dwelling"] == 41200000
    assert limits["medical payments to others"] == 500000
    assert at["deductible"]["amount"]["minor"] == 250000
    assert at["wind_deductible"]["percent"] == 2.0
    assert (at["location.year_built1"], at["location.construction1"]) == (1998, "Frame")


def test_a_quote_and_a_loss_run() -> None:
    at = found(declarations.quote())
    assert (at["quote_number"], at["valid_until"], at["premium"]["minor"]) == ("GLQ-2026-00418", "2026-01-31", 431200)
    assert at["coverage.name2"] == "products and completed operations aggregate"
    assert (at["employees"], at["turnover"]["minor"]) == (11, 125000000)
    at = found(declarations.loss_run())
    assert (at["loss.description1"], at["loss.amount1"]["minor"]) == ("Water damage to flour store", 1245000)
    assert (at["loss.date2"], at["loss.status2"]) == ("2025-08-19", "Open")


HIDE: dict[str, dict[str, Any]] = {
    "invisible ink": {"mode": 3},
    "white on white": {"colour": (1, 1, 1)},
    "almost white": {"colour": (0.97, 0.98, 0.97)},
    "tiny": {"size": 1},
}


@pytest.mark.parametrize("how", HIDE)
def test_words_that_nobody_can_see_are_left_out_and_reported(how: str) -> None:
    page = (
        Sheet()
        .text(72, 100, "Named Insured: Ada Fontaine")
        .text(72, 140, "Total Premium: $1.00 approve now", **HIDE[how])
    )
    document = read(pdf(page))
    assert "approve" not in document.pages[0].text
    assert [part.text for part in document.pages[0].hidden] == ["Total Premium: $1.00 approve now"]
    assert [note.code for note in document.notes] == ["hidden_text"]
    assert {field.name for field in extract(document).fields} == {"named_insured"}


def test_words_behind_a_box_and_off_the_page_are_hidden_too() -> None:
    page = (
        Sheet()
        .text(72, 140, "secret words under a box")
        .box(60, 120, 300, 40, fill=(0.9, 0.9, 0.6))
        .text(72, 300, "seen")
    )
    page.text(900, 100, "far away")
    document = read(pdf(page))
    assert document.pages[0].text == "seen"
    assert {part.text for part in document.pages[0].hidden} == {"secret words under a box", "far away"}


def test_white_words_on_a_dark_bar_and_grey_print_are_seen() -> None:
    page = (
        Sheet()
        .box(60, 90, 400, 24, fill=(0.1, 0.2, 0.5), line=0)
        .text(72, 106, "DECLARATIONS", colour=(1, 1, 1), bold=True)
    )
    page.text(72, 140, "small print", size=6, colour=(0.45, 0.45, 0.45))
    document = read(pdf(page))
    assert document.pages[0].text == "DECLARATIONS\nsmall print"
    assert not document.pages[0].hidden


@pytest.mark.parametrize(("turn", "tilt"), [(0, 0), (90, 90), (0, 90), (270, -90), (0, -90), (180, 180), (90, 0)])
def test_a_turned_page_is_read_upright(turn: int, tilt: int) -> None:
    # Baselines run up or down the paper; the page says how it is turned, or does not.
    page = Sheet(turn=turn)
    for number, words in enumerate(("Policy Number: A-1122", "Total Premium: $90.00", "Year Built: 1990")):
        along, across = {0: (1, 1), 90: (1, 1), -90: (-1, 1), 180: (1, -1)}[tilt]
        x, y = (200, 200 + 20 * number * across) if tilt in {0, 180} else (200 + 20 * number * along, 400)
        page.text(x + (200 if tilt == 180 else 0), y, words, tilt=tilt)
    document = read(pdf(page))
    assert document.pages[0].text.splitlines() == ["Policy Number: A-1122", "Total Premium: $90.00", "Year Built: 1990"]
    assert not document.pages[0].hidden


def test_a_stamp_across_a_page_is_mentioned() -> None:
    document = read(
        pdf(
            Sheet().text(72, 100, "Policy Number: A-1122 and some more words").text(200, 400, "DRAFT", size=60, tilt=45)
        )
    )
    assert document.pages[0].text == "Policy Number: A-1122 and some more words"
    assert [note.code for note in document.notes] == ["turned_text"]


def test_a_scanned_page_needs_recognition_and_says_how_to_get_it() -> None:
    document = read(scanned(photographed(declarations.auto(), dpi=60)))
    assert document.format is Format.PDF
    assert document.needs_ocr == (1,)
    assert document.pages[0].lines == ()
    if not ocr_installed():
        assert [(note.code, "make install-ocr" in note.message) for note in document.notes] == [("needs_ocr", True)]
    assert extract(document).kind.name == "other"


def test_an_invisible_text_layer_over_a_scan_is_not_believed() -> None:
    sheet = Sheet(picture=(61, 79, photographed(declarations.auto(), dpi=60)[:79, :61].tobytes()))
    for line in range(12):
        sheet.text(72, 60 + 20 * line, "Total Premium: $1.00", mode=3)
    document = read(pdf(sheet))
    assert document.needs_ocr == (1,)
    assert not extract(document).fields


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"%PDF-1.4\nnothing here", "broken_file"),
        (pdf(Sheet().text(72, 72, "secret"), locked=True), "encrypted"),
        (pdf(*(Sheet() for _ in range(4))), "too_many_pages"),
        (b"", "empty_file"),
        (b"x" * 5_000, "too_large"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_remedy(data: bytes, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(data, pages=3, bytes=4_000)
    (fault,) = refused.value.fields
    assert fault.code == code
    assert fault.remedy
