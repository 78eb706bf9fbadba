"""The list of policies and reports of them as files."""

from __future__ import annotations

import csv
import io
import re
from datetime import date

import pypdfium2
import pytest

from domain.policies.analytics import By
from kernel.errors import Invalid
from services.policies import exporting
from services.policies.report_sheets import cohort_csv, cohort_pdf, report_csv, report_pdf
from store.sql.repositories.policy_search import PolicyFilter
from tests.services.policies.book import START, Book, contents

ALL = PolicyFilter()


def words(data: bytes) -> str:
    document = pypdfium2.PdfDocument(data)
    try:
        return "\n".join(page.get_textpage().get_text_bounded() for page in document)
    finally:
        document.close()


async def drafts(book: Book, count: int) -> None:
    for number in range(count):
        await book.draft(number=f"E-{number:02}", carrier="-Mutual" if number % 2 else "Acme")


async def test_every_page_of_the_list_is_in_both_files_under_the_same_filter(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    await drafts(book, 9)
    monkeypatch.setattr(exporting, "_SLICE", 2)
    wanted = PolicyFilter(carrier="-Mutual")
    text = "".join([line async for line in book.policies.exporting.csv(book.actor, wanted)])
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {row["number"] for row in rows} == {"E-01", "E-03", "E-05", "E-07"}
    assert {row["carrier"] for row in rows} == {"'-Mutual"}
    printed = words(await book.policies.exporting.pdf(book.actor, wanted))
    assert set(re.findall(r"E-\d\d", printed)) == {row["number"] for row in rows}
    assert len(re.findall(r"E-\d\d", words(await book.policies.exporting.pdf(book.actor, ALL)))) == 9


async def test_a_list_too_long_to_print_is_refused_with_the_way_out(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    await drafts(book, 4)
    monkeypatch.setattr(exporting, "MOST_PRINTED", 3)
    with pytest.raises(Invalid) as refused:
        await book.policies.exporting.pdf(book.actor, ALL)
    assert "take csv" in refused.value.fields[0].remedy
    assert "4 terms" in refused.value.fields[0].message


async def test_a_report_says_the_same_on_every_paper(book: Book) -> None:
    await book.active(carrier="=Mutual", contents=contents(123_456))
    await book.active(carrier="Acme")
    with book.on("2026-03-01"):
        found = await book.policies.analytics.report(book.actor, ALL, START, date(2026, 3, 1), By.CARRIER)
        cohorts = await book.policies.analytics.cohorts(book.actor, ALL, START, date(2026, 3, 1))
    rows = list(csv.DictReader(io.StringIO("".join(report_csv(found)))))
    told = [(row["group"], row["total"], row["end_premium"], row["retention"]) for row in rows]
    assert told == [("'=Mutual", "no", "1234.56", ""), ("Acme", "no", "1200.00", ""), ("", "yes", "2434.56", "")]
    printed = words(report_pdf(found))
    assert all(said in printed for said in ("=Mutual", "1,234.56", "all, USD", "2,434.56", "premium retention"))
    lines = list(csv.DictReader(io.StringIO("".join(cohort_csv(cohorts)))))
    assert [(one["month"], one["months_since"], one["in_force"], one["share"]) for one in lines] == [
        ("2026-01", "0", "2", ""), ("2026-01", "1", "2", ""),
    ]  # fmt: skip
    assert "2026-01" in words(cohort_pdf(cohorts))
