"""Prompts against each other on live leads: which versions, in what shares, and what counts as success."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from kernel.errors import FieldError, Invalid

_ARMS = 2


class Success(StrEnum):
    """What a lead must come to: somebody took it up and spoke to the person, it was won, or a policy that came of it is in
    force.
    """

    ACCEPTED = "accepted"
    CONVERTED = "converted"
    IN_FORCE = "in_force"


class State(StrEnum):
    """``stopped``: a guardrail or a person ended it; every lead gets the first version again."""

    RUNNING = "running"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Chosen:
    """The version that a running experiment gives one lead for one agent."""

    experiment_id: UUID
    version: int


@dataclass(frozen=True, slots=True)
class Arms:
    """Two versions with their shares of the leads; the first is the present one.

    Raises Invalid unless there are two different ones with shares above 0 that add up to 1.
    """

    shares: Mapping[int, Decimal]

    def __post_init__(self) -> None:
        fair = all(share > 0 for share in self.shares.values()) and sum(self.shares.values()) == 1
        if len(self.shares) != _ARMS or not fair:
            shown = ", ".join(f"v{version}={share}" for version, share in self.shares.items())
            remedy = "give two versions with shares above 0 that add up to 1, the present one first"
            fault = FieldError("arms", "malformed", "are no two arms", remedy, shown[:80])
            raise Invalid("the arms of the experiment cannot be used", fields=(fault,))

    def as_dict(self) -> dict[str, str]:
        """JSON types, in order."""
        return {str(version): str(share) for version, share in self.shares.items()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Arms:
        """The inverse of :meth:`as_dict`."""
        return cls({int(version): Decimal(share) for version, share in data.items()})
