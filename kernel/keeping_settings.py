"""How long records of the machinery are kept; a part of :mod:`kernel.settings`. Leads, events and receipts stay."""

from __future__ import annotations

from pydantic import BaseModel, Field


class KeepingSettings(BaseModel):
    """What is older goes, once an interval."""

    sweep_minutes: float = Field(30.0, ge=0, description="Minutes between sweeps; 0 sweeps never.")
    deliveries_days: float = Field(30.0, gt=0, description="Settled deliveries to subscribers.")
    messages_days: float = Field(
        7.0, gt=0, description="Messages that the bus has; events can be replayed all the same."
    )
    checkpoints_hours: float = Field(24.0, gt=0, description="Checkpoints of runs that have ended.")
    live_hours: float = Field(
        72.0, gt=0, description="Live updates for listeners that come back; later they load anew."
    )
    copilot_days: float = Field(90.0, gt=0, description="Conversations with the copilot, after their last turn.")
    chat_drafts_hours: float = Field(
        72.0, gt=0, description="Chats that were left half way; until then they can be resumed."
    )
    chat_days: float = Field(
        730.0, gt=0, description="Transcripts of chats that have ended. The lead keeps its consent."
    )
    policy_requests_days: float = Field(
        730.0, gt=0, description="Words of requests about policies that have ended. What was decided and done stays."
    )
