"""Commissions and what decides about them: plans, pools, uplines, agents of record, holds, by date."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import distinct_on, insert

from domain.actor import ActorKind
from domain.commissions.ledger import Account
from domain.commissions.terms import REFERRER
from kernel.errors import NotFound
from kernel.ids import new_id
from store.sql.models import (
    AccrualRow,
    CommissionHoldRow,
    CommissionPlanRow,
    CommissionPoolRow,
    CommissionUplineRow,
    LedgerAccountRow,
    LedgerPostingRow,
    ProducerRow,
    RecordChangeRow,
    ReversalRow,
)
from store.sql.repositories.base import Repository


class Commissions(Repository):
    """Rows of ``commission_*`` but payouts. A producer sees the commissions in which they have a posting.

    A commission is held by a lock that lets others post to it: a run posts to many while it holds the accounts, for which
    whoever holds a commission may be waiting.
    """

    async def plans(self) -> list[CommissionPlanRow]:
        """Every version of the plan, newest first."""
        found = await self.session.scalars(
            select(CommissionPlanRow)
            .where(CommissionPlanRow.agency_id == self.actor.agency_id)
            .order_by(CommissionPlanRow.version.desc())
        )
        return list(found)

    async def plan_on(self, day: date) -> CommissionPlanRow | None:
        """The version in force on a day: of those that began by then the last to begin, and of these the newest."""
        return await self.session.scalar(
            select(CommissionPlanRow)
            .where(CommissionPlanRow.agency_id == self.actor.agency_id, CommissionPlanRow.effective_on <= day)
            .order_by(CommissionPlanRow.effective_on.desc(), CommissionPlanRow.version.desc())
            .limit(1)
        )

    async def add_plan(self, values: Mapping[str, Any]) -> None:
        """Add a version."""
        await self.session.execute(
            insert(CommissionPlanRow).values(agency_id=self.actor.agency_id, by=self.actor.subject, **values)
        )

    async def pool_members(self, pools: Iterable[str], day: date) -> dict[str, list[CommissionPoolRow]]:
        """Who is in these pools on the day, in the order of their ids."""
        latest = (
            select(CommissionPoolRow)
            .where(
                CommissionPoolRow.agency_id == self.actor.agency_id, CommissionPoolRow.pool.in_(list(pools)),
                CommissionPoolRow.since <= day,
            )
            .ext(distinct_on(CommissionPoolRow.pool, CommissionPoolRow.producer_id))
            .order_by(CommissionPoolRow.pool, CommissionPoolRow.producer_id, CommissionPoolRow.since.desc())
        )  # fmt: skip
        members: dict[str, list[CommissionPoolRow]] = {}
        for row in await self.session.scalars(latest):
            if row.weight > 0:
                members.setdefault(row.pool, []).append(row)
        return members

    async def pool_names(self) -> list[str]:
        """Every pool that ever had a member."""
        found = await self.session.scalars(
            select(CommissionPoolRow.pool)
            .where(CommissionPoolRow.agency_id == self.actor.agency_id)
            .distinct()
            .order_by(CommissionPoolRow.pool)
        )
        return list(found)

    async def set_pool(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Weights of members from a day on."""
        query = insert(CommissionPoolRow).values([{"agency_id": self.actor.agency_id, **row} for row in rows])
        await self.session.execute(
            query.on_conflict_do_update(
                index_elements=["agency_id", "pool", "producer_id", "since"], set_={"weight": query.excluded.weight}
            )
        )

    async def uplines(self, day: date) -> dict[UUID, UUID]:
        """Who stands directly above whom on the day."""
        found = await self.session.scalars(
            select(CommissionUplineRow)
            .where(CommissionUplineRow.agency_id == self.actor.agency_id, CommissionUplineRow.since <= day)
            .ext(distinct_on(CommissionUplineRow.producer_id))
            .order_by(CommissionUplineRow.producer_id, CommissionUplineRow.since.desc())
        )
        return {row.producer_id: row.upline_id for row in found if row.upline_id is not None}

    async def upline_days(self) -> list[date]:
        """Every day on which the hierarchy changes."""
        found = await self.session.scalars(
            select(CommissionUplineRow.since)
            .where(CommissionUplineRow.agency_id == self.actor.agency_id)
            .distinct()
            .order_by(CommissionUplineRow.since)
        )
        return list(found)

    async def set_upline(self, producer_id: UUID, upline_id: UUID | None, since: date) -> None:
        """Who stands above a producer from a day on."""
        query = insert(CommissionUplineRow).values(
            agency_id=self.actor.agency_id, producer_id=producer_id, upline_id=upline_id, since=since
        )
        await self.session.execute(
            query.on_conflict_do_update(
                index_elements=["agency_id", "producer_id", "since"], set_={"upline_id": query.excluded.upline_id}
            )
        )

    async def producers(self, producer_ids: Iterable[UUID]) -> dict[UUID, ProducerRow]:
        """Producers by id, in one query."""
        found = await self.session.scalars(
            select(ProducerRow).where(
                ProducerRow.agency_id == self.actor.agency_id, ProducerRow.id.in_(set(producer_ids))
            )
        )
        return {row.id: row for row in found}

    async def record_changes(self, carrier_key: str, policy_key: str) -> list[RecordChangeRow]:
        """Changes of a policy's producer of record, by the day they count from."""
        found = await self.session.scalars(
            select(RecordChangeRow)
            .where(
                RecordChangeRow.agency_id == self.actor.agency_id, RecordChangeRow.carrier_key == carrier_key,
                RecordChangeRow.policy_key == policy_key,
            )
            .order_by(RecordChangeRow.effective_on, RecordChangeRow.received_on)
        )  # fmt: skip
        return list(found)

    async def add_record_change(self, values: Mapping[str, Any]) -> UUID | None:
        """Keep a change; None where the same one is kept already."""
        return await self.session.scalar(
            insert(RecordChangeRow)
            .values(id=new_id(), agency_id=self.actor.agency_id, by=self.actor.subject, **values)
            .on_conflict_do_nothing(
                index_elements=["agency_id", "carrier_key", "policy_key", "before_id", "effective_on"]
            )
            .returning(RecordChangeRow.id)
        )

    async def rescind(self, change_id: UUID, at: datetime) -> RecordChangeRow:
        """Take a change back; NotFound where there is none."""
        row = await self.session.scalar(
            select(RecordChangeRow)
            .where(RecordChangeRow.agency_id == self.actor.agency_id, RecordChangeRow.id == change_id)
            .with_for_update()
        )
        if row is None:
            raise NotFound(f"no change of record {change_id} in this agency")
        if row.rescinded_at is None:
            row.rescinded_at = at
            await self.session.flush()
        return row

    async def add_accrual(self, values: Mapping[str, Any]) -> bool:
        """Keep a commission; False where one of this source and number is kept already."""
        added = await self.session.scalar(
            insert(AccrualRow)
            .values(agency_id=self.actor.agency_id, created_by=self.actor.subject, **values)
            .on_conflict_do_nothing(index_elements=["agency_id", "source", "number"])
            .returning(AccrualRow.id)
        )
        return added is not None

    async def accrual_of(self, source: str, number: int) -> AccrualRow | None:
        """The commission of this source and number."""
        return await self.session.scalar(
            select(AccrualRow).where(
                AccrualRow.agency_id == self.actor.agency_id, AccrualRow.source == source, AccrualRow.number == number
            )
        )

    async def shares_by_referral(self, referral_id: UUID) -> bool:
        """Whether somebody has a referrer's share in a commission of this referral's sale."""
        found = select(AccrualRow.id).where(
            AccrualRow.agency_id == self.actor.agency_id, AccrualRow.referral_id == referral_id,
            AccrualRow.terms.contains({"sharers": [{"role": REFERRER}]}),
        )  # fmt: skip
        return bool(await self.session.scalar(select(found.exists())))

    async def accrual(self, accrual_id: UUID, *, held: bool = False) -> AccrualRow:
        """A commission that the actor may see; ``held`` until the transaction ends. NotFound for any other."""
        query = select(AccrualRow).where(AccrualRow.id == accrual_id, self._seen())
        if held:
            query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
        row = await self.session.scalar(query)
        if row is None:
            raise NotFound(f"no commission {accrual_id} in this agency")
        return row

    async def accruals(self, accrual_ids: Iterable[UUID]) -> dict[UUID, AccrualRow]:
        """Commissions by id, of those that the actor may see."""
        found = await self.session.scalars(select(AccrualRow).where(AccrualRow.id.in_(set(accrual_ids)), self._seen()))
        return {row.id: row for row in found}

    async def of_terms(self, keys: Iterable[tuple[str, str, date]]) -> list[AccrualRow]:
        """Every commission of these policies' terms (carrier, policy, effective date), held, oldest first."""
        found = await self.session.scalars(
            select(AccrualRow)
            .where(
                AccrualRow.agency_id == self.actor.agency_id,
                tuple_(AccrualRow.carrier_key, AccrualRow.policy_key, AccrualRow.effective_on).in_(sorted(set(keys))),
            )
            .order_by(AccrualRow.id)
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        )
        return list(found)

    async def page(
        self, *, payee_id: UUID | None, policy_key: str | None, before: int | None, at_most: int, withheld: bool = False
    ) -> list[AccrualRow]:
        """Commissions that the actor may see, newest first; ``withheld``: of which a share of that payee, or of any, is."""
        query = select(AccrualRow).where(self._seen())
        if payee_id is not None:
            query = query.where(AccrualRow.id.in_(_in_accounts_of(self.actor.agency_id, payee_id)))
        if policy_key is not None:
            query = query.where(AccrualRow.policy_key == policy_key)
        if withheld:
            own = None if self.actor.sees_all_leads else self.actor.producer_id
            query = query.where(AccrualRow.id.in_(_withheld(self.actor.agency_id, payee_id or own)))
        if before is not None:
            query = query.where(AccrualRow.seq < before)
        return list(await self.session.scalars(query.order_by(AccrualRow.seq.desc()).limit(at_most)))

    async def due_for_release(self, today: date, at_most: int) -> list[AccrualRow]:
        """Pending commissions that their carrier has paid and whose time of waiting is over, held, oldest first."""
        held = select(CommissionHoldRow.accrual_id).where(
            CommissionHoldRow.agency_id == self.actor.agency_id, CommissionHoldRow.lifted_at.is_(None),
            CommissionHoldRow.accrual_id.is_not(None),
        )  # fmt: skip
        # asked here and not of the rows that come back: a carrier that pays late must not keep others' from the first so many
        owed = (
            select(func.sum(LedgerPostingRow.minor))
            .join(LedgerAccountRow, LedgerAccountRow.id == LedgerPostingRow.account_id)
            .where(
                LedgerPostingRow.agency_id == self.actor.agency_id, LedgerPostingRow.accrual_id == AccrualRow.id,
                LedgerAccountRow.kind == Account.RECEIVABLE.value,
            )
            .scalar_subquery()
        )  # fmt: skip
        found = await self.session.scalars(
            select(AccrualRow)
            .where(
                AccrualRow.agency_id == self.actor.agency_id, AccrualRow.released_at.is_(None),
                AccrualRow.hold_until <= today, AccrualRow.id.not_in(held), owed == 0,
            )
            .order_by(AccrualRow.hold_until, AccrualRow.id)
            .limit(at_most)
            .with_for_update(skip_locked=True, key_share=True)
        )  # fmt: skip
        return list(found)

    async def change_accrual(self, row: AccrualRow, **values: Any) -> None:
        """Change a commission that is held; its version grows."""
        await self.session.execute(
            update(AccrualRow)
            .where(AccrualRow.id == row.id, AccrualRow.agency_id == self.actor.agency_id)
            .values(version=row.version + 1, **values)
        )
        await self.session.refresh(row)

    async def release(self, accrual_ids: Sequence[UUID], at: datetime) -> None:
        """Say that these held commissions are released, in one statement."""
        await self.session.execute(
            update(AccrualRow)
            .where(AccrualRow.agency_id == self.actor.agency_id, AccrualRow.id.in_(accrual_ids))
            .values(version=AccrualRow.version + 1, released_at=at)
        )

    async def add_reversal(self, values: Mapping[str, Any]) -> bool:
        """Keep a reversal; False where one of this source and number is kept already."""
        added = await self.session.scalar(
            insert(ReversalRow)
            .values(agency_id=self.actor.agency_id, by=self.actor.subject, **values)
            .on_conflict_do_nothing(index_elements=["agency_id", "source", "number"])
            .returning(ReversalRow.id)
        )
        return added is not None

    async def reversal_of(self, source: str, number: int) -> ReversalRow | None:
        """The reversal of this source and number."""
        return await self.session.scalar(
            select(ReversalRow).where(
                ReversalRow.agency_id == self.actor.agency_id,
                ReversalRow.source == source,
                ReversalRow.number == number,
            )
        )

    async def holds(self, *, lifted: bool = False) -> list[CommissionHoldRow]:
        """Holds that stand, or all of them, newest first."""
        query = select(CommissionHoldRow).where(CommissionHoldRow.agency_id == self.actor.agency_id)
        if not lifted:
            query = query.where(CommissionHoldRow.lifted_at.is_(None))
        return list(await self.session.scalars(query.order_by(CommissionHoldRow.id.desc())))

    async def is_held(self, accrual_id: UUID) -> bool:
        """Whether a hold on the commission stands."""
        found = await self.session.scalar(
            select(func.count()).where(
                CommissionHoldRow.agency_id == self.actor.agency_id, CommissionHoldRow.accrual_id == accrual_id,
                CommissionHoldRow.lifted_at.is_(None),
            )
        )  # fmt: skip
        return bool(found)

    async def add_hold(self, values: Mapping[str, Any]) -> None:
        """Put a hold on a payee or a commission."""
        await self.session.execute(
            insert(CommissionHoldRow).values(
                agency_id=self.actor.agency_id, by=self.actor.subject, lifted_at=None, lifted_by=None, **values
            )
        )

    async def hold(self, hold_id: UUID) -> CommissionHoldRow:
        """A hold, locked; NotFound where there is none."""
        row = await self.session.scalar(
            select(CommissionHoldRow)
            .where(CommissionHoldRow.agency_id == self.actor.agency_id, CommissionHoldRow.id == hold_id)
            .with_for_update()
        )
        if row is None:
            raise NotFound(f"no hold {hold_id} in this agency")
        return row

    def _seen(self) -> ColumnElement[bool]:
        mine = AccrualRow.agency_id == self.actor.agency_id
        if self.actor.sees_all_leads:
            return mine
        if self.actor.kind is ActorKind.PRODUCER and self.actor.producer_id is not None:
            return and_(mine, AccrualRow.id.in_(_in_accounts_of(self.actor.agency_id, self.actor.producer_id)))
        return false()


def _in_accounts_of(agency_id: UUID, payee_id: UUID) -> Any:
    return (
        select(LedgerPostingRow.accrual_id)
        .join(LedgerAccountRow, LedgerAccountRow.id == LedgerPostingRow.account_id)
        .where(
            LedgerPostingRow.agency_id == agency_id, LedgerAccountRow.payee_id == payee_id,
            LedgerPostingRow.accrual_id.is_not(None),
        )
    )  # fmt: skip


def _withheld(agency_id: UUID, payee_id: UUID | None) -> Any:
    query = (
        select(LedgerPostingRow.accrual_id)
        .join(LedgerAccountRow, LedgerAccountRow.id == LedgerPostingRow.account_id)
        .where(LedgerPostingRow.agency_id == agency_id, LedgerAccountRow.kind == Account.WITHHELD.value)
        .group_by(LedgerPostingRow.accrual_id, LedgerAccountRow.id)
        .having(func.sum(LedgerPostingRow.minor) != 0)
    )
    return query if payee_id is None else query.where(LedgerAccountRow.payee_id == payee_id)
