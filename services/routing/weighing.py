"""Weights tried and learnt, as one thing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from services.routing.proposals import Proposals
from services.routing.roster import Rosters
from services.routing.simulations import Simulations
from store.uow import Database


@dataclass(frozen=True, slots=True)
class Weighing:
    """Simulations of other weights, and proposals learnt from outcomes."""

    simulations: Simulations
    proposals: Proposals

    @classmethod
    def on(cls, database: Database, rosters: Rosters) -> Self:
        """Both on one database."""
        return cls(Simulations(database, rosters), Proposals(database))
