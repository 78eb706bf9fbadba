"""A number close enough to the one wanted, or within bounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from evals.graders.paths import MISSING, at, shown
from evals.graders.port import Verdict, pass_metric, passed
from evals.records import Answer, Case, Metric, Role, Score


@dataclass(frozen=True)
class Near:
    """The number at ``output`` differs from the one at ``expected`` by at most ``absolute``, or ``relative`` of the one wanted;
    whichever allows more. A mapping ``{least, most}`` in the case asks for a number between the two, either left out being open.
    """

    output: str
    expected: str | None = None
    absolute: float = 0.0
    relative: float = 0.0
    name: str = "near"
    role: Role = Role.QUALITY

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Pass or fail."""
        return pass_metric(self.name, self.role)

    async def grade(self, case: Case, answer: Answer) -> Sequence[Score]:
        """One score, none where the case expects nothing here."""
        wanted = at(case.expected, self.output if self.expected is None else self.expected)
        if wanted is MISSING:
            return ()
        given = number(at(answer.output, self.output))
        hit = given is not None and self._holds(given, wanted)
        reason = "" if hit else f"wanted {shown(wanted)}, got {shown(at(answer.output, self.output))}"
        return (passed(answer, self.name, Verdict(hit, reason)),)

    def _holds(self, given: float, wanted: Any) -> bool:
        if isinstance(wanted, dict):
            least, most = number(wanted.get("least")), number(wanted.get("most"))
            return (least is None or given >= least) and (most is None or given <= most)
        target = number(wanted)
        return target is not None and abs(given - target) <= max(self.absolute, self.relative * abs(target))


def number(value: Any) -> float | None:
    """A number, also one written as text, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        read = float(value)
    except ValueError:
        return None
    return read if read - read == 0 else None
