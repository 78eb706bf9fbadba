"""Who was licensed on the day of earning is asked again when a producer's licences change (T43)."""

from __future__ import annotations

from domain.actor import Actor, system_actor
from domain.commissions.ledger import Happening
from domain.commissions.terms import Terms
from domain.lines import Line
from kernel.clock import now
from services.commissions.gathering import looked_at_again
from services.commissions.licensed import licences
from services.commissions.posting import Move, entry_for
from services.commissions.views import standing_of
from store.sql.models import AccrualRow
from store.uow import Database, UnitOfWork

_AT_ONCE = 100


class Rechecks:
    """Takes producers whose licences changed, a batch of their commissions in a transaction; several processes share them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def work(self) -> bool:
        """Look at the next batch of every agency; False where nobody waits."""
        async with self._database.platform() as platform:
            agencies = await platform.agencies_with_rechecks()
        done = [await self._batch(system_actor(agency_id, "commissions")) for agency_id in agencies]
        return any(done)

    async def _batch(self, actor: Actor) -> bool:
        async with self._database.begin(actor) as uow:
            row = await uow.rechecks.next()
            if row is None:
                return False
            found = await uow.rechecks.commissions(row, _AT_ONCE)
            for one in found:
                await recheck_in(uow, one)
            if len(found) < _AT_ONCE:
                await uow.rechecks.done(row)
            else:
                row.after_id = found[-1].id
                await uow.session.flush()
        return True


async def recheck_in(uow: UnitOfWork, row: AccrualRow) -> tuple[bool, list[str]]:
    """Bring a held commission to what is known now of licences on its day; whether it changed, and what is in doubt.

    Who was not licensed is owed nothing, and what was paid is owed back; a share withheld for want of data becomes theirs.
    """
    before = Terms.from_dict(row.terms)
    payees = {one.payee for one in before.sharers} | {up.payee for one in before.sharers for up in one.above}
    verdicts = await licences(uow, payees, Line(row.line), row.state, row.earned_on)
    after, doubts = looked_at_again(before, verdicts)
    if after != before:
        current = (await uow.ledger.of_accruals([row.id])).get(row.id, {})
        move = Move(Happening.RECHECKED, f"recheck:{row.id}:{row.version}", now(), "licences on the day of earning",
                    facts={"terms": after.as_dict()})  # fmt: skip
        await uow.ledger.post(entry_for(row, after, standing_of(row), current, move))
        await uow.commissions.change_accrual(row, terms=after.as_dict())
        await uow.audit.note("commission.recheck", "commission", row.id)
    return after != before, doubts
