"""The services of this context."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from services.network.connecting import Connecting
from services.network.counting import Counting
from services.network.crediting import Crediting
from services.network.growing import Growing
from services.network.guiding import Guiding
from services.network.importing import Importing
from services.network.matching import Matching
from services.network.naming import Naming
from services.network.ports import Passing
from services.network.raising import Raising
from services.network.reaching import Fresh, Reaching
from services.network.referral_reads import ReferralReads
from services.network.referring import Referring
from services.network.reminding import Reminding, Tell
from services.network.settling import Settling
from services.network.standing import Standing
from services.network.supporting import Supporting
from services.network.teaming import Teaming
from services.network.webs import Webs
from store.graph.network import Network
from store.graph.referrals import ReferralGraph
from store.uow import Database


@dataclass(frozen=True, slots=True)
class BrokerNetwork:
    """Connections, reach, standing, referrals, growth, mentors, teams, support."""

    connecting: Connecting
    importing: Importing
    reaching: Reaching
    counting: Counting
    standing: Standing
    referrals: ReferralReads
    referring: Referring
    settling: Settling
    growing: Growing
    guiding: Guiding
    teaming: Teaming
    supporting: Supporting
    naming: Naming
    raising: Raising
    reminding: Reminding

    @classmethod
    def on(
        cls, database: Database, network: Network, webs: Webs, referrals: ReferralGraph, fresh: Fresh, passing: Passing,
        tell: Tell,
    ) -> Self:  # fmt: skip
        """Everything on one database, graph and webs; ``passing`` are routing's gates and the contact rules, ``tell`` writes."""
        matching, crediting, counting = Matching(database, webs, passing), Crediting(passing), Counting(database)
        referring = Referring(database, passing, matching, crediting)
        return cls(
            Connecting(database), Importing(database), Reaching(database, network, fresh, webs), counting,
            Standing(database, webs, passing), ReferralReads(database, matching), referring,
            Settling(database, referring, crediting), Growing(database, network, referrals, fresh, counting),
            Guiding(database, webs), Teaming(database), Supporting(database), Naming(database), Raising(database),
            Reminding(database, tell),
        )  # fmt: skip
