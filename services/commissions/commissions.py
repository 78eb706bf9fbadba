"""The services of this context."""

from __future__ import annotations

from dataclasses import dataclass

from integrations.sealing import Sealer
from services.commissions.accruing import Accruals
from services.commissions.arrangements import Arrangements
from services.commissions.carriers import CarrierStatements
from services.commissions.debts import Debts
from services.commissions.explaining import Explanations
from services.commissions.fees import Fees
from services.commissions.paying import Payouts
from services.commissions.payout_files import PayoutFiles
from services.commissions.plans import Plans
from services.commissions.promoting import Promotions
from services.commissions.rechecking import Rechecks
from services.commissions.reconciling import Reconciliation
from services.commissions.reporting import Reports
from services.commissions.reversing import Reversals
from services.commissions.sharing import RevenueSharing
from store.uow import Database


@dataclass(frozen=True, slots=True)
class Commissions:
    """What a sale earns and whom, what comes back, what is paid, and why."""

    plans: Plans
    arrangements: Arrangements
    accruals: Accruals
    reversals: Reversals
    explanations: Explanations
    fees: Fees
    payouts: Payouts
    payout_files: PayoutFiles
    debts: Debts
    reports: Reports
    carriers: CarrierStatements
    reconciliation: Reconciliation
    sharing: RevenueSharing
    promotions: Promotions
    rechecks: Rechecks

    @classmethod
    def on(cls, database: Database, sealer: Sealer | None) -> Commissions:
        """All of them on one database; without a sealer no bank details are kept or used."""
        return cls(
            Plans(database), Arrangements(database), Accruals(database), Reversals(database), Explanations(database),
            Fees(database), Payouts(database, sealer), PayoutFiles(database, sealer), Debts(database), Reports(database),
            CarrierStatements(database), Reconciliation(database), RevenueSharing(database), Promotions(database),
            Rechecks(database),
        )  # fmt: skip
