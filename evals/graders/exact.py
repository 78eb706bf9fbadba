"""The same value, one of several, or a label that exists at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from evals.graders.paths import MISSING, at, shown
from evals.graders.port import Verdict, pass_metric, passed
from evals.records import Answer, Case, Metric, Role, Score
from kernel.ids import canonical_json


@dataclass(frozen=True)
class Exact:
    """The value at ``output`` of the answer equals the one at ``expected`` of the case (the same path unless told).

    ``1`` and ``1.0`` are equal, ``1`` and ``"1"`` are not. ``folded`` ignores case and surrounding blanks of text. ``any_of``
    reads a list in the case as several right answers.
    """

    output: str = ""
    expected: str | None = None
    name: str = "exact"
    folded: bool = False
    any_of: bool = False
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
        given = at(answer.output, self.output)
        right = wanted if self.any_of and isinstance(wanted, list) else [wanted]
        hit = any(self._same(given, one) for one in right)
        reason = "" if hit else f"wanted {shown(wanted)}, got {shown(given)}"
        return (passed(answer, self.name, Verdict(hit, reason)),)

    def _same(self, given: Any, wanted: Any) -> bool:
        if self.folded and isinstance(given, str) and isinstance(wanted, str):
            return given.strip().casefold() == wanted.strip().casefold()
        return same_json(given, wanted)


@dataclass(frozen=True)
class OneOf:
    """The value at ``output`` is one of the labels there are; what the case expects does not matter."""

    labels: tuple[str, ...]
    output: str = ""
    name: str = "enum"
    role: Role = Role.QUALITY

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Pass or fail."""
        return pass_metric(self.name, self.role)

    async def grade(self, case: Case, answer: Answer) -> Sequence[Score]:
        """One score."""
        del case
        given = at(answer.output, self.output)
        hit = isinstance(given, str) and given in self.labels
        return (passed(answer, self.name, Verdict(hit, "" if hit else f"{shown(given)} is no label")),)


def same_json(given: Any, wanted: Any) -> bool:
    """Equality of JSON values: the order of keys and the form of a number (1, 1.0) do not matter, true is not 1."""
    if given is MISSING:
        return False
    if isinstance(given, bool) or isinstance(wanted, bool):
        return given is wanted
    if isinstance(given, int | float) and isinstance(wanted, int | float):
        return given == wanted
    if isinstance(given, dict) and isinstance(wanted, dict):
        return given.keys() == wanted.keys() and all(same_json(given[name], wanted[name]) for name in wanted)
    if isinstance(given, list) and isinstance(wanted, list):
        return len(given) == len(wanted) and all(map(same_json, given, wanted))
    return type(given) is type(wanted) and canonical_json(given) == canonical_json(wanted)
