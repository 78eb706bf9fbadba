"""What referrals ask of routing and of the contact rules, in their own words: contexts do not know each other."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from services.network.schemas import OpenPromotion
from store.sql.models import LeadRow
from store.uow import UnitOfWork


class Passing(Protocol):
    """May this producer have the lead, and giving it to them."""

    async def refused(
        self, uow: UnitOfWork, lead: LeadRow, producer_ids: Sequence[UUID], at: datetime
    ) -> dict[UUID, str | None]:
        """Of each producer the code of the gate that refuses them, None for who may have the lead. Those not of the agency are
        left out.
        """

    async def held(self, uow: UnitOfWork, lead: LeadRow, producer_id: UUID, at: datetime) -> str | None:
        """The same of one producer, who is locked until the transaction ends; capacity counts."""

    async def may_share(
        self, uow: UnitOfWork, lead: LeadRow, producer_ids: Sequence[UUID], at: datetime
    ) -> dict[UUID, str | None]:
        """Of each producer why consent and wishes do not allow them to contact the person at all; None where they do."""

    async def give(self, uow: UnitOfWork, lead: LeadRow, producer_id: UUID, key: str, at: datetime) -> None:
        """Take the lead from whoever has it and give it to the producer, who is held."""

    async def preferred_tiers(self, uow: UnitOfWork) -> frozenset[str]:
        """Tiers that the agency's rules of distribution put ahead of others."""

    async def shares_revenue(self, uow: UnitOfWork) -> bool:
        """Whether the agency shares its income with those whose tier brings it, by its terms of today."""

    async def promotions(self, uow: UnitOfWork, tier: str) -> list[OpenPromotion]:
        """Promotions that are open today to whoever has the tier."""

    async def risk_state(self, lead: LeadRow) -> str | None:
        """The one state where the risk lies; None where that is not settled."""

    async def licensed(self, uow: UnitOfWork, lead: LeadRow, producer_id: UUID, day: date) -> bool | None:
        """Whether the producer held a licence of the risk state for the line on the day; None where nobody knows."""
