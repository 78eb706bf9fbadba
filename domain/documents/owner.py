"""What a document belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Owner:
    """A lead or a policy, exactly one of them; ValueError for none and for both."""

    lead_id: UUID | None = None
    policy_id: UUID | None = None

    def __post_init__(self) -> None:
        if (self.lead_id is None) == (self.policy_id is None):
            raise ValueError("a document belongs to a lead or to a policy, to one of them")
