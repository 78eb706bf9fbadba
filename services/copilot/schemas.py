"""Shapes of conversations that the API, the command line and graphs share."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from store.sql.models import CopilotActionRow, CopilotTurnRow


class QuestionIn(BaseModel):
    """A question in plain words."""

    model_config = ConfigDict(extra="forbid")

    question: str = Field(min_length=1, max_length=4_000)


class DecideIn(BaseModel):
    """A person's word on a proposed action. Nothing but a literal `true` executes it."""

    model_config = ConfigDict(extra="forbid")

    approve: Any = Field(description="`true` executes it, `false` refuses it; anything else is an error.")
    digest: str = Field(max_length=100, description="The digest of the action as it was shown.")


class Citation(BaseModel):
    """A record that an answer rests on."""

    kind: str = Field(
        description="lead, producer, offer, receipt, follow_up, document, message, commission, referral, connection, team "
        "or policy."
    )
    id: str


class ActionView(BaseModel):
    """A write that waits for its person's word, or what became of it."""

    id: UUID
    turn_id: UUID
    tool: str
    arguments: dict[str, Any]
    summary: str = Field(description="What would be done, in plain words.")
    digest: str = Field(
        description="Binds tool, arguments, person, conversation and expiry; send it back with the word."
    )
    state: str = Field(description="proposed, expired, executing, executed, failed, refused, undone or unknown.")
    expires_at: datetime
    decided_at: datetime | None
    result: dict[str, Any] | None
    can_undo: bool


class AnswerView(BaseModel):
    """An answer. ``struck`` are ids that it named and that no tool had returned: they were taken out."""

    text: str
    citations: list[Citation]
    struck: list[str] = Field(default_factory=list)
    suggestions: list[str] = Field(default_factory=list, description="Questions that could be asked next.")
    understood: bool = Field(default=True, description="False where the question was not understood.")
    written_by: str = Field(description="Prompt and model, or the rules that answered.")


class TurnView(BaseModel):
    """One question and what came of it."""

    id: UUID
    thread_id: UUID
    number: int
    question: str
    state: str = Field(description="running, answered, cancelled or failed.")
    answer: AnswerView | None
    calls: list[dict[str, Any]] = Field(description="Tools that were used, with their arguments.")
    actions: list[ActionView]
    failure: str | None
    source: str | None = Field(description="llm or local.")
    cost_usd: float
    started_at: datetime
    ended_at: datetime | None


class ThreadView(BaseModel):
    """A conversation."""

    id: UUID
    created_at: datetime
    updated_at: datetime
    turns: int


class ThreadDetail(ThreadView):
    """A conversation with its turns, oldest first."""

    items: list[TurnView]


class ThreadPage(BaseModel):
    """Conversations, latest first; ``next_cursor`` is null on the last page."""

    items: list[ThreadView]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Past:
    """An earlier turn, as a question may refer to it. ``actions`` tell what became of what it proposed."""

    question: str
    answer: str
    calls: tuple[dict[str, Any], ...]
    citations: tuple[Citation, ...]
    actions: tuple[tuple[str, str, dict[str, Any]], ...] = ()


@dataclass(frozen=True, slots=True)
class Begun:
    """A turn that was begun. ``token`` is None where it had been begun before under the same key."""

    turn_id: UUID
    thread_id: UUID
    question: str
    token: UUID | None
    past: tuple[Past, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposed:
    """A write that an answer proposes. ``pinned`` holds what the arguments meant when they were read: ids and versions."""

    tool: str
    arguments: dict[str, Any]
    summary: str
    pinned: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a turn ended. ``cost`` in millionths of a dollar. ``instead``: what the turn before proposed counts as refused."""

    state: str
    answer: AnswerView | None = None
    calls: tuple[dict[str, Any], ...] = ()
    proposed: tuple[Proposed, ...] = ()
    source: str | None = None
    cost: int = 0
    failure: str | None = None
    instead: bool = False


def turn_view(row: CopilotTurnRow, actions: list[ActionView]) -> TurnView:
    """A stored turn as it is shown."""
    answer = AnswerView.model_validate(row.answer) if row.answer else None
    return TurnView(
        id=row.id, thread_id=row.thread_id, number=row.number, question=row.question, state=row.state, answer=answer,
        calls=row.calls, actions=actions, failure=row.failure, source=row.source, cost_usd=row.cost / 1_000_000,
        started_at=row.started_at, ended_at=row.ended_at,
    )  # fmt: skip


def action_view(
    row: CopilotActionRow, at: datetime, *, undo_until: datetime | None, dead_before: datetime
) -> ActionView:
    """A stored action as it stands at the instant. One whose execution never ended is told as unknown."""
    state = row.state
    if state == "proposed" and at >= row.expires_at:
        state = "expired"
    elif state in {"executing", "undoing"} and row.decided_at is not None and row.decided_at < dead_before:
        state = "unknown"
    return ActionView(
        id=row.id, turn_id=row.turn_id, tool=row.tool, arguments=row.arguments, summary=row.summary, digest=row.digest,
        state=state, expires_at=row.expires_at, decided_at=row.decided_at, result=row.result,
        can_undo=state == "executed" and row.undo is not None and undo_until is not None and at < undo_until,
    )  # fmt: skip
