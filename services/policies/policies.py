"""The services of this context on what they share."""

from __future__ import annotations

from dataclasses import dataclass

from integrations.blobs import Blobs
from integrations.geography import Geography
from kernel.policy_settings import PolicySettings
from services.policies.analytics import Analytics
from services.policies.asking import Asking
from services.policies.changing import Changing
from services.policies.drafts import Drafts
from services.policies.effects import Effects
from services.policies.ending import Ending
from services.policies.exporting import Exporting
from services.policies.letters import Letters
from services.policies.noting import Noting
from services.policies.paying import Paying
from services.policies.premium import Premiums
from services.policies.reading import Reading
from services.policies.renewing import Renewing
from services.policies.timing import Timing
from store.uow import Database


@dataclass(frozen=True, slots=True)
class Policies:
    """Insurance policies from draft to renewal."""

    drafts: Drafts
    changing: Changing
    paying: Paying
    ending: Ending
    renewing: Renewing
    reading: Reading
    timing: Timing
    exporting: Exporting
    analytics: Analytics
    letters: Letters
    effects: Effects
    asking: Asking
    noting: Noting
    premiums: Premiums

    @classmethod
    def on(cls, database: Database, geography: Geography, blobs: Blobs, settings: PolicySettings) -> Policies:
        """All of them; letters are kept in ``blobs``."""
        return cls(
            Drafts(database, geography, settings), Changing(database), Paying(database), Ending(database), Renewing(database),
            Reading(database), Timing(database), Exporting(database), Analytics(database), Letters(database, blobs),
            Effects(database), Asking(database, settings), Noting(database), Premiums(database),
        )  # fmt: skip
