"""What is in the database afterwards; what an agent says it did does not count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evals.graders.fields import difference
from evals.graders.paths import MISSING, at
from evals.graders.port import Verdict, failed, judge_failure, pass_metric, passed
from evals.records import Answer, Case, Metric, Role, Score


@dataclass(frozen=True)
class EndState:
    """The state that the target read from its database holds what is at ``expected`` of the case; further keys are free."""

    expected: str = "state"
    name: str = "state"
    role: Role = Role.QUALITY

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Pass or fail."""
        return pass_metric(self.name, self.role)

    async def grade(self, case: Case, answer: Answer) -> Sequence[Score]:
        """One score, none where the case states no end; a target that reads no state is a failure of the judge."""
        wanted = at(case.expected, self.expected)
        if wanted is MISSING:
            return ()
        if answer.state is None:
            return (failed(answer, self.name, judge_failure("the target read no state", "no_state")),)
        problem = difference(answer.state, wanted, subset=True)
        return (passed(answer, self.name, Verdict(problem is None, problem or "")),)
