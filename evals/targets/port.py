"""What every target is."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from evals.records import Answer, Case, Variant
from evals.targets.means import Means


class Answering(Protocol):
    """A target at work."""

    async def answer(self, case: Case, variant: Variant, trial: int) -> Answer:
        """The variant's answer to a case. What goes wrong with one case is a Failure in the answer.

        Raises OverBudget, and Invalid or Unavailable for what would go wrong with every case (no key, an unknown model).
        """
        ...


class Target(Protocol):
    """What a suite names: a frozen dataclass, whose ``repr`` is part of the suite's hash."""

    @property
    def name(self) -> str:
        """Part of every key, so that answers of different targets never meet."""
        ...

    @property
    def keeps(self) -> bool:
        """Whether answers may be taken over from earlier runs: only where the variant's hash covers all that they depend on."""
        ...

    def variant(self, spec: str, means: Means) -> Variant:
        """The arm that ``spec`` names. Raises Invalid or NotFound saying what can be written."""
        ...

    def open(self, means: Means) -> AbstractAsyncContextManager[Answering]:
        """The target ready to answer."""
        ...
