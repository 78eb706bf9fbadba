"""Settings of webhooks out; a part of :mod:`kernel.settings`."""

from __future__ import annotations

from pydantic import BaseModel, Field, model_validator


class WebhookSettings(BaseModel):
    """Events to subscribers."""

    allow_private: bool = Field(
        default=False, description="Also send to loopback and private networks, and there without TLS."
    )
    concurrency: int = Field(4, ge=1, le=64, description="Subscribers sent to at once by one worker process.")
    timeout_seconds: float = Field(15.0, gt=0, le=120, description="Limit of one attempt, the whole answer included.")
    lease_seconds: float = Field(
        45.0, gt=0, description="A worker silent for longer loses its delivery; above TIMEOUT_SECONDS."
    )
    attempts: int = Field(19, ge=1, le=50, description="Attempts of one delivery: with these waits about 24 hours.")
    first_wait_seconds: float = Field(
        10.0, ge=0, description="Longest wait after the first failure; doubles with each, full jitter."
    )
    longest_wait_seconds: float = Field(21_600.0, ge=0, description="No wait is longer, whatever a subscriber asks.")
    circuit_failures: int = Field(5, ge=1, description="Failures in a row from which a subscriber is probed only.")
    circuit_seconds: float = Field(60.0, ge=0, description="Shortest wait between such probes.")
    dead_in_row: int = Field(3, ge=1, description="Deliveries given up in a row that pause a subscription.")
    overlap_hours: int = Field(24, ge=0, le=168, description="Hours in which an exchanged secret still signs along.")

    @model_validator(mode="after")
    def _lease_outlives_attempt(self) -> WebhookSettings:
        if self.lease_seconds <= self.timeout_seconds:
            msg = "LEADWRIGHT_WEBHOOKS__LEASE_SECONDS must be above TIMEOUT_SECONDS, or two would send at once"
            raise ValueError(msg)
        return self
