"""The cases as the report's script reads them: short arrays, and every text once."""

from __future__ import annotations

from typing import Any

from evals.records import Failure
from evals.reports.page import Attempt, CaseRow, Mark, Page, Shown


def payload(page: Page) -> dict[str, Any]:
    """JSON types; ``evals/reports/html/parts.js`` names the places of the arrays."""
    texts = _Texts()
    cases = [_case(row, texts) for row in page.cases]
    return {
        "variants": [one.name for one in page.variants],
        "metrics": [
            [
                one.name,
                one.passes,
                one.higher_is_better,
                one.role.value,
                one.least if one.higher_is_better else one.most,
            ]
            for one in page.metrics
        ],
        "trials": page.trials,
        "pair": list(page.changes[0][:2]) if page.changes else [page.variants[0].name] * 2,
        "cases": cases,
        "texts": list(texts.known),
    }


class _Texts:
    """Repeated outputs are most of a run: each is written once and referred to by its place."""

    def __init__(self) -> None:
        self.known: dict[str, int] = {}

    def place(self, text: str) -> int:
        return self.known.setdefault(text, len(self.known))

    def shown(self, one: Shown | None) -> list[int] | None:
        return None if one is None else [self.place(one.text), int(one.is_json)]

    def failure(self, one: Failure | None) -> list[Any] | None:
        return None if one is None else [one.kind.value, one.code, self.place(one.message)]


def _case(row: CaseRow, texts: _Texts) -> list[Any]:
    case = row.case
    return [
        case.id, case.why, case.group, case.split.value, list(case.tags), texts.shown(row.input), texts.shown(row.expected),
        [_attempt(one, texts) for one in row.attempts],
    ]  # fmt: skip


def _attempt(one: Attempt, texts: _Texts) -> list[Any]:
    return [
        one.variant, one.trial, texts.shown(one.output), texts.failure(one.failure), round(one.seconds, 6), one.cost,
        list(one.tokens), int(one.cached), one.source, one.confidence, [texts.shown(call) for call in one.calls],
        texts.shown(one.state), [_mark(mark, texts) for mark in one.marks],
    ]  # fmt: skip


def _mark(mark: Mark | None, texts: _Texts) -> list[Any] | None:
    if mark is None:
        return None
    passed = None if mark.passed is None else int(mark.passed)
    return [mark.value, passed, texts.place(mark.reason), texts.failure(mark.failure)]
