"""The ledger's workers: what happens to policies earns commissions and brings them back; what is due is released;
and who was licensed is asked again when licences change.
"""

from __future__ import annotations

from services.container import Services
from workers.loop import again_and_again

_LOOK_SECONDS = 600.0


async def earn_commissions(services: Services) -> None:
    """Post events of policies until cancelled."""
    await again_and_again("commissions of policies", services.earning.work, idle_seconds=1.0)


async def release_commissions(services: Services) -> None:
    """Let be paid what its carrier has paid, once its days of holding are over, until cancelled.

    A day ends or a hold is lifted without anybody asking; a carrier that pays later releases by its statement.
    """
    await again_and_again("releases of commissions", services.commissions.accruals.work, idle_seconds=_LOOK_SECONDS)


async def recheck_commissions(services: Services) -> None:
    """Look again at commissions of producers whose licences changed, until cancelled."""
    await again_and_again("licences of commissions", services.commissions.rechecks.work, idle_seconds=5.0)
