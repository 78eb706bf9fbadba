"""``leadwright eval report|trend``: what came out of a run, in every form, and how a suite fared over its runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from cli.session import err, execute, out
from evals.concord import Concord, concord
from evals.reports.against import beside, of_earlier
from evals.reports.build import build
from evals.reports.csv_file import csv_rows
from evals.reports.html import page_html, trend_html
from evals.reports.json_file import read_run, run_json
from evals.reports.junit import junit_xml
from evals.reports.markdown import page_markdown, trend_markdown
from evals.reports.page import Page
from evals.reports.promptfoo import promptfoo_csv, promptfoo_yaml
from evals.reports.review import Labels
from evals.reports.trend import Trend
from evals.reports.trend import trend as course
from evals.reports.verdicts import judged
from evals.reports.wording import figure, legible, span
from evals.runs.loading import load_result
from evals.runs.result import RunResult
from evals.suite import load_suite, suite_names
from kernel.errors import FieldError, Invalid
from kernel.settings import Settings
from store.evals.labels import LabelStore
from store.evals.runs import open_runs

Run = Annotated[str, typer.Argument(metavar="RUN", help="A run's id, or a file that --json wrote.")]
_File = Path | None


def report(
    run: Run,
    *,
    html: Annotated[_File, typer.Option(metavar="F", help="One HTML file that needs nothing else.")] = None,
    md: Annotated[_File, typer.Option(metavar="F", help="Markdown for a pull request.")] = None,
    json: Annotated[_File, typer.Option(metavar="F", help="The whole run, to be read again.")] = None,
    junit: Annotated[_File, typer.Option(metavar="F", help="JUnit XML for CI.")] = None,
    csv: Annotated[_File, typer.Option(metavar="F", help="Every answer with its scores.")] = None,
    promptfoo: Annotated[_File, typer.Option(metavar="F", help="The cases for promptfoo, .yaml or .csv.")] = None,
    against: Annotated[str | None, typer.Option(metavar="RUN", help="An earlier run to compare with.")] = None,
) -> None:
    """Write a run's report in the forms asked for; without one, say the figures here."""

    async def work(settings: Settings) -> tuple[Page, list[Path]]:
        result = await load_run(settings, run)
        agreeing = await concord_of(settings, result)
        if against is None:
            baseline, *others = (one.name for one in result.variants)
            verdicts = [judged(result, baseline, one) for one in others]
            page = build(result, verdicts, labels=await labels_of(settings).labels(result.run_id), concord=agreeing)
        else:
            earlier = await load_run(settings, against)
            joined, apart, pairs = beside(result, earlier)
            both = (*agreeing, *of_earlier(await concord_of(settings, earlier)))
            page = build(joined, [judged(joined, a, b) for a, b in pairs], pairs=pairs, apart=apart, concord=both)
        forms: list[tuple[Path | None, Callable[[], str | bytes]]] = [
            (html, lambda: page_html(page)),
            (md, lambda: page_markdown(page)),
            (json, lambda: run_json(result, agreeing)),
            (junit, lambda: junit_xml(result)),
            (csv, lambda: "".join(csv_rows(result))),
            (promptfoo, lambda: _promptfoo(promptfoo, result)),
        ]
        return page, _write((path, made()) for path, made in forms if path is not None)

    page, written = execute(work)
    if not written:
        _say(page)
    for path in written:
        err.print(f"written: {path}", markup=False, soft_wrap=True)


def trend(
    runs: Annotated[list[str], typer.Argument(metavar="RUN...", help="Runs of one suite, in any order.")],
    *,
    html: Annotated[_File, typer.Option(metavar="F", help="One HTML file that needs nothing else.")] = None,
    md: Annotated[_File, typer.Option(metavar="F", help="Markdown.")] = None,
) -> None:
    """Each metric of a suite over its runs; on stdout as Markdown where no file is asked for."""

    async def work(settings: Settings) -> tuple[Trend, list[Path]]:
        found = course([await load_run(settings, name) for name in runs])
        forms: list[tuple[Path | None, Callable[[], str]]] = [
            (html, lambda: trend_html(found)),
            (md, lambda: trend_markdown(found)),
        ]
        return found, _write((path, made()) for path, made in forms if path is not None)

    found, written = execute(work)
    if not written:
        out.print(trend_markdown(found), markup=False, soft_wrap=True)
    for path in written:
        err.print(f"written: {path}", markup=False, soft_wrap=True)


async def load_run(settings: Settings, name: str) -> RunResult:
    """A run by the path of its JSON file, or by its id or the beginning of it. Raises NotFound where there is neither."""
    found = _from_file(Path(name))
    if found is not None:
        return found
    async with open_runs(settings.home_path / "evals") as store:
        suite = (await store.run(name)).suite
        return await load_result(store, name, load_suite(suite).graders if suite in suite_names() else ())


def _from_file(path: Path) -> RunResult | None:
    return read_run(path.read_bytes()) if path.is_file() else None


async def concord_of(settings: Settings, result: RunResult) -> tuple[Concord, ...]:
    """How far local answer, cascade and model agree; nothing for a run of a suite that is not there, or has changed since."""
    if result.suite not in suite_names():
        return ()
    suite = load_suite(result.suite)
    return await concord(result, suite, settings) if suite.hash == result.suite_hash else ()


def labels_of(settings: Settings) -> Labels:
    """Where people's labels are kept."""
    return LabelStore(settings.home_path / "evals" / "labels.sqlite")


def _promptfoo(path: Path | None, result: RunResult) -> str:
    forms = {".yaml": promptfoo_yaml, ".yml": promptfoo_yaml, ".csv": promptfoo_csv}
    suffix = "" if path is None else path.suffix.lower()
    if suffix not in forms:
        fault = FieldError("promptfoo", "form", "is neither YAML nor CSV", "end the name with .yaml or .csv", str(path))
        raise Invalid("the cases cannot be written", fields=(fault,))
    return forms[suffix](result.cases)


def _write(files: Iterable[tuple[Path, str | bytes]]) -> list[Path]:
    """All or, where one cannot be made, none."""
    made = [(path, one if isinstance(one, bytes) else one.encode("utf-8", "replace")) for path, one in files]
    for path, content in made:
        try:
            path.write_bytes(content)
        except OSError as problem:
            fault = FieldError(
                "file", "unwritable", problem.strerror or "cannot be written", "name another", str(path)[:80]
            )
            raise Invalid("the report was not written", fields=(fault,)) from None
    return [path for path, _ in made]


def _say(page: Page) -> None:
    for one in page.verdicts:
        out.print(f"[bold]{escape(legible(one.headline))}[/]")
        for reason in one.reasons:
            out.print(f"  {escape(legible(reason))}")
    table = Table(header_style="bold")
    table.add_column("metric")
    for variant in page.variants:
        table.add_column(escape(legible(variant.name)), justify="right")
    for metric in page.metrics:
        row = {cell.variant: cell for cell in page.cells if cell.metric == metric.name}
        cells = (row[variant.name] for variant in page.variants)
        table.add_row(
            escape(legible(metric.name)),
            *(
                f"{figure(cell.estimate.value, metric)} ({span(cell.estimate, metric)})"
                + (f", {cell.unknown} unknown" if cell.unknown else "")
                for cell in cells
            ),
        )
    out.print(table)
    for agreeing in page.concord:
        out.print(f"agreement of {escape(agreeing.words)}")
    if page.missing:
        out.print(f"not finished: {page.missing:,} answers were never asked for")
