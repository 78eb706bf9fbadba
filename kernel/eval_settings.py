"""Settings of the eval harness; a part of :mod:`kernel.settings`."""

from __future__ import annotations

from decimal import Decimal

from pydantic import BaseModel, Field


class EvalSettings(BaseModel):
    """How suites run where the command does not say otherwise."""

    concurrency: int = Field(16, ge=1, le=512, description="Answers under way at once.")
    budget_usd: Decimal = Field(
        Decimal(5), ge=0, description="US dollars that one run may spend; the rest stays missing."
    )
    holdout_openings: int = Field(3, ge=1, description="How often the holdout of one set of cases may be used.")
