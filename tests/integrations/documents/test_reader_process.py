"""Documents are read in a process of their own: limits hold, and what breaks there breaks only that."""

from __future__ import annotations

import asyncio

import pytest

from domain.documents.extract import extract
from domain.documents.page import Format
from integrations.documents.limits import Limits
from integrations.documents.process import DocumentReader, Patience
from integrations.documents.read import read_document
from kernel.errors import Invalid
from tests import declarations
from tests.paper import mail


async def test_the_process_gives_the_same_reading_as_the_function() -> None:
    data = declarations.loss_run()
    found = await DocumentReader(Limits()).read(data, "a.pdf")
    assert found.reading == read_document(data, "a.pdf", Limits(), with_ocr=False)
    assert found.extracted == extract(found.reading)


async def test_refusals_come_back_as_they_are() -> None:
    with pytest.raises(Invalid) as refused:
        await DocumentReader(Limits(pages=1)).read(b"%PDF-1.4 nothing", "a.pdf")
    assert refused.value.fields[0].code == "broken_file"


async def test_a_document_that_takes_too_long_is_given_up() -> None:
    with pytest.raises(Invalid) as refused:
        await DocumentReader(Limits(), Patience(read=0.01)).read(declarations.auto(), "a.pdf")
    assert refused.value.fields[0].code == "too_slow"


async def test_the_event_loop_goes_on_meanwhile() -> None:
    ticks = 0
    reading = asyncio.create_task(DocumentReader(Limits()).read(declarations.auto(), "a.pdf"))
    while not reading.done():
        await asyncio.sleep(0.005)
        ticks += 1
    assert ticks > 3
    assert (await reading).reading.format is Format.PDF


async def test_files_of_an_email_come_with_their_bytes() -> None:
    found = await DocumentReader(Limits()).enclosed(mail("s", "t", attachments=[("q.pdf", declarations.quote())]))
    assert [(item.name, item.data) for item in found] == [("q.pdf", declarations.quote())]


async def test_a_schedule_of_thousands_of_rows_is_cut_and_says_so() -> None:
    rows = "".join(f"Site {n},{n} Main St,Dallas,TX,75201,{n + 1000}\n" for n in range(1500))
    data = f"Location Name,Address,City,State,Zip,Building Value\n{rows}".encode()
    found = await DocumentReader(Limits()).read(data, "a.csv")
    assert not found.extracted.complete
    assert max(field.item or 0 for field in found.extracted.fields) > 800
