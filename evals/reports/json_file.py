"""A whole run as JSON, and back: what ``--json`` writes and what any command takes in place of a run's id."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from evals.concord import Concord
from evals.records import Answer, Case, Failure, Metric, Role, Score, Split, ToolCall, Variant
from evals.reports.trust import surely
from evals.runs.result import RunResult
from kernel.errors import FieldError, Invalid

SCHEMA: Final = "leadwright/eval-run"
VERSION: Final = 1


def run_as_dict(result: RunResult, concord: Sequence[Concord] = ()) -> dict[str, Any]:
    """JSON types; money as text, since it is exact. ``pass_k`` and ``agreement`` follow from the rest and are not read again."""
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "run_id": result.run_id,
        "suite": result.suite,
        "suite_hash": result.suite_hash,
        "started_at": result.started_at.isoformat(),
        "trials": result.trials,
        "variants": [
            {"name": one.name, "prompt": one.prompt, "model": one.model, "parameters": dict(one.parameters)}
            for one in result.variants
        ],
        "metrics": [_metric(one) for one in result.metrics],
        "cases": [_case(one) for one in result.cases],
        "answers": [_answer(one) for one in result.answers],
        "scores": [_score(one) for one in result.scores],
        "aggregates": {variant: dict(figures) for variant, figures in result.aggregates.items()},
        "pass_k": [
            {
                "variant": one.variant, "metric": one.metric.name, "k": one.k, "value": one.known.value, "low": one.known.low,
                "high": one.known.high, "cases": one.cases, "worst": one.worst, "best": one.best,
            }
            for one in surely(result)
        ],
        "agreement": [one.as_dict() for one in concord],
    }  # fmt: skip


def run_json(result: RunResult, concord: Sequence[Concord] = ()) -> str:
    """The run as one ASCII document, the same for the same run."""
    return json.dumps(run_as_dict(result, concord), ensure_ascii=True, allow_nan=False, indent=1) + "\n"


def read_run(text: str | bytes) -> RunResult:
    """The run of :func:`run_json`. Raises Invalid where the text is no JSON, of another schema or version, incomplete, or names
    cases, variants or metrics that it does not have.
    """
    try:
        data = json.loads(text)
    except ValueError as problem:
        raise _bad(
            "(file)", "json", f"is no JSON: {problem}", "give a file that `leadwright eval report --json` wrote"
        ) from None
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        raise _bad("schema", "schema", "is no run of evals", f"it must be {SCHEMA!r}", data)
    if data.get("version") != VERSION:
        remedy = f"this program reads version {VERSION}; write the run again with it"
        raise _bad("version", "version", "is another version", remedy, data.get("version"))
    try:
        return _whole(_run(data))
    except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError) as problem:
        said = f"lacks {problem}" if isinstance(problem, KeyError) else f"has a value of a wrong kind: {problem}"
        raise _bad("(file)", "form", said, "write the run again with `leadwright eval report --json`") from None


def _run(data: Mapping[str, Any]) -> RunResult:
    return RunResult(
        run_id=data["run_id"],
        suite=data["suite"],
        suite_hash=data["suite_hash"],
        started_at=datetime.fromisoformat(data["started_at"]),
        variants=tuple(Variant(**one) for one in data["variants"]),
        trials=data["trials"],
        cases=tuple(Case(**one | {"split": Split(one["split"]), "tags": tuple(one["tags"])}) for one in data["cases"]),
        metrics=tuple(Metric(**one | {"role": Role(one["role"])}) for one in data["metrics"]),
        answers=tuple(_read_answer(one) for one in data["answers"]),
        scores=tuple(Score(**one | {"failure": _maybe(Failure.from_dict, one["failure"])}) for one in data["scores"]),
        aggregates=data["aggregates"],
    )


def _whole(result: RunResult) -> RunResult:
    """The run, if it has a variant, and what it speaks of is in it once."""
    if not result.variants:
        raise _bad("variants", "empty", "is empty", "a run has at least one variant")
    known = {
        "cases": [one.id for one in result.cases],
        "variants": [one.name for one in result.variants],
        "metrics": [one.name for one in result.metrics],
    }
    for field, names in known.items():
        twice = next((name for name in names if names.count(name) > 1), None) if len(set(names)) < len(names) else None
        if twice is not None:
            raise _bad(field, "twice", "has one name twice", "give each its own", twice)
    records: tuple[Answer | Score, ...] = (*result.answers, *result.scores)
    spoken = {
        "cases": {one.case for one in records},
        "variants": {one.variant for one in records} | set(result.aggregates),
        "metrics": {one.metric for one in result.scores},
    }
    for field, named in spoken.items():
        if strange := sorted(named - set(known[field])):
            raise _bad(field, "unknown", "lacks one that answers or scores speak of", "write the run again", strange[0])
    return result


def _metric(one: Metric) -> dict[str, Any]:
    return {
        "name": one.name, "role": one.role.value, "passes": one.passes, "higher_is_better": one.higher_is_better,
        "least": one.least, "most": one.most, "matters": one.matters,
    }  # fmt: skip


def _case(one: Case) -> dict[str, Any]:
    return {
        "id": one.id, "input": one.input, "expected": one.expected, "why": one.why, "group": one.group,
        "split": one.split.value, "tags": list(one.tags), "line": one.line,
    }  # fmt: skip


def _answer(one: Answer) -> dict[str, Any]:
    return {
        "case": one.case, "variant": one.variant, "trial": one.trial, "output": one.output,
        "failure": _maybe(Failure.as_dict, one.failure), "seconds": one.seconds, "cost": str(one.cost),
        "tokens_in": one.tokens_in, "tokens_out": one.tokens_out, "cached": one.cached, "source": one.source,
        "confidence": one.confidence, "state": one.state,
        "calls": [{"tool": call.tool, "arguments": dict(call.arguments), "result": call.result} for call in one.calls],
    }  # fmt: skip


def _read_answer(one: Mapping[str, Any]) -> Answer:
    exact = {
        "cost": Decimal(one["cost"]), "failure": _maybe(Failure.from_dict, one["failure"]),
        "calls": tuple(ToolCall(**call) for call in one["calls"]),
    }  # fmt: skip
    return Answer(**{**one, **exact})


def _score(one: Score) -> dict[str, Any]:
    return {
        "case": one.case, "variant": one.variant, "trial": one.trial, "metric": one.metric, "value": one.value,
        "passed": one.passed, "reason": one.reason, "failure": _maybe(Failure.as_dict, one.failure),
    }  # fmt: skip


def _maybe(make: Callable[[Any], Any], value: Any) -> Any:
    return None if value is None else make(value)


def _bad(field: str, code: str, message: str, remedy: str, value: object = None) -> Invalid:
    said = None if value is None else str(value)[:80]
    return Invalid("the run cannot be read", fields=(FieldError(field, code, message, remedy, said),))
