"""``leadwright prompt improve``: drafts of a prompt from the cases that it fails, measured before anybody uses them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from cli.commands.eval import dollars
from cli.commands.eval_views import verdict_table
from cli.session import err, execute, out
from evals.improving import Aims, Improvement
from evals.improving import improve as improved
from evals.runs.progress import shown
from evals.suite import load_suite
from evals.verdict import EXIT_CODES
from kernel.settings import Settings
from prompts.registry import library
from prompts.release import write_draft
from store.evals.runs import open_runs


def improve(
    agent: Annotated[str, typer.Argument(metavar="AGENT", help="Whose prompt: classifier, extractor, ...")],
    *,
    suite: Annotated[str, typer.Option(help="The suite that measures it.")],
    drafts: Annotated[int, typer.Option(min=1, max=10, help="How many drafts are measured.")] = 3,
    trials: Annotated[int | None, typer.Option(min=1, max=1000, help="How often each case is answered.")] = None,
    budget: Annotated[str | None, typer.Option(help="US dollars over everything.")] = None,
    write: Annotated[bool, typer.Option("--write", help="Keep the draft as the next version's file.")] = False,
) -> None:
    """Draft from failures on dev, measure on dev, confirm once on holdout. Exits 0 where the draft should be shipped, 1 where the
    present prompt should be kept, 2 where more is needed. Nothing is released or given a share.
    """

    async def work(settings: Settings) -> tuple[Improvement, Path | None]:
        aims = Aims(agent, drafts, trials, dollars(budget))
        async with open_runs(settings.home_path / "evals") as store:
            with shown(err) as progress:
                found = await improved(load_suite(suite), aims, settings, store, library(), progress)
        if not (write and found.worth_writing and found.chosen and found.version):
            return found, None
        return found, write_draft(library(), agent, found.version, found.chosen.source)

    found, path = execute(work)
    _say(found)
    if path is not None:
        out.print(f"written: {path}; `leadwright prompt release {agent} {found.version}` freezes it", soft_wrap=True)
    if EXIT_CODES[found.decision]:
        raise typer.Exit(EXIT_CODES[found.decision])


def _say(found: Improvement) -> None:
    out.print(f"{found.decision}: {found.said}; {found.failures} failed cases were shown, ${found.spent:.4f} spent")
    for text in found.refused:
        err.print(f"refused: {escape(text)}")
    for one in found.drafts:
        mark = " (chosen)" if found.chosen is not None and one.variant == found.chosen.variant else ""
        out.print(f"dev, {one.variant}{mark}: {escape(one.why)}")
        out.print(verdict_table(one.on_dev))
    if found.on_holdout is not None:
        out.print("holdout:")
        out.print(verdict_table(found.on_holdout))
    err.print(f"runs {', '.join(found.runs)}")
    if found.stopped is not None:
        err.print(f"stopped: {escape(found.stopped)}")
