"""Settings of the consumer chat; a part of :mod:`kernel.settings`."""

from __future__ import annotations

from pydantic import BaseModel, Field


class ChatSettings(BaseModel):
    """What one visitor may send."""

    message_chars: int = Field(2_000, ge=100, le=20_000, description="Longest message of a person.")
    turns: int = Field(150, ge=10, description="Messages of a person in one chat; more end it.")
    readings: int = Field(
        20, ge=0, description="Messages of one chat that a language model may read after the rules; 0 asks none."
    )
    reading_seconds: float = Field(
        4.0, gt=0, le=30, description="A language model that takes longer over a message is not waited for."
    )
    session_per_minute: int = Field(30, ge=0, description="Messages a minute in one chat; 0 does not count.")
    session_burst: int = Field(30, ge=1, description="Messages at once in one chat.")
    address_per_minute: int = Field(120, ge=0, description="Requests a minute from one address; 0 does not count.")
    address_burst: int = Field(120, ge=1, description="Requests at once from one address.")
    starts_per_minute: int = Field(10, ge=0, description="New chats a minute from one address; 0 does not count.")
    starts_burst: int = Field(20, ge=1, description="New chats at once from one address.")
