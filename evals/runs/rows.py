"""Between answers and scores and their rows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from evals.records import Answer, Failure, Score, ToolCall
from kernel.ids import canonical_json
from store.evals.rows import AnswerRow, GradedRow

_NULL = "null"


def answer_row(run: str, answer: Answer, key: str | None) -> AnswerRow:
    """An answer as kept. ``key`` is that of answers which later runs may take over."""
    calls = [{"tool": one.tool, "arguments": dict(one.arguments), "result": one.result} for one in answer.calls]
    return AnswerRow(
        run, answer.case, answer.variant, answer.trial, key, canonical_json(answer.output),
        canonical_json(answer.failure.as_dict()) if answer.failure else None, answer.seconds, format(answer.cost, "f"),
        answer.tokens_in, answer.tokens_out, int(answer.cached), answer.source, answer.confidence,
        canonical_json(calls) if calls else "[]", _NULL if answer.state is None else canonical_json(answer.state),
    )  # fmt: skip


def answer_of(row: AnswerRow) -> Answer:
    """The inverse."""
    return Answer(
        row.case, row.variant, row.trial, json.loads(row.output),
        Failure.from_dict(json.loads(row.failure)) if row.failure else None, row.seconds, Decimal(row.cost), row.tokens_in,
        row.tokens_out, bool(row.cached), row.source, row.confidence,
        tuple(ToolCall(**one) for one in json.loads(row.calls)), json.loads(row.state),
    )  # fmt: skip


def graded_row(run: str, at: tuple[str, str, int], grader: str, scores: Sequence[Score], cost: Decimal) -> GradedRow:
    """Everything that one grader said of one answer, or of all answers to a case, where the variant is empty."""
    failed = int(any(one.failure is not None for one in scores))
    said = canonical_json([_score_dict(one) for one in scores])
    return GradedRow(run, *at, grader, said, failed, format(cost, "f"))


def scores_of(rows: Iterable[GradedRow]) -> list[Score]:
    """All scores in rows."""
    return [_score(row, one) for row in rows for one in json.loads(row.scores)]


def _score_dict(score: Score) -> dict[str, Any]:
    pairs = {
        "variant": score.variant, "metric": score.metric, "value": score.value, "passed": score.passed,
        "reason": score.reason, "failure": score.failure.as_dict() if score.failure else None,
    }  # fmt: skip
    return {name: value for name, value in pairs.items() if value not in (None, "") or name == "value"}


def _score(row: GradedRow, said: dict[str, Any]) -> Score:
    failure = said.get("failure")
    return Score(
        row.case, said["variant"], row.trial, said["metric"], said["value"], said.get("passed"), said.get("reason", ""),
        Failure.from_dict(failure) if failure else None,
    )  # fmt: skip
