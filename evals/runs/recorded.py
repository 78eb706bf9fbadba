"""Answers kept beside a suite, so that it runs in CI without a key. A recording of other words, inputs or models is an error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from evals.cases.faults import Faults
from evals.cases.jsonl import json_lines
from evals.records import Answer, Case, ToolCall, Variant
from evals.runs.plan import Plan
from evals.runs.result import Place, RunResult
from evals.suite import Suite
from kernel.errors import FieldError, Invalid, NotFound
from kernel.ids import canonical_json

FILE = "recorded.jsonl"
_MOST_SHOWN = 20


@dataclass(frozen=True)
class Recording:
    """Answers by the key of what was asked, and the places that they were recorded for."""

    answers: Mapping[str, Answer]
    places: frozenset[Place]


def recording_of(suite: Suite) -> Path:
    """The file beside a suite. Raises NotFound for a suite without a folder."""
    if suite.folder is None:
        raise NotFound(f"suite {suite.name} has no folder to keep answers in")
    return suite.folder / FILE


def write_recording(path: Path, plan: Plan, result: RunResult) -> int:
    """Keep the answers of a run; those of other variants, cases and trials stay, as long as they are of use. The count kept.

    Raises Invalid where an answer failed: a failure is nothing to replay.
    """
    failed = [one for one in result.answers if one.failure is not None]
    if failed or result.missing:
        where = f"{failed[0].case}, {failed[0].variant}" if failed else f"{result.missing} answers are missing"
        fault = FieldError("record", "failed", "cannot be recorded", "run it again until every answer came", where)
        raise Invalid("the run is not whole, and nothing was recorded", fields=(fault,))
    kept = read_recording(path) if path.exists() else Recording({}, frozenset())
    cases = {case.id: case for case in plan.cases}
    variants = {variant.name: variant for variant in plan.variants}
    mine = {(one.case, one.variant, one.trial) for one in result.answers}
    lines = {
        place: _line(key, answer)
        for key, answer in kept.answers.items()
        if (place := (answer.case, answer.variant, answer.trial)) not in mine
    }
    for one in result.answers:
        key = plan.key(cases[one.case], variants[one.variant], one.trial)
        lines[one.case, one.variant, one.trial] = _line(key, one)
    text = "".join(f"{lines[place]}\n" for place in sorted(lines))
    path.write_text(text, encoding="utf-8")
    return len(mine)


def read_recording(path: Path) -> Recording:
    """The answers of a file. Raises Invalid naming faulty lines."""
    if not path.exists():
        raise NotFound(f"nothing was recorded for this suite: {path} is missing; run it with --record")
    faults = Faults(path.name)
    answers: dict[str, Answer] = {}
    for line, record in json_lines(path.read_text(encoding="utf-8"), faults):
        try:
            answers[record["key"]] = _answer(record)
        except (KeyError, TypeError, ValueError) as problem:
            faults.add(line, "answer", f"cannot be read ({problem})", "record the suite again")
    faults.stop()
    return Recording(answers, frozenset((one.case, one.variant, one.trial) for one in answers.values()))


class Replayed:
    """Answers from a recording. Raises Invalid when made, naming every case without one, or with one of something else."""

    def __init__(self, plan: Plan, recording: Recording) -> None:
        self._plan = plan
        self._recording = recording
        faults = [
            self._fault(case, variant, trial)
            for case, trial in plan.units()
            for variant in plan.variants
            if plan.key(case, variant, trial) not in recording.answers
        ]
        if faults:
            raise Invalid(
                f"{len(faults)} answers of {plan.suite} are not recorded as they would be asked now",
                fields=tuple(faults[:_MOST_SHOWN]), code="stale_recording",
            )  # fmt: skip

    async def answer(self, case: Case, variant: Variant, trial: int) -> Answer:
        """The recorded answer."""
        found = self._recording.answers[self._plan.key(case, variant, trial)]
        return replace(found, case=case.id, variant=variant.name, trial=trial)

    def _fault(self, case: Case, variant: Variant, trial: int) -> FieldError:
        stale = (case.id, variant.name, trial) in self._recording.places
        message = "was recorded for another prompt, model or input" if stale else "was never recorded"
        return FieldError(
            f"case {case.id}, variant {variant.name}, trial {trial}", "stale" if stale else "missing", message,
            f"run `leadwright eval run {self._plan.suite} --variant '{variant.name}' --record` with a key",
        )  # fmt: skip


def _line(key: str, one: Answer) -> str:
    return canonical_json({
        "key": key, "case": one.case, "variant": one.variant, "trial": one.trial, "output": one.output,
        "seconds": round(one.seconds, 3), "cost": format(one.cost, "f"), "tokens_in": one.tokens_in,
        "tokens_out": one.tokens_out, "source": one.source, "confidence": one.confidence, "state": one.state,
        "calls": [{"tool": call.tool, "arguments": dict(call.arguments), "result": call.result} for call in one.calls],
    })  # fmt: skip


def _answer(record: Mapping[str, Any]) -> Answer:
    data = {name: value for name, value in record.items() if name != "key"}
    calls = tuple(ToolCall(**one) for one in data["calls"])
    return Answer(**{**data, "cost": Decimal(data["cost"]), "calls": calls})
