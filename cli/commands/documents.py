"""``leadwright documents``: what a file states, and how much of the expected is found in a folder of them."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from agents.document_reader import DocumentReaderAgent
from agents.language_models import LanguageModels
from cli.session import execute, out
from domain.documents.evidence import DocumentEvidence
from domain.documents.extract import Extracted, extract
from domain.documents.page import Reading
from evals.files.documents import Expected, measure
from integrations.documents.limits import Limits
from integrations.documents.process import DocumentReader, Patience, Read
from integrations.llm.unkept import NOBODY, unkept_gateway
from kernel.errors import FieldError, Invalid
from kernel.settings import Settings
from prompts.registry import library

documents = typer.Typer(no_args_is_help=True, help="Read documents; needs no store, and no key.")
_WIDE = 60


@documents.command("read")
def read(
    file: Annotated[Path, typer.Argument(help="PDF, picture, e-mail, text, CSV or XLSX.", exists=True, dir_okay=False)],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Show what kind of document it is and every value it states, with page and quote.

    Where a language model is configured, it is asked about what the rules leave in doubt; within the day's budget.
    """

    async def work(settings: Settings) -> None:
        found = await _read(file, settings)
        async with unkept_gateway(settings.llm) as gateway:
            reader = DocumentReaderAgent(LanguageModels(gateway), library())
            shown = await _shown(reader, found.reading, found.extracted)
        if as_json:
            sys.stdout.write(json.dumps(shown, ensure_ascii=False, indent=1) + "\n")
        else:
            _print(shown)

    execute(work)


@documents.command("evaluate")
def evaluate(
    folder: Annotated[Path, typer.Argument(help="A folder of documents.", exists=True, file_okay=False)],
    *,
    expected: Annotated[
        Path, typer.Option(help="JSON: a list of {file, name, value, page, of}.", exists=True, dir_okay=False)
    ],
    missing: Annotated[bool, typer.Option(help="Also name what was not found.")] = False,
) -> None:
    """Print the share of the expected values that are found, with their page."""

    async def work(settings: Settings) -> None:
        wanted = read_expected(expected)
        found = {}
        for name in dict.fromkeys(item.file for item in wanted):
            found[name] = (await _read(folder / name, settings)).extracted.fields
        for file in ("", *found):
            share = measure([item for item in wanted if file in {item.file, ""}], found)
            out.print(
                f"{file or 'all'}: {share.expected} expected, found {share.found / share.expected:.3f}, "
                f"with page {share.share:.3f}"
            )
        if missing:
            for item in measure(wanted, found).missing:
                out.print(f"not found: {item.file} p{item.page} {item.name} = {item.value}", markup=False)

    execute(work)


def read_expected(file: Path) -> list[Expected]:
    """The expected values of a JSON file; raises Invalid where it is not of that form."""
    try:
        return [Expected(**row) for row in json.loads(file.read_text(encoding="utf-8"))]
    except (ValueError, TypeError) as problem:
        remedy = 'write [{"file": "a.pdf", "name": "policy_number", "value": "A1", "page": 1}, ...]'
        fault = FieldError("--expected", "form", str(problem)[:120], remedy)
        raise Invalid("the expected values cannot be read", fields=(fault,)) from problem


async def _read(file: Path, settings: Settings) -> Read:
    given = settings.documents
    if not await asyncio.to_thread(file.is_file):
        raise Invalid(
            "a document is missing",
            fields=(FieldError("file", "missing", "no such file", "check the name", file.name),),
        )
    reader = DocumentReader(
        Limits(bytes=given.max_bytes, pages=given.max_pages, pixels=given.max_pixels),
        Patience(given.read_seconds, given.ocr_page_seconds),
    )
    data = await asyncio.to_thread(file.read_bytes)
    found = await reader.read(data, file.name)
    reading = found.reading
    pictures = len(reading.needs_ocr) + sum(len(item.reading.needs_ocr) for item in reading.attachments if item.reading)
    return await reader.recognise(data, file.name, pictures) if pictures and reader.recognises else found


async def _shown(reader: DocumentReaderAgent, reading: Reading, extracted: Extracted) -> dict[str, Any]:
    pages = await asyncio.to_thread(DocumentEvidence.of, reading)
    opinion = await reader.read(NOBODY, NOBODY, reading.name, pages, extracted)
    attachments = []
    for item in reading.attachments:
        entry = {"name": item.name, "sha256": item.sha256, "size": item.size, "problem": item.problem}
        if item.reading:
            entry["document"] = await _shown(reader, item.reading, extract(item.reading))
        attachments.append(entry)
    return {
        "file": reading.name, "format": reading.format.value, "kind": asdict(opinion.kind), "pages": len(reading.pages),
        "fields": [asdict(field) for field in opinion.fields], "source": opinion.source.value, "version": opinion.version,
        "cost": opinion.cost, "needs_review": opinion.needs_review,
        "notes": [asdict(note) for note in (*reading.notes, *opinion.notes)], "attachments": attachments,
    }  # fmt: skip


def _print(shown: dict[str, Any]) -> None:
    kind = shown["kind"]
    out.print(
        f"{shown['file']}: {kind['name']} ({kind['reason']}), {shown['format']}, pages: {shown['pages']}; read by "
        f"{shown['version']}" + (", a person should look" if shown["needs_review"] else ""),
        markup=False,
    )
    table = Table(header_style="bold")
    for head in ("field", "item", "value", "page", "quote", "confidence"):
        table.add_column(head, overflow="fold")
    for field in shown["fields"]:
        if field["rank"] == 0:
            value = (
                field["value"] if isinstance(field["value"], str) else json.dumps(field["value"], ensure_ascii=False)
            )
            cells = (field["name"], str(field["item"] or ""), value[:_WIDE], str(field["page"]), field["quote"][:_WIDE])
            table.add_row(*(_plain(cell) for cell in cells), f"{field['confidence']:.2f}")
    out.print(table)
    for note in shown["notes"]:
        out.print(f"note: {note['message']}" + (f" (page {note['page']})" if note["page"] else ""), markup=False)
    for item in shown["attachments"]:
        if "document" in item:
            _print(item["document"])
        else:
            out.print(f"{item['name']}: {item['problem']}", markup=False)


def _plain(text: str) -> str:
    # A document's words are not markup, and must not move the cursor.
    return "".join(char if char.isprintable() or char == "\n" else " " for char in text).replace("[", "\\[")
