"""``leadwright eval langsmith-upload|langsmith-cases``: for those who use LangSmith."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

from cli.commands.eval_report import Run, load_run
from cli.session import err, execute
from evals.records import Case
from evals.reports.langsmith import Uploaded, dataset_cases, upload_run
from kernel.settings import Settings


def langsmith_upload(
    run: Run,
    *,
    send_texts: Annotated[
        bool, typer.Option("--send-texts", help="Yes: inputs, expected values and outputs leave this machine.")
    ] = False,
) -> None:
    """Put a run at LangSmith: a dataset, an experiment per variant, its answers and scores. What people wrote goes with them."""

    async def work(settings: Settings) -> Uploaded:
        return upload_run(await load_run(settings, run), settings.llm.langsmith, send_texts=send_texts)

    done = execute(work)
    err.print(
        f"dataset {done.dataset!r}: {done.examples} new examples; {len(done.experiments)} experiments, {done.runs} runs, "
        f"{done.scores} scores", markup=False, soft_wrap=True,
    )  # fmt: skip


def langsmith_cases(
    dataset: Annotated[str, typer.Argument(metavar="DATASET", help="The dataset's name at LangSmith.")],
) -> None:
    """A LangSmith dataset as cases, one JSON object a line on stdout."""

    async def work(settings: Settings) -> tuple[Case, ...]:
        return dataset_cases(dataset, settings.llm.langsmith)

    for case in execute(work):
        record = {
            "id": case.id, "input": case.input, "expected": case.expected, "why": case.why, "group": case.group,
            "split": case.split.value, "tags": list(case.tags),
        }  # fmt: skip
        sys.stdout.write(json.dumps(record, ensure_ascii=False) + "\n")
