"""Commands and views of routing."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue


class ReceiptView(BaseModel):
    """A routing decision as it was made. ``body`` is domain.routing.receipt as JSON; ``digest`` covers it."""

    id: UUID
    lead_id: UUID
    run_id: UUID
    producer_id: UUID | None
    producer_name: str | None
    outcome: str
    at: datetime
    digest: str
    body: dict[str, Any]


class ReplayView(BaseModel):
    """What a replay of a receipt gave. ``same`` is True when every part of the answer came out as stored."""

    receipt_id: UUID
    same: bool
    producer_id: UUID | None
    differences: list[str]


class PolicyKind(StrEnum):
    """The three parts of an agency's policy; each has versions of its own."""

    WEIGHTS = "weights"
    RULES = "rules"
    STRATEGY = "strategy"


class PolicyIn(BaseModel):
    """A new version. ``body`` is what docs/howto/routing-rule.md describes; ``why`` is for the record."""

    model_config = ConfigDict(extra="forbid")

    body: JsonValue
    why: str = Field(min_length=1, max_length=200)


class PolicyRestored(BaseModel):
    """Why an earlier version is to be in force again, for the record."""

    model_config = ConfigDict(extra="forbid")

    why: str = Field(min_length=1, max_length=200)


class PolicyAsked(BaseModel):
    """A body to be checked; nothing is saved."""

    model_config = ConfigDict(extra="forbid")

    body: JsonValue


class PolicyView(BaseModel):
    """One version; version 0 is what is shipped."""

    kind: PolicyKind
    version: int
    body: JsonValue
    digest: str
    by: str
    why: str
    at: datetime | None


class PolicyList(BaseModel):
    """Versions, newest first."""

    items: list[PolicyView]


class PolicyChecked(BaseModel):
    """A body that holds, as it would be kept."""

    kind: PolicyKind
    body: JsonValue
    digest: str


class RulesTried(BaseModel):
    """Rules to be tried on decisions made since then."""

    model_config = ConfigDict(extra="forbid")

    rules: JsonValue
    since: AwareDatetime


class RuleTried(BaseModel):
    """How often a rule would have matched, and how many producers it would have taken out in all."""

    rule: str
    matched: int
    removed: int


class TriedLead(BaseModel):
    """A lead that would have gone elsewhere; None is nobody, and ``code`` says why."""

    lead_id: UUID
    at: datetime
    before: UUID | None
    after: UUID | None
    code: str
    rules: list[str]


class TriedView(BaseModel):
    """Of so many ``decisions`` the newest were ``computed`` again; ``leads`` are the first hundred of those that ``changed``."""

    decisions: int
    computed: int
    changed: int
    rules: list[RuleTried]
    leads: list[TriedLead]
