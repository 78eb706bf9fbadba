"""Who brings leads, and with whose consent."""

from __future__ import annotations

from functools import cached_property

from services.certificates import Certificates
from services.sources.account import Accounts
from services.sources.doors import Doors
from services.sources.inbound import Inbound
from services.sources.opt_in import OptIns
from services.sources.sources import Sources
from services.wiring.leads import LeadServices


class DoorServices(LeadServices):
    """What stands at the doors, with what it needs of leads."""

    @cached_property
    def sources(self) -> Sources:
        """Sources of leads."""
        return Sources(self.database, self.sealer)

    @cached_property
    def doors(self) -> Doors:
        """Who stands at a source's door."""
        return Doors(self.database, self.sealer, self.admission, self.settings)

    @cached_property
    def inbound(self) -> Inbound:
        """Deliveries, forms, pings and posts."""
        return Inbound(self.database, self.admission, self.intake, self.geography, self.settings)

    @cached_property
    def opt_ins(self) -> OptIns:
        """Leads that wait for their person's word."""
        return OptIns(self.database, self.sealer, self.settings)

    @cached_property
    def accounts(self) -> Accounts:
        """Returns and statements."""
        return Accounts(self.database)

    @cached_property
    def certificates(self) -> Certificates:
        """Consent certificates and consent texts."""
        return Certificates(self.database, self.claimer)
