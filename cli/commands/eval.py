"""``leadwright eval``: suites, their runs, and what came out."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated

import typer

from cli.commands.eval_langsmith import langsmith_cases, langsmith_upload
from cli.commands.eval_report import report, trend
from cli.commands.eval_review import review
from cli.commands.eval_views import outcomes_table, run_table, runs_table, suites_table, verdict_table
from cli.session import err, execute, out
from evals.cases.reading import CaseSet, read_cases
from evals.concord import Concord, concord
from evals.records import Split
from evals.runs.export import export_lines
from evals.runs.gating import Outcome, check, outcome, worst
from evals.runs.loading import load_result
from evals.runs.plan import case_dict
from evals.runs.progress import shown
from evals.runs.running import Done, Wishes, run_suite
from evals.suite import Suite, load_suite, suite_names
from evals.targets.specs import expand
from evals.verdict import verdict
from kernel.errors import FieldError, Invalid
from kernel.settings import Settings
from store.evals.runs import RunStore, open_runs

evaluate = typer.Typer(
    no_args_is_help=True, help="Whether a prompt, a model or a change is better: suites and their runs."
)
for _each in (report, trend, review, langsmith_upload, langsmith_cases):
    evaluate.command()(_each)

_Suite = Annotated[str, typer.Argument(metavar="SUITE", help="A suite's name; `leadwright eval list` shows them.")]
_OneSuite = Annotated[
    str | None, typer.Argument(metavar="SUITE", help="A suite's name; `leadwright eval list` shows them.")
]
_Every = Annotated[bool, typer.Option("--all", help="Every suite there is, one after another.")]
_Run = Annotated[str, typer.Argument(metavar="RUN", help="A run's id, or its beginning.")]
_Variants = Annotated[
    list[str],
    typer.Option("--variant", help="local, cascade/v2, llm@model, v1@model?temperature=0.3; several are one each."),
]
_Heads = Annotated[
    list[str], typer.Option("--prompt", help="Combined with every --model and --temperature: v1, llm/v2, ...")
]
_Models = Annotated[list[str], typer.Option("--model", help="A model; see --prompt.")]
_Temperatures = Annotated[list[str], typer.Option("--temperature", help="A temperature; see --prompt.")]
_Trials = Annotated[int | None, typer.Option(min=1, max=1000, help="How often each case is answered.")]
_Split = Annotated[
    Split, typer.Option(help="dev to choose by, holdout to confirm; the holdout opens a few times only.")
]
_Limit = Annotated[int | None, typer.Option(min=1, help="Only the first so many cases.")]
_Budget = Annotated[str | None, typer.Option(help="US dollars that the run may spend.")]
_Concurrency = Annotated[int | None, typer.Option(min=1, max=512, help="Answers under way at once.")]
_Resume = Annotated[str | None, typer.Option(metavar="RUN", help="Go on with a run that was interrupted or stopped.")]
_Retry = Annotated[bool, typer.Option("--retry", help="With --resume: ask again for what failed on the way.")]
_Fresh = Annotated[bool, typer.Option("--fresh", help="Take over no answer of an earlier run.")]
_Record = Annotated[bool, typer.Option("--record", help="Keep the answers beside the suite, to be replayed.")]
_Replay = Annotated[
    bool, typer.Option("--replay", help="Use the answers kept beside the suite; a stale one is an error.")
]


@evaluate.command("list")
def list_suites() -> None:
    """Every suite with its cases, target, graders and gate."""

    async def work(_settings: Settings) -> list[Suite]:
        return [load_suite(name) for name in suite_names()]

    out.print(suites_table(execute(work)))


@evaluate.command()
def run(
    suite: _OneSuite = None, *, variant: _Variants = [], prompt: _Heads = [], model: _Models = [],  # noqa: B006 - typer copies them
    temperature: _Temperatures = [], trials: _Trials = None, split: _Split = Split.DEV, limit: _Limit = None,  # noqa: B006
    budget: _Budget = None, concurrency: _Concurrency = None, resume: _Resume = None, retry: _Retry = False,
    fresh: _Fresh = False, record: _Record = False, replay: _Replay = False, every: _Every = False,
) -> None:  # fmt: skip
    """Run a suite. Exits 0 where every demand of its gate holds, 1 where one fails, 2 where that cannot be said.

    With --all every suite runs as it says itself, and the worst of them decides: one that fails, then one that cannot be said.
    """
    variants = (*variant, *expand(prompt, model, temperature))
    names = _wanted(suite, every=every, alone=bool(variants or resume or record or replay))

    async def work(settings: Settings) -> list[tuple[str, Outcome]]:
        left, ended = dollars(budget), []
        async with _runs(settings) as store:
            for name in names:
                wishes = Wishes(variants, trials, split, limit, left, concurrency, fresh, retry, record, replay)
                found = load_suite(name)
                with shown(err) as progress:
                    done = await run_suite(found, wishes, settings, store, progress, resume=resume)
                left = None if left is None else max(Decimal(0), left - done.spent)
                checked = check(done.result, found.gate)
                out.print(run_table(done.result, checked, await concord(done.result, found, settings)))
                _say(name, done)
                ended.append((name, outcome(checked)))
        return ended

    ended = execute(work)
    if every:
        out.print(outcomes_table(ended))
    came = worst(one for _, one in ended)
    if came is not Outcome.HOLDS:
        raise typer.Exit(int(came))


@evaluate.command()
def ab(
    suite: _Suite, *, a: Annotated[str, typer.Option(metavar="V", help="What is in use.")],
    b: Annotated[str, typer.Option(metavar="V", help="What might take its place.")], trials: _Trials = None,
    split: _Split = Split.DEV, limit: _Limit = None, budget: _Budget = None, concurrency: _Concurrency = None,
    resume: _Resume = None, retry: _Retry = False, fresh: _Fresh = False, replay: _Replay = False,
) -> None:  # fmt: skip
    """Run two variants on the same cases. Exits 0 where b should be shipped, 1 where a should be kept, 2 where more is needed."""

    async def work(settings: Settings) -> tuple[Done, tuple[Concord, ...]]:
        wishes = Wishes((a, b), trials, split, limit, dollars(budget), concurrency, fresh, retry, replay=replay)
        compared = load_suite(suite)
        async with _runs(settings) as store:
            with shown(err) as progress:
                done = await run_suite(compared, wishes, settings, store, progress, resume=resume)
        return done, await concord(done.result, compared, settings)

    done, agreeing = execute(work)
    names = [one.name for one in done.result.variants]
    if {a, b} - set(names):
        err.print(f"run {done.result.run_id} has {', '.join(names)}; name two of them")
        raise typer.Exit(2)
    found = verdict(done.result, a, b)
    out.print(verdict_table(found))
    for one in agreeing:
        out.print(f"agreement of {one.words}", markup=False)
    _say(suite, done)
    if found.exit_code:
        raise typer.Exit(found.exit_code)


@evaluate.command()
def show(run_id: _Run) -> None:
    """What a run gave, as `run` prints it."""

    async def work(settings: Settings) -> None:
        async with _runs(settings) as store:
            suite = load_suite((await store.run(run_id)).suite)
            result = await load_result(store, run_id, suite.graders)
        out.print(run_table(result, check(result, suite.gate), await concord(result, suite, settings)))

    execute(work)


@evaluate.command()
def export(run_id: _Run) -> None:
    """A run as canonical JSON lines on stdout: the same answers give the same bytes."""

    async def work(settings: Settings) -> None:
        async with _runs(settings) as store:
            suite = load_suite((await store.run(run_id)).suite)
            result = await load_result(store, run_id, suite.graders)
        for line in export_lines(result):
            sys.stdout.write(f"{line}\n")

    execute(work)


@evaluate.command("import")
def import_cases(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="promptfoo's YAML with `tests`.")],
) -> None:
    """Promptfoo's tests as cases, one JSON object a line on stdout, for the grader `assertions`. What cannot be taken over is an
    error.
    """

    async def work(_settings: Settings) -> CaseSet:
        return read_cases(file, promptfoo=True)

    for case in execute(work).cases:
        pairs = {name: value for name, value in case_dict(case).items() if name not in {"line", "split"} and value}
        sys.stdout.write(json.dumps(pairs, ensure_ascii=False) + "\n")


@evaluate.command()
def runs(suite: Annotated[str | None, typer.Argument(metavar="SUITE", help="Only runs of this suite.")] = None) -> None:
    """Every run, the latest first."""

    async def work(settings: Settings) -> None:
        async with _runs(settings) as store:
            out.print(runs_table(await store.runs(suite)))

    execute(work)


def _wanted(suite: str | None, *, every: bool, alone: bool) -> tuple[str, ...]:
    """The suites to run: one, or all as they are."""
    if every and suite is None and not alone:
        return suite_names()
    if suite is not None and not every:
        return (suite,)
    remedy = "name a suite, or --all without a suite, variants, --resume, --record and --replay"
    err.print(f"[red]one suite or all:[/] {remedy}")
    raise typer.Exit(1)


def _say(suite: str, done: Done) -> None:
    err.print(f"run {done.result.run_id}; these cases were used by {done.uses} runs")
    if done.ended.stopped is not None:
        err.print(f"stopped: {done.ended.stopped}. `leadwright eval run {suite} --resume {done.result.run_id}` goes on")


@asynccontextmanager
async def _runs(settings: Settings) -> AsyncIterator[RunStore]:
    async with open_runs(settings.home_path / "evals") as store:
        yield store


def dollars(text: str | None) -> Decimal | None:
    """An amount as people write it. Raises Invalid."""
    if text is None:
        return None
    try:
        value = Decimal(text.removeprefix("$"))
    except InvalidOperation:
        value = Decimal(-1)
    if not value.is_finite() or value < 0:
        fault = FieldError("budget", "form", "is no amount of dollars", "write 2.50", text[:80])
        raise Invalid("the budget cannot be read", fields=(fault,))
    return value
