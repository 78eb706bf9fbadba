"""Events of policies on their way into the ledger: each settled once, those of one policy in their order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import aliased

from kernel.errors import NotFound
from store.sql.models import InsurancePolicyRow, PolicyEarningRow, PolicyEventRow
from store.sql.repositories.base import Repository

_E = PolicyEarningRow


class Earnings(Repository):
    """Rows of ``policy_earning``. They are the agency's, and no producer's."""

    async def next(self) -> tuple[PolicyEarningRow, PolicyEventRow, InsurancePolicyRow] | None:
        """The oldest event that waits, of policies none of whose earlier events does, locked, and its policy; None where none."""
        before = aliased(_E)
        earlier = select(before.id).where(
            before.policy_id == _E.policy_id, before.version < _E.version, before.state == "waiting"
        )
        row = (
            await self.session.execute(
                select(_E, PolicyEventRow, InsurancePolicyRow)
                .join(PolicyEventRow, PolicyEventRow.id == _E.id)
                .join(InsurancePolicyRow, InsurancePolicyRow.id == _E.policy_id)
                .where(_E.agency_id == self.actor.agency_id, _E.state == "waiting", ~earlier.exists())
                .order_by(_E.seq)
                .limit(1)
                .with_for_update(of=_E, skip_locked=True)
            )
        ).one_or_none()
        return None if row is None else (row[0], row[1], row[2])

    async def is_behind(self, row: PolicyEarningRow) -> bool:
        """Whether an earlier event of the policy is held."""
        found = await self.session.scalar(
            select(_E.id)
            .where(_E.policy_id == row.policy_id, _E.version < row.version, _E.state == "held")
            .limit(1)
        )  # fmt: skip
        return found is not None

    async def settle(self, event_id: UUID, state: str, at: datetime, *, code: str | None, words: str | None) -> None:
        """Say what became of an event that waits."""
        await self.session.execute(
            update(_E)
            .where(_E.id == event_id, _E.agency_id == self.actor.agency_id, _E.state == "waiting")
            .values(state=state, code=code, words=words, settled_at=at, settled_by=self.actor.subject)
        )

    async def wake(self, policy_id: UUID | None = None) -> int:
        """Let what is held be tried again, of one policy or of all; how many."""
        of = [_E.policy_id == policy_id] if policy_id is not None else []
        found = await self.session.scalars(
            update(_E)
            .where(_E.agency_id == self.actor.agency_id, _E.state == "held", *of)
            .values(state="waiting", code=None, words=None, settled_at=None, settled_by=None)
            .returning(_E.id)
        )
        return len(list(found))

    async def held(self, event_id: UUID) -> tuple[PolicyEarningRow, str | None]:
        """An event, locked, with its policy's number; NotFound for one that is none of the agency's."""
        row = (
            await self.session.execute(
                select(_E, InsurancePolicyRow.number)
                .join(InsurancePolicyRow, InsurancePolicyRow.id == _E.policy_id)
                .where(_E.id == event_id, _E.agency_id == self.actor.agency_id)
                .with_for_update(of=_E)
            )
        ).one_or_none()
        if row is None:
            raise NotFound(f"no policy event {event_id} that may earn a commission in this agency")
        return row[0], row[1]

    async def dismiss(self, row: PolicyEarningRow, words: str, at: datetime) -> None:
        """Lay an event aside, and let those that are held behind it be tried again."""
        row.state, row.words, row.settled_at, row.settled_by = "dismissed", words, at, self.actor.subject
        await self.session.flush()
        await self.wake(row.policy_id)

    async def page(
        self, states: Sequence[str], after: int | None, at_most: int
    ) -> list[tuple[PolicyEarningRow, str | None]]:
        """Events in these states with their policy's number, oldest first, from behind ``after``."""
        query = (
            select(_E, InsurancePolicyRow.number)
            .join(InsurancePolicyRow, InsurancePolicyRow.id == _E.policy_id)
            .where(_E.agency_id == self.actor.agency_id)
        )
        if states:
            query = query.where(_E.state.in_(states))
        if after is not None:
            query = query.where(_E.seq > after)
        found = await self.session.execute(query.order_by(_E.seq).limit(at_most))
        return [(row[0], row[1]) for row in found]
