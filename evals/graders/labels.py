"""Labels: right or wrong for each answer; precision, recall and F1 of each label over a set; calibration of confidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from domain.leads.measures import calibration_bins, calibration_error
from evals.graders.paths import MISSING, at, shown
from evals.graders.port import Verdict, pass_metric, passed, scored
from evals.records import Answer, Case, Metric, Score


@dataclass(frozen=True)
class Labels:
    """One label of several, wanted at ``expected`` (the same path unless told). Aggregates: ``accuracy``, ``macro_f1`` over the
    labels that occur as wanted ones, and ``precision``, ``recall`` and ``f1`` of each.
    """

    output: str
    expected: str | None = None
    name: str = "label"

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Pass or fail."""
        return pass_metric(self.name)

    async def grade(self, case: Case, answer: Answer) -> Sequence[Score]:
        """One score, none where the case expects no label."""
        wanted, given = self._pair(case, answer)
        if wanted is None:
            return ()
        hit = wanted == given
        return (passed(answer, self.name, Verdict(hit, "" if hit else f"wanted {wanted}, got {given}")),)

    def aggregate(
        self, cases: Sequence[Case], answers: Sequence[Answer], scores: Sequence[Score]
    ) -> Mapping[str, float]:
        """Figures by label."""
        del scores
        by_id = {case.id: case for case in cases}
        pairs = [
            (wanted, given)
            for one in answers
            for wanted, given in [self._pair(by_id[one.case], one)]
            if wanted is not None
        ]
        if not pairs:
            return {}
        figures: dict[str, float] = {f"{self.name}.accuracy": sum(one == other for one, other in pairs) / len(pairs)}
        f1s = []
        for label in sorted({wanted for wanted, _ in pairs}):
            hits = sum(wanted == given == label for wanted, given in pairs)
            wanted_count = sum(wanted == label for wanted, _ in pairs)
            given_count = sum(given == label for _, given in pairs)
            f1s.append(2 * hits / (wanted_count + given_count))
            figures[f"{self.name}.precision.{label}"] = hits / given_count if given_count else 0.0
            figures[f"{self.name}.recall.{label}"] = hits / wanted_count
            figures[f"{self.name}.f1.{label}"] = f1s[-1]
        return {f"{self.name}.macro_f1": sum(f1s) / len(f1s)} | figures

    def _pair(self, case: Case, answer: Answer) -> tuple[str | None, str]:
        wanted = at(case.expected, self.output if self.expected is None else self.expected)
        given = at(answer.output, self.output)
        return (None if wanted is MISSING or wanted is None else str(wanted)), shown(given).strip('"')


@dataclass(frozen=True)
class Calibration:
    """Whether confidence means what it says. Each answer's score is its Brier loss, (confidence - right)^2, so 0 is best;
    aggregates are ``brier`` (their mean) and ``ece``, the expected calibration error over ten equal bins.

    ``output`` and ``expected`` say where the label is that confidence is of.
    """

    output: str
    expected: str | None = None
    name: str = "calibration"

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """The Brier loss."""
        return (Metric(f"{self.name}.brier", higher_is_better=False),)

    async def grade(self, case: Case, answer: Answer) -> Sequence[Score]:
        """One score, none where the case expects no label or the answer states no confidence."""
        right = self._right(case, answer)
        if right is None or answer.confidence is None:
            return ()
        return (scored(answer, f"{self.name}.brier", (answer.confidence - right) ** 2),)

    def aggregate(
        self, cases: Sequence[Case], answers: Sequence[Answer], scores: Sequence[Score]
    ) -> Mapping[str, float]:
        """Brier score and calibration error."""
        del scores
        by_id = {case.id: case for case in cases}
        pairs = [
            (answer.confidence, right)
            for answer in answers
            if answer.confidence is not None and (right := self._right(by_id[answer.case], answer)) is not None
        ]
        if not pairs:
            return {}
        said, true = np.array([one for one, _ in pairs]), np.array([one for _, one in pairs])
        return {
            f"{self.name}.brier": float(np.mean((said - true) ** 2)),
            f"{self.name}.ece": float(calibration_error(calibration_bins(true, said))),
        }

    def _right(self, case: Case, answer: Answer) -> bool | None:
        wanted = at(case.expected, self.output if self.expected is None else self.expected)
        if wanted is MISSING or wanted is None:
            return None
        return bool(wanted == at(answer.output, self.output))
