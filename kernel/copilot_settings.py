"""Settings of the copilot; a part of :mod:`kernel.settings`."""

from __future__ import annotations

from decimal import Decimal

from pydantic import BaseModel, Field


class CopilotSettings(BaseModel):
    """Limits of one turn, and how long conversations and proposals last."""

    requests: int = Field(8, ge=1, le=50, description="Requests to the language model in one turn.")
    tool_calls: int = Field(60, ge=1, le=300, description="Tool calls in one turn.")
    at_once: int = Field(8, ge=1, le=32, description="Tool calls of one turn that work at the same time.")
    tokens: int = Field(60_000, ge=1_000, description="Tokens of one turn, in and out.")
    cost_usd: Decimal = Field(Decimal("0.25"), ge=0, decimal_places=6, description="US dollars that one turn may cost.")
    turn_seconds: float = Field(60.0, gt=0, le=600, description="Seconds after which a turn is given up.")
    lease_seconds: float = Field(15.0, ge=1, le=300, description="Silence after which a turn counts as dead.")
    action_minutes: float = Field(15.0, gt=0, le=1_440, description="Minutes in which a proposal may be confirmed.")
    undo_minutes: float = Field(15.0, ge=0, le=1_440, description="Minutes in which what was done may be taken back.")
    remembered_turns: int = Field(12, ge=0, le=50, description="Earlier turns that a question may refer to.")
