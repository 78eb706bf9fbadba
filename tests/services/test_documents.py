"""Documents through the service: scanner, waiting and claims, nothing personal in logs."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import structlog

from domain.actor import Actor
from domain.file_names import plain_name
from integrations.blobs import LocalBlobs
from integrations.documents.limits import Limits
from integrations.documents.process import DocumentReader, Read
from integrations.virus_scan import NoScanner, Scan, Verdict
from kernel.errors import Invalid, NotFound
from services.container import Services
from services.documents.documents import Documents
from tests import declarations
from tests.builders import a_sent_lead
from tests.paper import photographed, scanned


class Finds:
    """A scanner that finds a virus in everything."""

    async def scan(self, data: bytes) -> Scan:
        return Scan(Verdict.INFECTED, "test", "Eicar")


class Recognises(DocumentReader):
    """A reader for which recognition is installed and reads the auto declarations off any picture."""

    @property
    def recognises(self) -> bool:
        return True

    async def recognise(self, data: bytes, name: str, pages: int) -> Read:
        return await self.read(declarations.auto(), name)


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def documents(services: Services, folder: Path, reader: DocumentReader | None = None) -> Documents:
    return Documents(services.database, LocalBlobs(folder), NoScanner(), reader or DocumentReader(Limits()))


async def test_an_infected_file_is_not_stored(services: Services, actor: Actor, tmp_path: Path) -> None:
    guarded = Documents(services.database, LocalBlobs(tmp_path), Finds(), DocumentReader(Limits()))
    with pytest.raises(Invalid) as refused:
        await guarded.add(actor, await a_sent_lead(services, actor), "a.pdf", declarations.quote())
    assert refused.value.fields[0].code == "infected"
    assert not files_in(tmp_path)


async def test_twenty_at_once_make_one_document(services: Services, actor: Actor, tmp_path: Path) -> None:
    use = documents(services, tmp_path)
    lead_id = await a_sent_lead(services, actor)
    data = b"Named Insured: Ada Fontaine\nTotal Premium: $900\n"
    answers = await asyncio.gather(*(use.add(actor, lead_id, "a.txt", data) for _ in range(20)))
    assert len({document.id for document, _ in answers}) == 1
    assert sum(fresh for _, fresh in answers) == 1


async def test_a_scan_waits_and_is_read_once_by_whoever_claims_it(
    services: Services, actor: Actor, other_actor: Actor, tmp_path: Path
) -> None:
    use = documents(services, tmp_path, Recognises(Limits()))
    lead_id = await a_sent_lead(services, actor)
    document, _ = await use.add(actor, lead_id, "scan.pdf", scanned(photographed(declarations.auto(), dpi=40)))
    assert document.status == "waiting"
    worked = await asyncio.gather(*(use.work() for _ in range(4)))
    assert sum(worked) == 1
    read = await use.one(actor, document.id)
    assert (read.status, read.kind) == ("read", "declarations")
    assert any(field.name == "policy_number" for field in read.fields)
    assert not await use.work()
    with pytest.raises(NotFound):
        await use.one(other_actor, document.id)


async def test_what_ends_early_again_and_again_is_given_up(services: Services, actor: Actor, tmp_path: Path) -> None:
    use = documents(services, tmp_path, Recognises(Limits()))
    lead_id = await a_sent_lead(services, actor)
    document, _ = await use.add(actor, lead_id, "scan.pdf", scanned(photographed(declarations.auto(), dpi=42)))
    async with services.database.begin(actor) as uow:
        await uow.documents.change(document.id, attempts=3)
    assert await use.work()
    given_up = await use.one(actor, document.id)
    assert (given_up.status, given_up.notes[0].code) == ("failed", "unreadable")


async def test_logs_name_no_person_and_no_words(services: Services, actor: Actor, tmp_path: Path) -> None:
    lead_id = await a_sent_lead(services, actor)
    with structlog.testing.capture_logs() as logs:
        await documents(services, tmp_path).add(actor, lead_id, "Marisol Oakes policy.pdf", declarations.auto())
    text = str(logs)
    assert "document read" in text
    assert not any(word in text for word in ("Marisol", "Oakes", "4471", "Juniper"))


def test_names_lose_folders_controls_and_length() -> None:
    assert plain_name("C:\\files\\..\\a\x00b.pdf") == "ab.pdf"
    assert plain_name("../../etc/passwd") == "passwd"
    assert plain_name("  ") == "document"
    long = plain_name("x" * 500 + ".pdf")
    assert (len(long), long[-4:]) == (200, ".pdf")
