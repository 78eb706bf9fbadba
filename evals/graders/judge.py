"""A language model as grader: of one answer by a rubric, or of two against each other in both orders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

from agents.judge import Judge, Judged
from agents.language_models import LanguageModels, NoAnswer
from evals.graders.paths import MISSING, at, text_of
from evals.graders.port import Verdict, failed, judge_failure, passed, scored
from evals.records import Answer, Case, Metric, Role, Score
from evals.targets.means import EVALS, Means
from integrations.llm.errors import OverBudget
from kernel.errors import AppError, Unavailable
from prompts.registry import library

_NO_SUCH = "the judge gave a verdict that was not asked for"


@dataclass(frozen=True)
class Rubric:
    """Pass or fail of one answer by ``rubric``. A judge that fails is a failure of the judge, never a fail of the answer.

    ``model`` asks another model than the settings name for the agent ``judge``. ``expected`` is the path to a known right answer
    in the case, empty where there is none.
    """

    rubric: str
    output: str = ""
    expected: str | None = None
    model: str | None = None
    name: str = "judge"
    role: Role = Role.QUALITY
    means: Means | None = field(default=None, repr=False, compare=False)

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Pass or fail."""
        return (Metric(self.name, self.role, passes=True),)

    def bound(self, means: Means) -> Rubric:
        """With the means of a run."""
        return replace(self, means=means)

    async def grade(self, case: Case, answer: Answer) -> Sequence[Score]:
        """One score."""
        said = await _judged(self.means, self.model, self.rubric, case, self.expected, (_shown(answer, self.output),))
        if said is None:
            return (failed(answer, self.name, judge_failure(_NO_SUCH, "no_verdict")),)
        return (passed(answer, self.name, Verdict(said.verdict == "pass", said.reasoning)),)


@dataclass(frozen=True)
class Preferred:
    """Which of two variants' answers is better by ``rubric``. Each pair is judged in both orders: where the two verdicts differ,
    the order decided and not the answers, and it is a tie. A variant's score is its share of wins over the others, a tie half.
    """

    rubric: str
    output: str = ""
    expected: str | None = None
    model: str | None = None
    name: str = "preferred"
    means: Means | None = field(default=None, repr=False, compare=False)

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """The share of wins."""
        return (Metric(self.name),)

    def bound(self, means: Means) -> Preferred:
        """With the means of a run."""
        return replace(self, means=means)

    async def compare(self, case: Case, answers: Sequence[Answer]) -> Sequence[Score]:
        """One score for each variant."""
        points = {answer.variant: 0.0 for answer in answers}
        reasons: dict[str, list[str]] = {answer.variant: [] for answer in answers}
        for one, other in combinations(answers, 2):
            texts = _shown(one, self.output), _shown(other, self.output)
            forth = await _judged(self.means, self.model, self.rubric, case, self.expected, texts)
            back = await _judged(self.means, self.model, self.rubric, case, self.expected, texts[::-1])
            if forth is None or back is None:
                return [failed(answer, self.name, judge_failure(_NO_SUCH, "no_verdict")) for answer in answers]
            share = settled(forth.verdict, back.verdict)
            points[one.variant] += share
            points[other.variant] += 1 - share
            word = "the two orders disagree, a tie: " if {forth.verdict, back.verdict} in _DISAGREE else ""
            reasons[one.variant].append(f"{word}{forth.reasoning}")
            reasons[other.variant].append(f"{word}{back.reasoning}")
        others = max(1, len(answers) - 1)
        return [
            scored(answer, self.name, points[answer.variant] / others, " / ".join(reasons[answer.variant]))
            for answer in answers
        ]


_DISAGREE = ({"first"}, {"second"}, {"first", "tie"}, {"second", "tie"})


def settled(forth: str, back: str) -> float:
    """What the first of two answers gets from the verdicts on it coming first and coming second: 1, 0, or a half for a tie."""
    if forth == "first" and back == "second":
        return 1.0
    if forth == "second" and back == "first":
        return 0.0
    return 0.5


async def _judged(
    means: Means | None, model: str | None, rubric: str, case: Case, expected: str | None, answers: tuple[str, ...]
) -> Judged | None:
    assert means is not None, "a judge is bound to a run before it grades"
    judge = Judge(LanguageModels(means.gateway("judge", model)), library())
    right = MISSING if expected is None else at(case.expected, expected)
    wanted = None if right is MISSING else text_of(right)
    try:
        return await judge.judge(EVALS, rubric, text_of(case.input), wanted, answers)
    except NoAnswer as none:
        problem: AppError = none.problem
        if isinstance(problem, OverBudget):
            raise problem from none
        raise Unavailable(f"the judge was of no help: {problem.detail}", code=problem.code) from none


def _shown(answer: Answer, path: str) -> str:
    value = at(answer.output, path)
    return "" if value is MISSING else text_of(value)
