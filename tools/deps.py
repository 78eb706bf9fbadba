"""What a tool is handed: who it acts for and the services. Never taken from what a model wrote."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from domain.actor import Actor
from services.container import Services


@dataclass(frozen=True, slots=True)
class ToolDeps:
    """The actor, the services, and the run that a repeated step is recognised by."""

    actor: Actor
    services: Services
    run_id: UUID
    lead_id: UUID
