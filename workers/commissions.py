"""The ledger's worker: what happens to policies earns commissions, and brings them back."""

from __future__ import annotations

from services.container import Services
from workers.loop import again_and_again


async def earn_commissions(services: Services) -> None:
    """Post events of policies until cancelled."""
    await again_and_again("commissions of policies", services.earning.work, idle_seconds=1.0)
