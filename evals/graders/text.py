"""Text that must or must not stand in an answer, the same for every case of a suite."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evals.graders import patterns
from evals.graders.paths import MISSING, at, shown, text_of
from evals.graders.port import Verdict, failed, judge_failure, pass_metric, passed
from evals.records import Answer, Case, Metric, Role, Score


@dataclass(frozen=True)
class Contains:
    """Every text of the list at ``expected`` of the case stands in the answer at ``output``; with ``never`` none of them does."""

    expected: str
    output: str = ""
    never: bool = False
    folded: bool = True
    name: str = "contains"
    role: Role = Role.QUALITY

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Pass or fail."""
        return pass_metric(self.name, self.role)

    async def grade(self, case: Case, answer: Answer) -> Sequence[Score]:
        """One score, none where the case names no text here."""
        wanted = at(case.expected, self.expected)
        if wanted is MISSING:
            return ()
        given = text_of(None if (value := at(answer.output, self.output)) is MISSING else value)
        fold = str.casefold if self.folded else str
        texts = [str(one) for one in (wanted if isinstance(wanted, list) else [wanted])]
        wrong = [one for one in texts if (fold(one) in fold(given)) is self.never]
        word = "holds" if self.never else "lacks"
        verdict = Verdict(not wrong, "" if not wrong else f"{word} {shown(wrong)}")
        return (passed(answer, self.name, verdict),)


@dataclass(frozen=True)
class Matches:
    """``pattern`` is found in the answer at ``output``; with ``never`` it is not. A slow search is a failure of the judge."""

    pattern: str
    output: str = ""
    never: bool = False
    name: str = "matches"
    role: Role = Role.QUALITY

    def __post_init__(self) -> None:
        if problem := patterns.fault(self.pattern):
            msg = f"{self.pattern!r} {problem}"
            raise ValueError(msg)

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Pass or fail."""
        return pass_metric(self.name, self.role)

    async def grade(self, case: Case, answer: Answer) -> Sequence[Score]:
        """One score."""
        del case
        value = at(answer.output, self.output)
        try:
            hit = value is not MISSING and patterns.found(self.pattern, text_of(value))
        except patterns.TooSlow:
            return (failed(answer, self.name, judge_failure("the pattern took too long", "slow_pattern")),)
        reason = "" if hit is not self.never else f"{self.pattern} is {'' if hit else 'not '}found"
        return (passed(answer, self.name, Verdict(hit is not self.never, reason)),)
