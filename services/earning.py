"""Commissions of policies: each event that earns or brings back is posted once, in its order, and what no rule decides is held.

An event waits for the ledger from the transaction that wrote it (:data:`store.sql.repositories.policies.EARNING`), so nothing is
lost between the two; settling it and posting are one transaction, so nothing is posted twice. The sources of what is posted are
``policy:<id>`` with the event's version, and ``policy:<id>:months`` with the month's number.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from domain.actor import Actor, system_actor
from kernel.clock import now
from kernel.errors import AppError, Conflict, Invalid, NotFound
from services.commissions.accruing import Accruals
from services.commissions.moments import require_manager
from services.commissions.reversing import Reversals
from services.earning_rules import CreditedWith, EarningRules
from store.sql.models import PolicyEarningRow
from store.uow import Database

POSTED, NOTHING, HELD = "posted", "nothing", "held"


class EarningView(BaseModel):
    """An event of a policy on its way into the ledger. ``code`` and ``words`` say why it is held, or what it came to."""

    event_id: UUID
    policy_id: UUID
    policy_number: str | None
    version: int
    kind: str
    state: str
    code: str | None
    words: str | None
    at: datetime
    settled_at: datetime | None


class EarningPage(BaseModel):
    """Events, oldest first."""

    items: list[EarningView]
    next_cursor: int | None


class EarningsWoken(BaseModel):
    """How many held events are tried again."""

    woken: int


class Earning:
    """Takes events of policies into the ledger. Managers see what is held, try it again and lay it aside."""

    def __init__(self, database: Database, accruals: Accruals, reversals: Reversals, credited: CreditedWith) -> None:
        self._database = database
        self._rules = EarningRules(accruals, reversals, credited)

    async def work(self) -> bool:
        """Settle the oldest waiting event of every agency; False when none waits."""
        async with self._database.platform() as platform:
            agencies = await platform.agencies_with_earnings()
        done = [await self._one(system_actor(agency_id, "commissions")) for agency_id in agencies]
        return any(done)

    async def page(
        self, actor: Actor, states: Sequence[str], *, cursor: int | None = None, limit: int = 50
    ) -> EarningPage:
        """Events in these states, in all of them where none is named."""
        require_manager(actor)
        async with self._database.begin(actor) as uow:
            rows = await uow.earnings.page(states, cursor, limit + 1)
        items = [_view(row, number) for row, number in rows[:limit]]
        return EarningPage(items=items, next_cursor=rows[limit - 1][0].seq if len(rows) > limit else None)

    async def retry(self, actor: Actor) -> EarningsWoken:
        """Try everything that is held again, now that what stood in its way may be mended."""
        require_manager(actor)
        async with self._database.begin(actor) as uow:
            woken = await uow.earnings.wake()
            await uow.audit.note("commission.retry", "policy_event", None, n=woken)
        return EarningsWoken(woken=woken)

    async def dismiss(self, actor: Actor, event_id: UUID, why: str) -> EarningView:
        """Lay a held event aside: its commission is recorded by hand, or there is none. What is held behind it is tried again.

        Raises NotFound, and Conflict where it is not held.
        """
        require_manager(actor)
        async with self._database.begin(actor) as uow:
            row, number = await uow.earnings.held(event_id)
            if row.state != HELD:
                raise Conflict("only an event that is held can be laid aside", code="not_held")
            await uow.earnings.dismiss(row, why, now())
            await uow.audit.note("commission.dismiss", "policy_event", event_id)
            return _view(row, number)

    async def _one(self, actor: Actor) -> bool:
        event_id: UUID | None = None
        try:
            async with self._database.begin(actor) as uow:
                found = await uow.earnings.next()
                if found is None:
                    return False
                row, event, policy = found
                event_id = row.id
                if await uow.earnings.is_behind(row):
                    raise Conflict("an earlier event of this policy is held", code="behind")
                words = await self._rules.post(uow, event, policy)
                state = POSTED if words else NOTHING
                await uow.earnings.settle(row.id, state, now(), code=None, words=words or None)
        except (Conflict, Invalid, NotFound) as problem:
            if event_id is None:
                raise
            async with self._database.begin(actor) as uow:
                await uow.earnings.settle(event_id, HELD, now(), code=problem.code, words=_said(problem))
        return True


def _said(problem: AppError) -> str:
    faults = "; ".join(f"{one.field}: {one.message}, {one.remedy}" for one in problem.fields[:3])
    return f"{problem.detail} ({faults})" if faults else problem.detail


def _view(row: PolicyEarningRow, number: str | None) -> EarningView:
    return EarningView(
        event_id=row.id, policy_id=row.policy_id, policy_number=number, version=row.version, kind=row.kind, state=row.state,
        code=row.code, words=row.words, at=row.at, settled_at=row.settled_at,
    )  # fmt: skip
