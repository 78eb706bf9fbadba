"""A step of a life cycle that is a table."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from kernel.errors import Conflict

StateT = TypeVar("StateT", bound=StrEnum)
StepT = TypeVar("StepT", bound=StrEnum)


def following(table: Mapping[tuple[StateT, StepT], StateT], what: str, state: StateT, step: StepT) -> StateT:
    """The state that follows for a ``what``; raises :class:`~kernel.errors.Conflict` for a pair that the table does not have."""
    try:
        return table[state, step]
    except KeyError:
        possible = ", ".join(one.value for (before, one) in table if before is state) or "nothing"
        msg = f"a {what} that is {state.value} cannot take {step.value}; possible now: {possible}"
        raise Conflict(msg, code=f"{what}_{state.value}") from None
