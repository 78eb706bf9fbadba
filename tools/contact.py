"""Tools around contacting the person of a lead."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from domain.contact.channels import Channel
from tools.deps import ToolDeps


async def check_contact(
    deps: ToolDeps, channel: Channel, at: datetime | None = None, producer_id: UUID | None = None
) -> dict[str, Any]:
    """Whether the lead's person may be contacted so, by this producer (else by the agency), at ``at`` (else now): ``allowed``,
    ``findings`` with their citations, ``next_at``. The answer is kept. A model never overrides a no.
    """
    found = await deps.services.contact.verdicts.ask(deps.actor, deps.lead_id, producer_id, channel, at)
    return found.model_dump(mode="json")


async def record_refusal(deps: ToolDeps, channel: Channel, words: str) -> dict[str, Any]:
    """Record that the lead's person does not wish to be contacted; a repeated step of the run keeps the first record."""
    found = await deps.services.contact.revocations.record(
        deps.actor, lead_id=deps.lead_id, channel=channel, words=words, key=f"{deps.run_id}:refusal:{deps.lead_id}"
    )
    return found.model_dump(mode="json")
