"""The services of this context on what they share."""

from __future__ import annotations

from dataclasses import dataclass

from integrations.geography import Geography
from services.contact.revocations import Revocations
from services.contact.scrubs import Scrubs
from services.contact.verdicts import Verdicts
from store.uow import Database


@dataclass(frozen=True, slots=True)
class Contact:
    """Who may be contacted, who does not wish it, and what the do-not-call lists said."""

    verdicts: Verdicts
    revocations: Revocations
    scrubs: Scrubs

    @classmethod
    def on(cls, database: Database, geography: Geography, region: str | None) -> Contact:
        """All three; ``region`` is the country assumed for numbers without a code."""
        return cls(Verdicts(database, geography), Revocations(database, region), Scrubs(database, region))
