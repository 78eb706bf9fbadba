"""Papers as PDF: what is written can be read again, nothing is lost between pages or beside the paper."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pypdfium2 as pdfium
import pytest

from integrations.pdf import Block, Column, Heading, NewPage, Pairs, Paper, Paragraph, Space, Strong, Table, pdf

_COLUMNS = (Column("number", 1), Column("insured", 2), Column("written", 1, numbers=True))


def _pages(data: bytes) -> list[str]:
    document = pdfium.PdfDocument(data)
    try:
        return [page.get_textpage().get_text_bounded() for page in document]
    finally:
        document.close()


def _spans(data: bytes) -> list[tuple[float, float, float, float]]:
    document = pdfium.PdfDocument(data)
    try:
        return [item.get_bounds() for page in document for item in page.get_objects()]
    finally:
        document.close()


def test_every_row_of_a_long_table_is_on_one_page_under_its_titles() -> None:
    rows = [(f"N-{number}", "Somebody", f"{number}.00") for number in range(500)]
    pages = _pages(pdf([Heading("Policies"), Table(_COLUMNS, iter(rows))]))
    assert re.findall(r"N-\d+", " ".join(pages)) == [f"N-{number}" for number in range(500)]
    assert all("insured" in page for page in pages)
    assert [f"page {number} of {len(pages)}" in page for number, page in enumerate(pages, 1)] == [True] * len(pages)


def test_a_table_without_rows_still_says_what_it_would_hold() -> None:
    (page,) = _pages(pdf([Table(_COLUMNS, [])]))
    assert "insured" in page


@pytest.mark.parametrize("paper", list(Paper))
def test_nothing_stands_beside_the_paper(paper: Paper) -> None:
    blocks: Sequence[Block] = [
        Heading("W" * 200), Paragraph("word " * 300), Paragraph("x" * 900, size=14, bold=True),
        Pairs([("n" * 200, "v" * 400), ("to", "Ada\nLondon")]), Space(900),
        Table(_COLUMNS, [("W" * 90, "iiii " * 90, "9" * 60), Strong(("in all", "", "1"))]),
    ]  # fmt: skip
    wide, high = paper.value
    spans = _spans(pdf(blocks, paper=paper, foot="f" * 400))
    assert len(spans) > 30
    assert all(0 <= left <= right <= wide and 0 <= bottom <= top <= high for left, bottom, right, top in spans)


def test_a_paragraph_loses_no_word_and_keeps_its_line_breaks() -> None:
    words = [f"w{number}" for number in range(2400)]
    pages = _pages(pdf([Paragraph("Dear Ms Poe,\n\n" + " ".join(words))]))
    assert len(pages) > 1
    assert re.findall(r"w\d+", " ".join(pages)) == words
    assert pages[0].splitlines()[0] == "Dear Ms Poe,"


def test_a_word_that_is_too_long_is_broken_and_a_cell_that_is_too_long_is_cut() -> None:
    whole, cell = "".join(chr(97 + number % 26) for number in range(400)), "abcdefghij" * 20
    (page,) = _pages(pdf([Paragraph(whole), Table(_COLUMNS, [(cell, "", "")])]))
    assert whole in re.sub(r"\s", "", page)
    assert "abcdefghij" in page
    assert "…" in page
    assert cell not in page


def test_letters_that_the_fonts_lack_lose_their_signs_and_nothing_else_is_lost() -> None:
    said = "Žofie Łukasz Müller Đặng O’Neil €5 \u202eabc\u202c tab\there 李"
    (page,) = _pages(pdf([Paragraph(said)]))
    assert page.splitlines()[0] == "Žofie Lukasz Müller Dang O’Neil €5 abc tab here ?"


def test_a_page_of_its_own_is_begun_once() -> None:
    pages = _pages(pdf([NewPage(), Heading("One"), NewPage(), NewPage(), Heading("Two", level=2)], foot="Agency"))
    assert [page.splitlines()[0] for page in pages] == ["One", "Two"]
    assert all("Agency" in page for page in pages)


def test_a_heading_does_not_stand_alone_at_a_pages_foot() -> None:
    for points in range(580, 700, 4):
        pages = _pages(pdf([Paragraph("begins"), Space(points), Heading("Part", level=2), Paragraph("follows")]))
        assert ["Part" in page for page in pages] == ["follows" in page for page in pages]


def test_with_a_date_of_its_own_the_same_paper_is_the_same_bytes() -> None:
    blocks = [Heading("One"), Paragraph("<</CreationDate(D:20260101000000+00'00') /ID[<00><00>] trailer")]
    made = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
    first = pdf(blocks, made_at=made)
    time.sleep(1.1)  # PDFium's own clock has gone on
    assert pdf(blocks, made_at=made) == first
    assert b"D:20260301123000+00'00'" in first
    assert pdf(blocks, made_at=made + timedelta(days=1)) != first
    assert pdf([Heading("Two")], made_at=made)[-120:] != first[-120:]
    assert "trailer" in _pages(first)[0]
