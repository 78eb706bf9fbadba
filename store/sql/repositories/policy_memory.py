"""What services ask of policies, answered from rows in memory; whoever fills it knows what is in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from domain.actor import Actor
from kernel.errors import NotFound
from store.sql.models import (
    EndorsementRow,
    InsurancePolicyRow,
    PolicyChangeRow,
    PolicyNoticeRow,
    PolicyPaymentRow,
    Row,
)
from store.sql.repositories.policies import Policies

BELONGING = (PolicyChangeRow, PolicyPaymentRow, PolicyNoticeRow)
"""What a policy is loaded with."""


class PolicyMemory(Policies):
    """Terms, the terms that renew them, and their changes, payments and notices; none of them has an open endorsement."""

    def __init__(self, session: AsyncSession, actor: Actor) -> None:
        super().__init__(session, actor)
        self.terms: dict[UUID, InsurancePolicyRow] = {}
        self.after: dict[UUID, InsurancePolicyRow] = {}
        """Of a term the one that renews it."""
        self.belonging_to: dict[tuple[type[Row], UUID], list[Any]] = defaultdict(list)

    async def add(self, row: Mapping[str, Any]) -> InsurancePolicyRow:
        """A new draft."""
        made = InsurancePolicyRow(**{"agency_id": self.actor.agency_id, **row})
        self.terms[made.id] = made
        if made.renews_id is not None:
            self.after[made.renews_id] = made
        return made

    async def one(self, policy_id: UUID, *, held: bool = False) -> InsurancePolicyRow:
        """A term that is here; NotFound for any other."""
        del held
        if (row := self.terms.get(policy_id)) is None:
            raise NotFound(f"no policy {policy_id} here")
        return row

    async def renewal_of(self, policy_id: UUID) -> InsurancePolicyRow | None:
        """The term that renews one of these, unless it was not taken or fell with it."""
        found = self.after.get(policy_id)
        if found is not None:
            found = self.terms.get(found.id, found)
        if found is None or found.status == "not_taken":
            return None
        return None if found.status == "cancelled" and found.ended_on == found.starts_on else found

    async def changes(self, policy_ids: Sequence[UUID]) -> list[PolicyChangeRow]:
        """In the order of their numbers."""
        return [one for policy_id in policy_ids for one in self._of_one(PolicyChangeRow, policy_id)]

    async def payments(self, policy_id: UUID) -> list[PolicyPaymentRow]:
        """Oldest first."""
        return list(self._of_one(PolicyPaymentRow, policy_id))

    async def notices(self, policy_id: UUID) -> list[PolicyNoticeRow]:
        """Oldest first."""
        return list(self._of_one(PolicyNoticeRow, policy_id))

    async def open_endorsements(self, policy_id: UUID) -> list[EndorsementRow]:
        """None."""
        del policy_id
        return []

    def _of_one(self, model: type[Row], policy_id: UUID) -> Sequence[Any]:
        return self.belonging_to.get((model, policy_id), ())
