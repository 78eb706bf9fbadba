"""What covers at an instant, as was known at another: counted by the database as far as terms run as they were agreed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select

from store.sql.models import InsurancePolicyRow, PolicyChangeRow
from store.sql.repositories.policies import Policies

_P, _C = InsurancePolicyRow, PolicyChangeRow


class Interrupted(NamedTuple):
    """A change of a term that was ended once, without what it says of contents and premium."""

    policy_id: UUID
    line: str
    contract: dict[str, Any]
    change_id: UUID
    number: int
    kind: str
    effective_on: date
    recorded_at: datetime
    resumes_at: str | None


class PolicyCover(Policies):
    """Reads across a book; the rows are those of ``policy`` that the actor may see."""

    async def uninterrupted(self, at: datetime, known: datetime) -> dict[str, int]:
        """How many terms by line span the instant, had begun as was known, and had not been ended as was known: these cover."""
        query = (
            select(_P.line, func.count())
            .where(self._spanning(at), _P.id.in_(self._known("inception", known)))
            .where(_P.id.not_in(self._known("cancellation", known)))
            .group_by(_P.line)
        )  # fmt: skip
        return {line: int(count) for line, count in await self.session.execute(query)}

    async def resumed(self, at: datetime) -> list[Interrupted]:
        """The same of those terms that span the instant and whose cover began again behind a gap, as it is known now: the others
        have none.
        """
        mine = _C.agency_id == self.actor.agency_id
        again = select(_C.policy_id).where(mine, _C.kind == "reinstatement", _C.body["resumes_at"].astext.is_not(None))
        return await self._changes(at, _P.id.in_(again), mine)

    async def interrupted(self, at: datetime, known: datetime) -> list[Interrupted]:
        """Beginnings, ends and reinstatements of those terms that span the instant and had been ended once, as was known; in the
        order of the terms, then of the changes. Whether they cover is for the changes to say.
        """
        mine = and_(_C.agency_id == self.actor.agency_id, _C.recorded_at <= known)
        return await self._changes(at, _P.id.in_(self._known("cancellation", known)), mine)

    async def _changes(self, at: datetime, which: ColumnElement[bool], of: ColumnElement[bool]) -> list[Interrupted]:
        query = (
            select(
                _P.id, _P.line, _P.contract, _C.id.label("change_id"), _C.number, _C.kind, _C.effective_on, _C.recorded_at,
                _C.body["resumes_at"].astext.label("resumes_at"),
            )
            .join(_C, _C.policy_id == _P.id)
            .where(self._spanning(at), which, of, _C.kind != "endorsement")
            .order_by(_P.id, _C.number)
        )  # fmt: skip
        return [Interrupted(*row) for row in await self.session.execute(query)]

    def _spanning(self, at: datetime) -> ColumnElement[bool]:
        return and_(self.sees_policy(), _P.starts_at <= at, _P.ends_at > at, _P.number_key.is_not(None))
