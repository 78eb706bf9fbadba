"""Commands and views of the consumer chat."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from domain.chat.state import Stage, State
from store.sql.models import ChatRow, ChatTurnRow


class ChatIn(BaseModel):
    """Begin a chat. ``key`` is the source's public key; ``page_url`` the page on which the chat stands."""

    model_config = ConfigDict(extra="forbid")

    agency: str = Field(min_length=1, max_length=80)
    source: str = Field(min_length=1, max_length=60)
    key: str = Field(min_length=1, max_length=200)
    language: str | None = Field(
        None, max_length=35, description="A tag such as `es` or `en-US`; English where left out."
    )
    page_url: str | None = Field(None, max_length=2_000)


class MessageIn(BaseModel):
    """What the person wrote. The same ``key`` with the same words gets the same answer, and is one message."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(max_length=20_000)
    key: str | None = Field(None, min_length=1, max_length=100, description="Made by the client, new for each message.")


class ChatMessage(BaseModel):
    """One message. ``text`` is null where it was removed; ``note`` marks hand-overs to a licensed person."""

    seq: int
    role: str = Field(description="`person` or `assistant`.")
    text: str | None
    note: dict[str, Any]
    at: datetime


class ChatView(BaseModel):
    """Where a chat stands, with its messages. ``asking`` names the question that waits; null where the chat has ended, which its
    person can take up again where it is ``resumable``.
    """

    id: UUID
    stage: Stage
    reason: str | None
    language: str
    asking: str | None
    resumable: bool = False
    messages: list[ChatMessage]


class ChatBegun(ChatView):
    """A new chat. ``token`` opens it, and takes it up again later; it is shown this once."""

    token: str


class FileKept(BaseModel):
    """A file of the chat's lead."""

    document_id: UUID
    name: str


def message_view(row: ChatTurnRow) -> ChatMessage:
    """A message as the client sees it."""
    return ChatMessage(seq=row.seq, role=row.role, text=row.text, note=row.note, at=row.at)


def chat_view(row: ChatRow, said: list[ChatTurnRow]) -> ChatView:
    """A conversation as the client sees it."""
    state, stage = row.state, Stage(row.stage)
    return ChatView(
        id=row.id, stage=stage, reason=state.get("reason"), language=state.get("language", "en"),
        asking=state.get("asking") if stage is Stage.OPEN else None, messages=[message_view(one) for one in said],
        resumable=bool(state) and State.from_dict(state).resumable,
    )  # fmt: skip
