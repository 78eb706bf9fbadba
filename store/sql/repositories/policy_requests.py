"""Requests about policies; whoever sees the policy sees them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert

from kernel.errors import NotFound
from store.sql.models import InsurancePolicyRow, PolicyRequestRow
from store.sql.repositories.base import Repository

_R = PolicyRequestRow
_WORDS = text(
    "SELECT forget_policy_words(ARRAY[r.id], :moment) FROM policy_request r WHERE r.id = :id AND r.agency_id = :agency"
)
_TERMS = text("""
WITH RECURSIVE before (id, renews_id) AS (
  SELECT p.id, p.renews_id FROM policy p WHERE p.id = :policy AND p.agency_id = :agency
  UNION SELECT p.id, p.renews_id FROM policy p JOIN before b ON p.id = b.renews_id WHERE p.agency_id = :agency
), term (id) AS (
  SELECT id FROM before
  UNION SELECT p.id FROM policy p JOIN term t ON p.renews_id = t.id WHERE p.agency_id = :agency
)
SELECT forget_policies(ARRAY(SELECT id FROM term), :moment)
""")


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

    async def waiting_on(self, policy_id: UUID, endorsement_id: UUID) -> PolicyRequestRow | None:
        """The request that waits for a word on this endorsement, locked."""
        about = _R.proposal["endorsement_id"].astext == str(endorsement_id)
        query = self._seen().where(_R.policy_id == policy_id, _R.state == "waiting", about)
        row: PolicyRequestRow | None = await self.session.scalar(
            query.with_for_update(of=_R).execution_options(populate_existing=True)
        )
        return row

    async def requests(
        self, policy_id: UUID, before: tuple[datetime, UUID] | None, at_most: int
    ) -> list[PolicyRequestRow]:
        """A policy's requests, newest first, behind the cursor ``before``."""
        query = self._seen().where(_R.policy_id == policy_id)
        if before is not None:
            query = query.where(tuple_(_R.created_at, _R.id) < before)
        return list(await self.session.scalars(query.order_by(_R.created_at.desc(), _R.id.desc()).limit(at_most)))

    async def forget(self, request_id: UUID, moment: datetime) -> None:
        """Let the words of a request go, with the answer and with what was quoted for it and not applied."""
        await self.session.flush()
        given = {"id": request_id, "agency": self.actor.agency_id, "moment": moment}
        await self.session.execute(_WORDS, given)

    async def forget_terms(self, policy_id: UUID, moment: datetime) -> int:
        """The same of every request about a policy, in all its terms, and of a draft whom and what it would have insured; of how
        many requests words went.
        """
        given = {"policy": policy_id, "agency": self.actor.agency_id, "moment": moment}
        return int(await self.session.scalar(_TERMS, given) or 0)

    def _seen(self) -> Select[Any]:
        mine = _R.agency_id == self.actor.agency_id
        return (
            select(_R).join(InsurancePolicyRow, InsurancePolicyRow.id == _R.policy_id).where(mine, self.sees_policy())
        )
