"""``leadwright doctor``: every part examined, a line a finding, with what to do."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer
from rich.markup import escape

from cli.session import execute, out
from kernel.settings import Settings
from services.doctor.examine import examine
from services.doctor.findings import Finding, Report, State
from services.reach import reach

_COLOUR = {State.OK: "green", State.WARN: "yellow", State.FAIL: "red"}


def doctor(*, as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False) -> None:
    """Examine stores, settings, prompts and models; exits 1 where something has to be mended."""
    report = execute(_doctor)
    if as_json:
        sys.stdout.write(
            json.dumps({"state": report.state, **report.model_dump(mode="json")}, ensure_ascii=False) + "\n"
        )
    else:
        for finding in report.findings:
            out.print(line_of(finding), soft_wrap=True)
    if report.state is State.FAIL:
        raise typer.Exit(1)


def line_of(finding: Finding) -> str:
    """A finding for reading."""
    words = f"[{_COLOUR[finding.state]}]{finding.state:<4}[/] {finding.part}: {finding.check}: {escape(finding.detail)}"
    return f"{words}\n     -> {escape(finding.remedy)}" if finding.remedy else words


async def _doctor(settings: Settings) -> Report:
    async with reach(settings) as reached:
        return await examine(reached)
