"""Checks of an answer's text that each case states for itself, in the words that promptfoo's tests have."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evals.graders import patterns
from evals.graders.exact import same_json
from evals.graders.paths import at, shown, text_of
from evals.graders.port import Verdict, failed, judge_failure, pass_metric, passed
from evals.records import Answer, Case, Metric, Role, Score


@dataclass(frozen=True)
class Kind:
    """One kind of check: whether it holds of an output, and what a value for it must be."""

    holds: Callable[[Any, Any], bool]
    fault: Callable[[Any], str | None]


def _text(value: Any) -> str | None:
    return None if isinstance(value, str | int | float) and not isinstance(value, bool) else "is no text"


def _texts(value: Any) -> str | None:
    whole = isinstance(value, list) and value and all(isinstance(one, str) for one in value)
    return None if whole else "is no list of texts"


def _nothing(value: Any) -> str | None:
    return None if value is None else "is not needed; a schema cannot be taken over"


def _anything(value: Any) -> str | None:
    return "is missing" if value is None else None


def _is_json(output: Any, _value: Any) -> bool:
    if not isinstance(output, str):
        return True
    try:
        json.loads(output)
    except ValueError:
        return False
    return True


def _within(output: Any, value: Any) -> bool:
    return str(value) in text_of(output)


def _folded(output: Any, value: Any) -> bool:
    return str(value).casefold() in text_of(output).casefold()


KINDS: Mapping[str, Kind] = {
    "equals": Kind(lambda output, value: same_json(output, value) or text_of(output) == text_of(value), _anything),
    "contains": Kind(_within, _text),
    "icontains": Kind(_folded, _text),
    "contains_all": Kind(lambda output, value: all(_within(output, one) for one in value), _texts),
    "contains_any": Kind(lambda output, value: any(_within(output, one) for one in value), _texts),
    "icontains_all": Kind(lambda output, value: all(_folded(output, one) for one in value), _texts),
    "icontains_any": Kind(lambda output, value: any(_folded(output, one) for one in value), _texts),
    "starts_with": Kind(lambda output, value: text_of(output).startswith(str(value)), _text),
    "regex": Kind(lambda output, value: patterns.found(value, text_of(output)), patterns.fault),
    "is_json": Kind(_is_json, _nothing),
}


@dataclass(frozen=True)
class Assertions:
    """Every check under ``assert`` of the case holds: ``{kind, value, not}`` each, with a kind of :data:`KINDS`."""

    output: str = ""
    name: str = "assertions"
    role: Role = Role.QUALITY

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Pass or fail."""
        return pass_metric(self.name, self.role)

    async def grade(self, case: Case, answer: Answer) -> Sequence[Score]:
        """One score, none where the case states no check. A check that cannot be made is a failure of the judge."""
        checks = case.expected.get("assert", ()) if isinstance(case.expected, dict) else ()
        if not checks:
            return ()
        output = at(answer.output, self.output)
        for check in checks:
            kind = KINDS.get(str(check.get("kind")))
            problem = kind.fault(check.get("value")) if kind else "has no kind that is known"
            if kind is None or problem:
                return (failed(answer, self.name, judge_failure(f"a check of the case {problem}", "bad_check")),)
            try:
                holds = kind.holds(output, check.get("value"))
            except patterns.TooSlow:
                return (failed(answer, self.name, judge_failure("a pattern took too long", "slow_pattern")),)
            if holds == bool(check.get("not")):
                word = "not " if check.get("not") else ""
                return (passed(answer, self.name, Verdict(passed=False, reason=f"{word}{_said(check)} does not hold")),)
        return (passed(answer, self.name, Verdict(passed=True)),)


def _said(check: Mapping[str, Any]) -> str:
    value = check.get("value")
    return str(check["kind"]) if value is None else f"{check['kind']} {shown(value)}"
