"""What routing learns of producers; a part of :mod:`kernel.settings`."""

from __future__ import annotations

from pydantic import BaseModel, Field


class ProducerSettings(BaseModel):
    """What routing learns of producers."""

    learn_minutes: float = Field(
        15.0, ge=0, description="Minutes between additions of what was measured to producers' records; 0 adds never."
    )
