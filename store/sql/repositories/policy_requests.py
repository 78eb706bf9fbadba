"""Requests about policies; whoever sees the policy sees them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select, tuple_
from sqlalchemy.dialects.postgresql import insert

from kernel.errors import NotFound
from store.sql.models import InsurancePolicyRow, PolicyRequestRow
from store.sql.repositories.base import Repository

_R = PolicyRequestRow


class PolicyRequests(Repository):
    """Rows of ``policy_request``."""

    async def begin(self, row: Mapping[str, Any]) -> bool:
        """Keep a new request; False where the policy has one with its key."""
        query = insert(_R).values(agency_id=self.actor.agency_id, **row).on_conflict_do_nothing(
            index_elements=["policy_id", "key"]
        )  # fmt: skip
        return await self.session.scalar(query.returning(_R.id)) is not None

    async def under(self, policy_id: UUID, key: str) -> PolicyRequestRow | None:
        """The policy's request with this key."""
        row: PolicyRequestRow | None = await self.session.scalar(
            self._seen().where(_R.policy_id == policy_id, _R.key == key)
        )
        return row

    async def request(self, request_id: UUID, policy_id: UUID | None = None, *, held: bool = False) -> PolicyRequestRow:
        """A request; NotFound for one of a policy that the actor may not see, or of another than ``policy_id``."""
        query = self._seen().where(_R.id == request_id)
        if policy_id is not None:
            query = query.where(_R.policy_id == policy_id)
        if held:
            query = query.with_for_update(of=_R).execution_options(populate_existing=True)
        row: PolicyRequestRow | None = await self.session.scalar(query)
        if row is None:
            raise NotFound(f"no request {request_id} about this policy")
        return row

    async def requests(
        self, policy_id: UUID, before: tuple[datetime, UUID] | None, at_most: int
    ) -> list[PolicyRequestRow]:
        """A policy's requests, newest first, behind the cursor ``before``."""
        query = self._seen().where(_R.policy_id == policy_id)
        if before is not None:
            query = query.where(tuple_(_R.created_at, _R.id) < before)
        return list(await self.session.scalars(query.order_by(_R.created_at.desc(), _R.id.desc()).limit(at_most)))

    def _seen(self) -> Select[Any]:
        mine = _R.agency_id == self.actor.agency_id
        return (
            select(_R).join(InsurancePolicyRow, InsurancePolicyRow.id == _R.policy_id).where(mine, self.sees_policy())
        )
