"""Who is credited for what became of referrals."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, exists, false, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from store.sql.models import BrokerReferralRow, LeadRow, ReferralCreditPersonRow, ReferralCreditRow
from store.sql.repositories.base import Repository

NO_LINE = "unknown"
_line_of_lead: ColumnElement[str] = func.coalesce(LeadRow.line, LeadRow.declared_line, NO_LINE)
_R, _C, _P = BrokerReferralRow, ReferralCreditRow, ReferralCreditPersonRow


class Credits(Repository):
    """Rows of ``referral_credit``, for whoever holds the agency's network (:meth:`Effects.state`): credits of an agency are given
    and taken back one after the other, so that a row that cannot be written is a fault and never a credit that got lost.
    """

    async def touches(self, row: BrokerReferralRow, line: str) -> list[BrokerReferralRow]:
        """Every referral of the lead, and every one of its person for the line, that was accepted and not reversed; no tests."""
        found = await self.session.scalars(
            select(_R)
            .join(LeadRow, LeadRow.id == _R.lead_id)
            .where(
                _R.agency_id == self.actor.agency_id, _R.state.in_(["accepted", "converted", "lost"]), _R.test.is_(False),
                or_(_R.lead_id == row.lead_id, and_(_of_people(row.referred_people), _line_of_lead == line)),
            )
        )  # fmt: skip
        return list(found)

    async def sales(self, people: Collection[str], line: str) -> list[tuple[BrokerReferralRow, LeadRow]]:
        """Every referral of the people for the line that stands as converted, the earliest sale first; no tests."""
        found = await self.session.execute(
            select(_R, LeadRow)
            .join(LeadRow, LeadRow.id == _R.lead_id)
            .where(
                _R.agency_id == self.actor.agency_id, _R.state == "converted", _R.test.is_(False),
                _of_people(people), _line_of_lead == line,
            )
            .order_by(_R.ended_at, _R.id)
        )  # fmt: skip
        return [(referral, lead) for referral, lead in found]

    async def standing(
        self, event: str, line: str, lead_id: UUID, people: Collection[str]
    ) -> list[tuple[ReferralCreditRow, BrokerReferralRow, LeadRow]]:
        """The credits that stand for the event of the lead, or of one of the people and the line, the earliest first, each with
        its first touch and with the lead whose event it was.
        """
        of_person = exists().where(
            _P.credit_id == _C.id, _P.agency_id == self.actor.agency_id, _P.event == event, _P.line == line,
            _P.person.in_(sorted(people)),
        )  # fmt: skip
        found = await self.session.execute(
            select(_C, _R, LeadRow)
            .join(_R, _R.id == _C.referral_id)
            .join(LeadRow, LeadRow.id == _C.lead_id)
            .where(
                _C.agency_id == self.actor.agency_id, _C.event == event, _C.reversed_at.is_(None),
                or_(_C.lead_id == lead_id, of_person),
            )
            .order_by(_C.at, _C.id)
            .execution_options(populate_existing=True)
        )  # fmt: skip
        return [(credit, touch, lead) for credit, touch, lead in found]

    async def give(self, row: Mapping[str, Any], people: Collection[str]) -> None:
        """Credit somebody for an event that nobody is credited for."""
        agency = self.actor.agency_id
        await self.session.execute(insert(_C).values(agency_id=agency, **row))
        if people:
            same = {"agency_id": agency, "event": row["event"], "line": row["line"], "credit_id": row["id"]}
            await self.session.execute(insert(_P).values([{**same, "person": one} for one in sorted(people)]))

    async def take_back(self, credit_id: UUID, at: datetime) -> frozenset[str]:
        """A standing credit is one no more, and its people may be credited again; who they were."""
        mine = (_C.id == credit_id) & (_C.agency_id == self.actor.agency_id)
        await self.session.execute(update(_C).where(mine).values(reversed_at=at))
        gone = await self.session.scalars(
            delete(_P).where(_P.agency_id == self.actor.agency_id, _P.credit_id == credit_id).returning(_P.person)
        )
        return frozenset(gone)

    async def earned_by(self, referral_id: UUID, event: str) -> ReferralCreditRow | None:
        """The credit that stands for what became of a referral, whoever has it; held, so that a share and a fee for it wait for
        each other.
        """
        return await self.session.scalar(
            select(_C).where(
                _C.agency_id == self.actor.agency_id, _C.earned_by == referral_id, _C.event == event,
                _C.reversed_at.is_(None),
            ).with_for_update(key_share=True)
        )  # fmt: skip

    async def of_sale(self, lead_id: UUID) -> UUID | None:
        """The referral by which the lead was sold, where somebody is credited with that."""
        found: UUID | None = await self.session.scalar(
            select(_C.earned_by).where(
                _C.agency_id == self.actor.agency_id, _C.lead_id == lead_id, _C.event == "converted", _C.reversed_at.is_(None)
            )
        )  # fmt: skip
        return found

    async def of(self, referral_id: UUID) -> Sequence[ReferralCreditRow]:
        """What a referral was credited for, oldest first."""
        found = await self.session.scalars(
            select(_C)
            .where(_C.agency_id == self.actor.agency_id, _C.referral_id == referral_id)
            .order_by(_C.at, _C.event, _C.id)
        )
        return list(found)


def _of_people(people: Collection[str]) -> ColumnElement[bool]:
    return _R.referred_people.overlap(sorted(people)) if people else false()
