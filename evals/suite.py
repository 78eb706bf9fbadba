"""A suite: cases, what answers them, who grades, and what must hold. Six lines in ``evals/suites/<name>/suite.py``."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from evals.cases.reading import CaseSet, read_cases
from evals.graders.port import AnyGrader
from evals.records import Metric
from evals.targets.port import Target
from kernel.errors import NotFound
from kernel.ids import digest

FOLDER = Path(__file__).parent / "suites"


@dataclass(frozen=True, slots=True)
class Gate:
    """What must hold of each variant: the mean of a metric, or an aggregate, is at least or at most so much."""

    metric: str
    least: float | None = None
    most: float | None = None

    def holds(self, value: float) -> bool:
        """Whether a figure passes; a rounding error of sums does not decide."""
        return (self.least is None or value >= self.least - 1e-9) and (self.most is None or value <= self.most + 1e-9)

    def __str__(self) -> str:
        parts = [
            f"at least {self.least:g}" if self.least is not None else "",
            f"at most {self.most:g}" if self.most is not None else "",
        ]
        return f"{self.metric} {' and '.join(part for part in parts if part)}"


@dataclass(frozen=True)
class Suite:
    """``variants`` are what runs where the command names none. ``gate`` is required of every variant."""

    name: str
    cases: CaseSet
    target: Target
    graders: tuple[AnyGrader, ...]
    gate: tuple[Gate, ...] = ()
    variants: tuple[str, ...] = ("local",)
    trials: int = 1
    about: str = ""
    folder: Path | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        names = [one.name for one in self.graders]
        metrics = [one.name for one in self.metrics]
        for kind, found in (("grader", names), ("metric", metrics)):
            twice = {name for name in found if found.count(name) > 1}
            if twice:
                msg = f"suite {self.name}: {kind} {', '.join(sorted(twice))} stands twice; give one another name"
                raise ValueError(msg)

    @cached_property
    def metrics(self) -> tuple[Metric, ...]:
        """What is scored, in the order of the graders."""
        return tuple(metric for grader in self.graders for metric in grader.metrics)

    @cached_property
    def hash(self) -> str:
        """Of cases, target, graders and gate: runs of one hash can be compared."""
        return digest([
            self.name, self.cases.hash, repr(self.target), [repr(one) for one in self.graders], [repr(one) for one in self.gate],
        ])  # fmt: skip


def suite(
    here: str, target: Target, graders: Sequence[AnyGrader], gate: Sequence[Gate] = (), *,
    variants: Sequence[str] = ("local",), trials: int = 1, about: str = "",
) -> Suite:  # fmt: skip
    """The suite of the folder that ``here`` (a suite's ``__file__``) lies in: it has its name and its cases. A file
    ``holdout.yaml`` (or .jsonl, .csv) beside the cases is what is confirmed with, and all of the cases are dev then.
    """
    folder = Path(here).parent
    files, kept = _files(folder, "cases"), _files(folder, "holdout")
    if len(files) != 1 or len(kept) > 1:
        raise NotFound(
            f"{folder} needs one file cases.yaml, cases.jsonl or cases.csv and may have one holdout.*; "
            f"it has {len(files)} and {len(kept)}"
        )
    cases = read_cases(files[0], kept=kept[0] if kept else None)
    return Suite(folder.name, cases, target, tuple(graders), tuple(gate), tuple(variants), trials, about, folder)


def _files(folder: Path, stem: str) -> list[Path]:
    return sorted(path for path in folder.glob(f"{stem}.*") if path.suffix in {".yaml", ".jsonl", ".csv"})


def suite_names() -> tuple[str, ...]:
    """The suites there are, by folder."""
    return tuple(sorted(path.parent.name for path in FOLDER.glob("*/suite.py")))


def load_suite(name: str) -> Suite:
    """A suite by name. Raises NotFound naming those there are, Invalid for faulty cases."""
    if name not in suite_names():
        raise NotFound(f"there is no suite {name!r}; there are {', '.join(suite_names()) or 'none'}")
    found = importlib.import_module(f"evals.suites.{name}.suite").SUITE
    assert isinstance(found, Suite)
    return found
