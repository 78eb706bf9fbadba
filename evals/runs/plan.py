"""What a run is to do, as it is kept with the run: enough to resume it, and to read it without its suite."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from evals.records import Case, Metric, Role, Split, Variant
from evals.suite import Suite
from kernel.clock import now
from kernel.errors import Conflict, FieldError, Invalid
from kernel.ids import canonical_json, new_id
from store.evals.rows import RunRow
from store.evals.runs import moment

Unit = tuple[Case, int]
"""A case in one trial: what all variants answer together."""
ALL = "all"


@dataclass(frozen=True)
class Plan:
    """A run: every variant answers every case ``trials`` times."""

    id: str
    suite: str
    suite_hash: str
    dataset: str
    split: Split | None
    started_at: datetime
    target: str
    variants: tuple[Variant, ...]
    trials: int
    cases: tuple[Case, ...]
    metrics: tuple[Metric, ...]

    @classmethod
    def of(
        cls, suite: Suite, variants: tuple[Variant, ...], *, trials: int, split: Split | None, limit: int | None
    ) -> Plan:
        """A new run of a suite. Raises Invalid where there is nothing to do or two variants are called the same."""
        names = [one.name for one in variants]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            fault = FieldError("variant", "twice", "is named twice", "name each once", twice[0])
            raise Invalid("the run cannot begin", fields=(fault,))
        cases = suite.cases.of(split)[:limit]
        if not cases or not variants:
            fault = FieldError("split", "empty", f"suite {suite.name} has no such case", "choose another split", split)
            raise Invalid("the run cannot begin", fields=(fault,))
        return cls(
            str(new_id()), suite.name, suite.hash, suite.cases.hash, split, now(), suite.target.name, variants, trials, cases,
            suite.metrics,
        )  # fmt: skip

    def units(self) -> Iterator[Unit]:
        """Every case in every trial; all cases once before any twice, so that an early end leaves whole trials."""
        return ((case, trial) for trial in range(self.trials) for case in self.cases)

    @property
    def places(self) -> int:
        """Answers in all."""
        return len(self.cases) * self.trials * len(self.variants)

    def key(self, case: Case, variant: Variant, trial: int) -> str:
        """Under which an answer can be taken over: prompt, model, parameters, input, trial, and who answers."""
        return answer_key(self.target, variant, case, trial)

    def row(self) -> RunRow:
        """As kept."""
        plan = {
            "target": self.target, "trials": self.trials, "variants": [variant_dict(one) for one in self.variants],
            "cases": [case_dict(one) for one in self.cases], "metrics": [metric_dict(one) for one in self.metrics],
        }  # fmt: skip
        return RunRow(
            self.id, self.suite, self.suite_hash, self.dataset, self.split.value if self.split else None,
            moment(self.started_at), canonical_json(plan),
        )  # fmt: skip

    @classmethod
    def from_row(cls, row: RunRow) -> Plan:
        """The inverse of :meth:`row`."""
        plan = json.loads(row.plan)
        return cls(
            row.id, row.suite, row.suite_hash, row.dataset, Split(row.split) if row.split else None,
            datetime.fromisoformat(row.started_at), plan["target"], tuple(map(variant_of, plan["variants"])), plan["trials"],
            tuple(map(case_of, plan["cases"])), tuple(map(metric_of, plan["metrics"])),
        )  # fmt: skip

    def require_same(self, suite: Suite, variants: tuple[Variant, ...]) -> None:
        """Raises Conflict where the suite or a variant is no longer what the run began with."""
        if suite.hash != self.suite_hash:
            raise Conflict(f"suite {suite.name} was changed since run {self.id} began; begin a new run")
        for was, present in zip(self.variants, variants, strict=True):
            if was.hash != present.hash:
                raise Conflict(f"variant {was.name} is no longer what run {self.id} began with; begin a new run")


def answer_key(target: str, variant: Variant, case: Case, trial: int) -> str:
    """What an answer depends on, as one key."""
    parts = f"{target}\x1f{variant.hash}\x1f{case.input_hash}\x1f{trial}"
    return hashlib.sha256(parts.encode()).hexdigest()


def variant_dict(one: Variant) -> dict[str, Any]:
    """JSON types."""
    return {"name": one.name, "prompt": one.prompt, "model": one.model, "parameters": dict(one.parameters)}


def variant_of(data: Mapping[str, Any]) -> Variant:
    """The inverse of :func:`variant_dict`."""
    return Variant(data["name"], data["prompt"], data["model"], data["parameters"])


def case_dict(one: Case) -> dict[str, Any]:
    """JSON types."""
    return {
        "id": one.id, "input": one.input, "expected": one.expected, "why": one.why, "group": one.group,
        "split": one.split.value, "tags": list(one.tags), "line": one.line,
    }  # fmt: skip


def case_of(data: Mapping[str, Any]) -> Case:
    """The inverse of :func:`case_dict`."""
    return Case(**{**data, "split": Split(data["split"]), "tags": tuple(data["tags"])})


def metric_dict(one: Metric) -> dict[str, Any]:
    """JSON types."""
    return {
        "name": one.name, "role": one.role.value, "passes": one.passes, "higher_is_better": one.higher_is_better,
        "least": one.least, "most": one.most, "matters": one.matters,
    }  # fmt: skip


def metric_of(data: Mapping[str, Any]) -> Metric:
    """The inverse of :func:`metric_dict`."""
    return Metric(**{**data, "role": Role(data["role"])})
