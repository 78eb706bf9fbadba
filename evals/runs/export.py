"""A run as canonical JSON lines: the same bytes for the same answers, whenever and however often it was interrupted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from evals.records import Answer, Score
from evals.runs.plan import case_dict, metric_dict, variant_dict
from evals.runs.result import RunResult
from kernel.ids import canonical_json


def export_lines(result: RunResult) -> Iterator[str]:
    """The suite, variants, metrics, cases, answers and scores, a line each. No times, no id of the run, and nothing that says
    whether an answer was asked or taken over.
    """
    yield canonical_json({
        "kind": "suite", "name": result.suite, "hash": result.suite_hash, "trials": result.trials, "missing": result.missing,
    })  # fmt: skip
    yield from (canonical_json({"kind": "variant", **variant_dict(one)}) for one in result.variants)
    yield from (canonical_json({"kind": "metric", **metric_dict(one)}) for one in result.metrics)
    for case in result.cases:
        pairs = case_dict(case)
        del pairs["line"]
        yield canonical_json({"kind": "case", **pairs})
    yield from (canonical_json(_answer(one)) for one in result.answers)
    yield from (canonical_json(_score(one)) for one in result.scores)
    for variant, figures in result.aggregates.items():
        for name in sorted(figures):
            yield canonical_json({"kind": "aggregate", "variant": variant, "name": name, "value": figures[name]})


def _answer(one: Answer) -> dict[str, Any]:
    return {
        "kind": "answer", "case": one.case, "variant": one.variant, "trial": one.trial, "output": one.output,
        "failure": one.failure.as_dict() if one.failure else None, "cost": format(one.cost, "f"), "tokens_in": one.tokens_in,
        "tokens_out": one.tokens_out, "source": one.source, "confidence": one.confidence, "state": one.state,
        "calls": [{"tool": call.tool, "arguments": dict(call.arguments), "result": call.result} for call in one.calls],
    }  # fmt: skip


def _score(one: Score) -> dict[str, Any]:
    return {
        "kind": "score", "case": one.case, "variant": one.variant, "trial": one.trial, "metric": one.metric,
        "value": one.value, "passed": one.passed, "reason": one.reason,
        "failure": one.failure.as_dict() if one.failure else None,
    }  # fmt: skip
