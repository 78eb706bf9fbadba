"""``leadwright knowledge load | search | evaluate | forget``: the agency's own documents."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress, TextColumn
from rich.table import Table

from cli.session import agency_actor, err, execute, out, session
from domain.actor import Actor
from evals.files.retrieval import SHIPPED, Asked, Chosen, Figures, chosen_share, compared
from integrations.knowledge_files import Columns, column_of, read_documents, rows_of
from kernel.errors import FieldError, Invalid, NotFound
from kernel.settings import Settings
from services.container import Services
from services.knowledge.schemas import KnowledgeFound, Loaded
from store.vectors.links import LOCAL_LIMIT

AgencyOption = Annotated[str | None, typer.Option(help="Slug of the agency; else LEADWRIGHT_AGENCY.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object a line on stdout.")]

_QUESTIONS = ("question", "query", "text")
_RELEVANT = ("relevant", "relevant_ids", "right_answer_ids", "ids", "document_ids")
_SHOWN = 400

knowledge = typer.Typer(no_args_is_help=True, help="The agency's documents: load, search, evaluate.")


@knowledge.command("load")
def load(
    file: Annotated[Path, typer.Argument(help="md, txt, html, csv or jsonl (also .gz), or a folder.", exists=True)],
    *,
    id_column: Annotated[str | None, typer.Option(help="Of a table: the column with the id.")] = None,
    text_column: Annotated[str | None, typer.Option(help="Of a table: the column with the text.")] = None,
    title_column: Annotated[str | None, typer.Option(help="Of a table: the column with the title.")] = None,
    agency: AgencyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Load documents. The same again changes nothing; a changed document replaces its passages."""
    columns = Columns(id_column, text_column, title_column)
    loaded = execute(lambda settings: _load(settings, file, columns, agency))
    if as_json:
        sys.stdout.write(loaded.model_dump_json() + "\n")
        return
    out.print(
        f"{loaded.added} documents added, {loaded.replaced} replaced, {loaded.unchanged} unchanged; "
        f"{loaded.passages} passages written"
    )
    if loaded.left_out:
        out.print(f"without words, left out: {', '.join(loaded.left_out[:10])}", markup=False, soft_wrap=True)


@knowledge.command("search")
def search(
    query: Annotated[str, typer.Argument(help="A question or a few words.")],
    *,
    limit: Annotated[int, typer.Option(help="Documents at most.", min=1, max=50)] = 5,
    agency: AgencyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find the documents that speak to a question, and answer it with their words."""
    found = execute(lambda settings: _search(settings, query, limit, agency))
    if as_json:
        for hit in found.items:
            quotes = [one.model_dump() for one in found.answer.quotes if one.id == hit.id]
            sys.stdout.write(json.dumps({**hit.model_dump(), "quotes": quotes}, ensure_ascii=False) + "\n")
        return
    _show(found)


@knowledge.command("evaluate")
def evaluate(
    file: Annotated[
        Path, typer.Argument(help="CSV or JSON lines: question, ids of the documents that answer it.", exists=True)
    ],
    *,
    question_column: Annotated[str | None, typer.Option(help="The column with the question.")] = None,
    relevant_column: Annotated[str | None, typer.Option(help="The column with the ids, separated by spaces.")] = None,
    limit: Annotated[int | None, typer.Option(help="Only the first questions.", min=1)] = None,
    agency: AgencyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure search over what is loaded: words, meaning and their fusions, on the same questions."""
    figures, chosen = execute(
        lambda settings: _evaluate(settings, file, question_column, relevant_column, limit, agency)
    )
    if as_json:
        for name, one in figures.items():
            sys.stdout.write(json.dumps({"system": name, **_record(one)}) + "\n")
        if chosen is not None:
            sys.stdout.write(
                json.dumps({"system": "share chosen on one half", "share": chosen.share, **_record(chosen.measured_on)})
                + "\n"
            )
        return
    out.print(_table(figures))
    if chosen is not None:
        out.print(_about(chosen), markup=False, soft_wrap=True)


@knowledge.command("forget")
def forget(
    names: Annotated[list[str], typer.Argument(help="Ids of documents.")], *, agency: AgencyOption = None
) -> None:
    """Remove documents by id."""
    count = execute(lambda settings: _forget(settings, names, agency))
    out.print(f"{count} documents removed")


async def _load(settings: Settings, file: Path, columns: Columns, agency: str | None) -> Loaded:
    async with session(settings) as services:
        actor = await agency_actor(services, "knowledge", agency)
        await _caught_up(services, actor)
        with _counting("documents") as step:
            loaded = await services.knowledge_loading.load(actor, read_documents(file, columns), step)
        await _warn_of_size(services)
        return loaded


async def _search(settings: Settings, query: str, limit: int, agency: str | None) -> KnowledgeFound:
    async with session(settings) as services:
        actor = await agency_actor(services, "knowledge", agency)
        await _caught_up(services, actor)
        return await services.knowledge_search.answer(actor, query, limit)


async def _forget(settings: Settings, names: list[str], agency: str | None) -> int:
    async with session(settings) as services:
        actor = await agency_actor(services, "knowledge", agency)
        return await services.knowledge_loading.forget(actor, names)


async def _evaluate(
    settings: Settings, file: Path, question: str | None, relevant: str | None, limit: int | None, agency: str | None
) -> tuple[dict[str, Figures], Chosen | None]:
    questions = list(islice(_questions(file, question, relevant), limit))
    if not questions:
        fault = FieldError(file.name, "empty", "there are no questions", "add a row for each question")
        raise Invalid("the questions cannot be read", fields=(fault,))
    async with session(settings) as services:
        actor = await agency_actor(services, "knowledge", agency)
        await _caught_up(services, actor)
        await _warn_of_size(services)
        wanted = sorted({name for _, names in questions for name in names})
        known = await services.knowledge_search.known(actor, wanted)
        if missing := len(wanted) - len(known):
            err.print(
                f"{missing} of {len(wanted)} ids are not loaded; a question whose answers are all missing counts as a miss"
            )
        if not known:
            raise NotFound(
                "none of the documents in the file is loaded; load them with `leadwright knowledge load FILE`"
            )
        asked = []
        with _counting("questions") as step:
            for number, (text, names) in enumerate(questions):
                found = await services.knowledge_search.candidates(actor, text)
                ids = frozenset(known[name] for name in names if name in known)
                asked.append(Asked(f"{number} {text}", found, ids))
                step(1)
    return compared(asked), chosen_share(asked)


def _questions(file: Path, question: str | None, relevant: str | None) -> Iterator[tuple[str, list[str]]]:
    columns: tuple[str, str] | None = None
    for row in rows_of(file):
        if columns is None:
            header = list(row)
            columns = (
                column_of(header, question, _QUESTIONS, "question"), column_of(header, relevant, _RELEVANT, "relevant ids"),
            )  # fmt: skip
        yield row.get(columns[0], ""), row.get(columns[1], "").replace(",", " ").replace(";", " ").split()


async def _caught_up(services: Services, actor: Actor) -> None:
    """Read anew what the present embedder has not read, saying so, since it takes a while."""
    with _counting("documents read anew") as step:
        await services.knowledge_projection.catch_up(actor, lambda text: err.print(f"[yellow]notice:[/] {text}"), step)


async def _warn_of_size(services: Services) -> None:
    if services.settings.vectors.url is not None:
        return
    size = await services.knowledge_projection.size()
    if size > LOCAL_LIMIT:
        err.print(
            f"[yellow]warning:[/] {size} passages are more than the {LOCAL_LIMIT} that a folder serves well; "
            "set LEADWRIGHT_VECTORS__URL to a Qdrant server and run `leadwright rebuild vectors`"
        )


class _Step:
    """Counts on a terminal; silent elsewhere."""

    def __init__(self, progress: Progress, what: str) -> None:
        self._progress = progress
        self._what = what
        self._task: object = None

    def __call__(self, count: int) -> None:
        if self._task is None:
            self._task = self._progress.add_task(self._what, total=None)
        self._progress.update(self._task, advance=count)  # type: ignore[arg-type]


@contextmanager
def _counting(what: str) -> Iterator[_Step]:
    columns = (TextColumn("{task.completed:.0f} {task.description}"),)
    with Progress(*columns, console=err, transient=True, disable=not sys.stderr.isatty()) as progress:
        yield _Step(progress, what)


def _show(found: KnowledgeFound) -> None:
    if not found.items:
        out.print("nothing found")
        return
    out.print(found.answer.answer, markup=False, soft_wrap=True)
    for quote in found.answer.quotes:
        heading = f", {quote.heading}" if quote.heading else ""
        out.print(
            f"  [{quote.number}] {quote.document} ({quote.id}{heading}, passage {quote.passage})",
            markup=False,
            soft_wrap=True,
        )
    out.print()
    for hit in found.items:
        heading = f"  {hit.heading}" if hit.heading else ""
        text = hit.passage if len(hit.passage) <= _SHOWN else f"{hit.passage[:_SHOWN].rsplit(' ', 1)[0]} …"
        out.print(f"{hit.score:.3f}  {hit.id}{heading}\n       {text}", markup=False, soft_wrap=True)


def _record(one: Figures) -> dict[str, float | int]:
    return {
        "questions": one.n, "hit@1": round(one.hit_at_1, 4), "hit@10": round(one.hit_at_10, 4),
        "mrr@10": round(one.mrr_at_10, 4),
    }  # fmt: skip


def _table(figures: dict[str, Figures]) -> Table:
    table = Table(header_style="bold", title=f"{next(iter(figures.values())).n} questions")
    for name in ("order by", "hit@1", "hit@10", "MRR@10"):
        table.add_column(name, justify="left" if name == "order by" else "right")
    for name, one in figures.items():
        style = "bold" if name == SHIPPED else None
        table.add_row(name, f"{one.hit_at_1:.3f}", f"{one.hit_at_10:.3f}", f"{one.mrr_at_10:.3f}", style=style)
    return table


def _about(chosen: Chosen) -> str:
    one, same = chosen.measured_on, chosen.shipped_on_same
    return (
        f"share of meaning chosen on one half ({chosen.chosen_on.n} questions): {chosen.share:.2f}; on the other half ({one.n}): "
        f"hit@1 {one.hit_at_1:.3f}, hit@10 {one.hit_at_10:.3f}, MRR@10 {one.mrr_at_10:.3f} "
        f"(shipped there: {same.hit_at_1:.3f}, {same.hit_at_10:.3f}, {same.mrr_at_10:.3f})"
    )
