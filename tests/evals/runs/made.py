"""A suite made in memory: a target that answers from the input alone, and what it was asked."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from evals.cases.reading import CaseSet
from evals.graders.exact import Exact
from evals.graders.port import AnyGrader
from evals.records import Answer, Case, Failure, FailureKind, Split, Variant
from evals.runs.progress import Silent
from evals.runs.running import Done, Wishes, run_suite
from evals.suite import Gate, Suite
from evals.targets.means import EVALS, Means
from evals.targets.port import Answering
from kernel.ids import digest
from kernel.settings import Settings
from store.evals.runs import RunStore


def place_of(*parts: object) -> float:
    """A number in [0, 1) that follows from the parts."""
    return int(hashlib.sha256(repr(parts).encode()).hexdigest()[:8], 16) / 16**8


@dataclass
class Asked:
    """What was asked, in order. ``times`` makes each answer another one, as a model's may be."""

    places: list[tuple[str, str, int]] = field(default_factory=list)


@dataclass(frozen=True)
class MadeTarget:
    """Answers ``right`` for a share of inputs. ``fails`` maps a variant to the share of its calls that fail, and how."""

    share: float = 0.7
    fails: tuple[tuple[str, float, FailureKind], ...] = ()
    seconds: float = 0.0
    dollars: str = "0"
    counted: bool = False
    words: str = "words"
    name: str = "made"
    keeps: bool = True
    asked: Asked = field(default_factory=Asked, repr=False, compare=False)

    def variant(self, spec: str, means: Means) -> Variant:
        del means
        return Variant(spec, digest([spec, self.words]), "made-model", {})

    @asynccontextmanager
    async def open(self, means: Means) -> AsyncIterator[Answering]:
        yield _Made(self, means)


class _Made:
    def __init__(self, target: MadeTarget, means: Means) -> None:
        self._target = target
        self._means = means

    async def answer(self, case: Case, variant: Variant, trial: int) -> Answer:
        target = self._target
        cost = Decimal(target.dollars)
        await self._means.purse.reserve(EVALS, cost)
        target.asked.places.append((case.id, variant.name, trial))
        number = len(target.asked.places)
        await asyncio.sleep(target.seconds)
        self._means.purse.settle(EVALS, cost, cost)
        for name, share, kind in target.fails:
            if variant.name == name and place_of("fail", case.id, name, trial) < share:
                return Answer(case.id, name, trial, None, Failure(kind, f"made_{kind}", "made"), target.seconds, cost)
        right = place_of(case.input, variant.name) < target.share
        output: Any = {"word": "right" if right else "wrong"} | ({"number": number} if target.counted else {})
        return Answer(
            case.id, variant.name, trial, output, None, target.seconds, cost, 10, 2, source="made", confidence=0.8
        )


def a_suite(
    target: MadeTarget, *, cases: int = 12, graders: tuple[AnyGrader, ...] = (Exact("word"),), gate: tuple[Gate, ...] = (),
    folder: Path | None = None, split: Split = Split.DEV,
) -> Suite:  # fmt: skip
    made = tuple(Case(f"case-{n:03}", {"n": n}, {"word": "right"}, split=split) for n in range(cases))
    return Suite("made", CaseSet(made), target, graders, gate, ("a", "b"), folder=folder)


def settings(folder: Path, **more: Any) -> Settings:
    return Settings(_env_file=None, home=folder, **more)  # type: ignore[call-arg]


async def run(suite: Suite, store: RunStore, *, resume: str | None = None, **wishes: Any) -> Done:
    """One run without a word to anybody."""
    return await run_suite(
        suite, Wishes(**{"concurrency": 4} | wishes), settings(store.folder.parent), store, Silent(), resume=resume
    )
