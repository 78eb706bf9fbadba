"""Every answer with its scores as CSV, safe to open in a spreadsheet (DOMAIN T69)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from domain.csv_cells import csv_line, number_cell, text_cell
from evals.records import Answer, Case, Score
from evals.runs.result import RunResult

_COLUMNS = (
    "case", "variant", "trial", "split", "group", "tags", "input", "expected", "output", "failure_kind", "failure_code",
    "failure_message", "seconds", "cost", "tokens_in", "tokens_out", "cached", "source", "confidence",
)  # fmt: skip


def csv_rows(result: RunResult) -> Iterator[str]:
    """A header and one record per answer, each with its line end. A metric has a column for its value and one for its reason."""
    names = [one.name for one in result.metrics]
    titles = [title for name in names for title in (text_cell(f"score: {name}"), text_cell(f"reason: {name}"))]
    yield csv_line([*_COLUMNS, *titles])
    cases = {one.id: one for one in result.cases}
    for answer in result.answers:
        place = (answer.case, answer.variant, answer.trial)
        scores = [result.score_at.get((*place, name)) for name in names]
        yield csv_line([*_answer(cases[answer.case], answer), *(cell for one in scores for cell in _score(one))])


def _answer(case: Case, answer: Answer) -> list[str]:
    failure = answer.failure
    failed = ("", "", "") if failure is None else (failure.kind.value, failure.code, failure.message)
    output = "" if answer.output is None and failure is not None else _value(answer.output)
    return [
        text_cell(case.id), text_cell(answer.variant), number_cell(answer.trial), case.split.value, text_cell(case.group),
        text_cell(" ".join(case.tags)), _value(case.input), "" if case.expected is None else _value(case.expected), output,
        *(text_cell(_whole(one)) for one in failed), number_cell(answer.seconds), number_cell(answer.cost),
        number_cell(answer.tokens_in), number_cell(answer.tokens_out), "yes" if answer.cached else "no",
        text_cell(answer.source), number_cell(answer.confidence),
    ]  # fmt: skip


def _score(one: Score | None) -> tuple[str, str]:
    if one is None:
        return "", ""
    reason = one.reason if one.failure is None else f"{one.failure.kind.value}: {one.failure.code}"
    return number_cell(one.value), text_cell(_whole(reason))


def _value(value: Any) -> str:
    """Numbers stay numbers; text and everything else become a text cell."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return number_cell(value)
    return text_cell(_whole(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)))


def _whole(text: str) -> str:
    """Text that can be written as UTF-8, and has no NUL, at which many readers stop."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "\N{REPLACEMENT CHARACTER}")
