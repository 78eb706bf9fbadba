"""Settings of policies; a part of :mod:`kernel.settings`."""

from __future__ import annotations

from pydantic import BaseModel, Field


class PolicySettings(BaseModel):
    """Policies, and requests about them."""

    approval_hours: float = Field(72.0, gt=0, le=720, description="Hours in which what was proposed may be approved.")
    lease_seconds: float = Field(
        60.0, ge=1, le=600, description="Silence after which who works a request counts as dead."
    )
    backdate_days: int = Field(
        30, ge=0, le=3_650, description="Days back that a term may begin without somebody answering for it."
    )
    attempts: int = Field(5, ge=1, le=50, description="Attempts at a request before a person gets it.")
