"""Fields of a structured answer, each compared in its own way: how many are right, missing, and invented."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from evals.graders.exact import same_json
from evals.graders.numbers import number
from evals.graders.paths import MISSING, at, shown
from evals.graders.port import scored
from evals.records import Answer, Case, Metric, Role, Score


@dataclass(frozen=True)
class Fields:
    """The mapping at ``output`` against the one at ``expected`` of the case, field by field.

    ``value`` is the path from a field of the answer to what it says (``value`` where fields are ``{value, confidence}``).
    ``tolerances`` allows numbers of a field to differ by so much. Fields wanted as null must not be given. Scores: ``right``, the
    share of wanted fields that are right (1 where none is wanted), and ``invented``, how many are given beyond those wanted, or
    wanted as null; ``open_fields`` are not counted as invented.
    """

    output: str
    expected: str
    value: str = ""
    tolerances: Mapping[str, float] = field(default_factory=dict)
    open_fields: tuple[str, ...] = ()
    name: str = "fields"

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Share right, and count invented."""
        return (
            Metric(f"{self.name}.right"),
            Metric(f"{self.name}.invented", Role.SAFETY, higher_is_better=False, most=None),
        )

    async def grade(self, case: Case, answer: Answer) -> Sequence[Score]:
        """Two scores, none where the case expects nothing here."""
        wanted = at(case.expected, self.expected)
        if not isinstance(wanted, Mapping):
            return ()
        found = at(answer.output, self.output)
        given = found if isinstance(found, Mapping) else {}
        asked = {name: value for name, value in wanted.items() if value is not None}
        wrong = [name for name, value in asked.items() if not self._right(name, given.get(name, MISSING), value)]
        invented = sorted(name for name in given if name not in asked and name not in self.open_fields)
        share = 1.0 if not asked else (len(asked) - len(wrong)) / len(asked)
        reason = "; ".join(
            f"{name}: wanted {shown(asked[name])}, got {shown(at(given.get(name, MISSING), self.value))}"
            for name in wrong
        )
        return (
            scored(answer, f"{self.name}.right", share, reason),
            scored(answer, f"{self.name}.invented", float(len(invented)), ", ".join(invented)),
        )

    def aggregate(
        self, cases: Sequence[Case], answers: Sequence[Answer], scores: Sequence[Score]
    ) -> Mapping[str, float]:
        """Precision and recall over all fields of all cases, and ``right`` of each field by name."""
        del scores
        by_id = {case.id: case for case in cases}
        asked_of: dict[str, int] = {}
        right_of: dict[str, int] = {}
        given_count = 0
        for answer in answers:
            wanted = at(by_id[answer.case].expected, self.expected)
            if not isinstance(wanted, Mapping):
                continue
            found = at(answer.output, self.output)
            given = found if isinstance(found, Mapping) else {}
            given_count += sum(name in wanted or name not in self.open_fields for name in given)
            for name, value in wanted.items():
                if value is not None:
                    asked_of[name] = asked_of.get(name, 0) + 1
                    right_of[name] = right_of.get(name, 0) + self._right(name, given.get(name, MISSING), value)
        right, asked = sum(right_of.values()), sum(asked_of.values())
        figures = {
            f"{self.name}.recall": right / asked if asked else 1.0,
            f"{self.name}.precision": right / given_count if given_count else 1.0,
        }
        return figures | {f"{self.name}.right.{name}": right_of[name] / asked_of[name] for name in sorted(asked_of)}

    def _right(self, name: str, entry: Any, wanted: Any) -> bool:
        given = at(entry, self.value) if entry is not MISSING else MISSING
        allowed = self.tolerances.get(name)
        if allowed is not None and (one := number(given)) is not None and (other := number(wanted)) is not None:
            return abs(one - other) <= allowed
        return same_json(given, wanted)


@dataclass(frozen=True)
class JsonEqual:
    """The whole value at ``output`` equals the one at ``expected``; ``subset`` allows further keys in mappings."""

    output: str = ""
    expected: str = ""
    subset: bool = False
    name: str = "json"
    role: Role = Role.QUALITY

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Pass or fail."""
        return (Metric(self.name, self.role, passes=True),)

    async def grade(self, case: Case, answer: Answer) -> Sequence[Score]:
        """One score, none where the case expects nothing here."""
        wanted = at(case.expected, self.expected)
        if wanted is MISSING:
            return ()
        where = difference(at(answer.output, self.output), wanted, subset=self.subset)
        value = 0.0 if where else 1.0
        return (Score(answer.case, answer.variant, answer.trial, self.name, value, not where, where or ""),)


def difference(given: Any, wanted: Any, *, subset: bool, path: str = "") -> str | None:
    """The first place where two JSON values differ, in words, or None."""
    if isinstance(given, dict) and isinstance(wanted, dict):
        return _of_mappings(given, wanted, subset=subset, path=path)
    if isinstance(given, list) and isinstance(wanted, list) and len(given) == len(wanted):
        inner = (
            difference(one, other, subset=subset, path=f"{path}{place}.")
            for place, (one, other) in enumerate(zip(given, wanted, strict=True))
        )
        return next((problem for problem in inner if problem), None)
    if same_json(given, wanted):
        return None
    return f"{path.rstrip('.') or 'the value'}: wanted {shown(wanted)}, got {shown(given)}"


def _of_mappings(given: dict[str, Any], wanted: dict[str, Any], *, subset: bool, path: str) -> str | None:
    for name, value in wanted.items():
        if name not in given:
            return f"{path}{name} is missing"
        if inner := difference(given[name], value, subset=subset, path=f"{path}{name}."):
            return inner
    extra = sorted(set(given) - set(wanted))
    return f"{path}{extra[0]} is not wanted" if extra and not subset else None
