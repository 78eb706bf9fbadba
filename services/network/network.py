"""The services of this context."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from services.network.connecting import Connecting
from services.network.counting import Counting
from services.network.importing import Importing
from services.network.reaching import Fresh, Reaching
from services.network.standing import Standing
from store.graph.network import Network
from store.uow import Database


@dataclass(frozen=True, slots=True)
class BrokerNetwork:
    """Connections, reach, standing."""

    connecting: Connecting
    importing: Importing
    reaching: Reaching
    counting: Counting
    standing: Standing

    @classmethod
    def on(cls, database: Database, network: Network, fresh: Fresh) -> Self:
        """Everything on one database and graph."""
        return cls(
            Connecting(database), Importing(database), Reaching(database, network, fresh), Counting(database),
            Standing(database, network, fresh),
        )  # fmt: skip
