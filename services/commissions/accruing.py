"""Commissions earned, looked at again, released and read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from domain.actor import Actor, system_actor
from domain.commissions.ledger import Account, Batch, Happening, Place, Posting
from domain.commissions.matching import policy_key
from domain.commissions.rates import carrier_key
from domain.commissions.splitting import Standing
from kernel.clock import now
from kernel.errors import Conflict
from kernel.ids import digest, new_id
from services.commissions.gathering import Gathered, gather
from services.commissions.moments import own_of, require_manager, require_seen, today
from services.commissions.posting import Move, entry_for
from services.commissions.promoting import promoted
from services.commissions.rechecking import recheck_in
from services.commissions.schemas import AccrualIn, AccrualMade, AccrualPage, AccrualView, RecheckView
from services.commissions.views import views_of
from store.sql.models import AccrualRow
from store.sql.repositories.ledger import Entry
from store.uow import Database, UnitOfWork

_MOST_RELEASED = 500


class Accruals:
    """Whoever earns a commission is decided once, by what was so on the day of earning; the terms are frozen with it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def accrue(self, actor: Actor, given: AccrualIn) -> AccrualMade:
        """Earn a commission. The same source and number again is the same one (T45); with other content it is a Conflict."""
        require_manager(actor)
        async with self._database.begin(actor) as uow:
            row, fresh = await self.accrue_in(uow, given)
            (view,) = await views_of(uow, actor, [row])
        return AccrualMade(accrual=view, replayed=not fresh)

    async def accrue_in(
        self, uow: UnitOfWork, given: AccrualIn, *, promotions: bool = False
    ) -> tuple[AccrualRow, bool]:
        """The same within a transaction of the caller's; whether it was earned now. ``promotions``: so are their bonuses."""
        sent = digest(_said(given))
        before = await uow.commissions.accrual_of(given.source, given.number)
        if before is None:
            gathered = await gather(uow, given, await today(uow))
            if promotions:
                gathered = replace(gathered, terms=await promoted(uow, given, gathered.terms))
            values = _values(given, gathered, sent)
            if await uow.commissions.add_accrual(values):
                row = await uow.commissions.accrual(values["id"], held=True)
                move = Move(
                    Happening.ACCRUED,
                    f"accrue:{given.source}:{given.number}:v{row.rule_version}",
                    now(),
                    "earned",
                    facts=gathered.facts,
                )
                await uow.ledger.post(entry_for(row, gathered.terms, Standing(), {}, move))
                await uow.audit.note("commission.accrue", "commission", row.id, rule_version=row.rule_version)
                return row, True
            before = await uow.commissions.accrual_of(given.source, given.number)
        assert before is not None, "who refused the row has it"
        if before.digest != sent:
            detail = (
                f"line {given.number} of {given.source!r} earned a commission with other content; use another number"
            )
            raise Conflict(detail, code="already_accrued")
        return before, False

    async def one(self, actor: Actor, accrual_id: UUID) -> AccrualView:
        """A commission; NotFound for one in which a producer has no part."""
        own_of(actor)
        async with self._database.begin(actor) as uow:
            (view,) = await views_of(uow, actor, [await uow.commissions.accrual(accrual_id)])
        return view

    async def page(
        self, actor: Actor, *, payee_id: UUID | None = None, policy_number: str | None = None,
        withheld: bool = False, cursor: int | None = None, limit: int = 50,
    ) -> AccrualPage:  # fmt: skip
        """Commissions that the actor may see, newest first; or those of which a share of theirs, or of the payee, is withheld."""
        own_of(actor)
        if payee_id is not None:
            require_seen(actor, payee_id)
        wanted = policy_key(policy_number) if policy_number else None
        async with self._database.begin(actor) as uow:
            rows = await uow.commissions.page(
                payee_id=payee_id, policy_key=wanted, withheld=withheld, before=cursor, at_most=limit + 1
            )
            items = await views_of(uow, actor, rows[:limit])
        return AccrualPage(items=items, next_cursor=rows[limit - 1].seq if len(rows) > limit else None)

    async def release(self, actor: Actor, accrual_id: UUID) -> AccrualView:
        """Let a pending commission be paid. Raises Conflict while it is held; one that is released stays as it is."""
        require_manager(actor)
        async with self._database.begin(actor) as uow:
            row = await uow.commissions.accrual(accrual_id, held=True)
            if row.released_at is None:
                if row.hold_until > await today(uow):
                    raise Conflict(f"it is held until {row.hold_until.isoformat()}", code="held")
                if await uow.commissions.is_held(row.id):
                    raise Conflict("a hold stands on it; lift that first", code="held")
                await release_in(uow, [row], "released by a person")
            (view,) = await views_of(uow, actor, [row])
        return view

    async def release_due(self, actor: Actor) -> int:
        """Release what its carrier has paid and whose time of waiting is over; how many."""
        require_manager(actor)
        async with self._database.begin(actor) as uow:
            return await release_due_in(uow, await today(uow))

    async def work(self) -> int:
        """Release what is due in every agency; how many. Of several that work at once one releases a commission."""
        tomorrow = now().date() + timedelta(days=1)  # somewhere it is that day already; each agency asks for its own
        async with self._database.platform() as platform:
            agencies = await platform.agencies_with_releases(tomorrow)
        released = 0
        for agency_id in agencies:
            while more := await self.release_due(system_actor(agency_id, "commissions")):
                released += more
        return released

    async def recheck(self, actor: Actor, accrual_id: UUID) -> RecheckView:
        """Ask again who was licensed on the day of earning, by what is known now (T43).

        Who was not is owed nothing, and what was paid is owed back; a share withheld for want of data becomes theirs.
        """
        require_manager(actor)
        async with self._database.begin(actor) as uow:
            row = await uow.commissions.accrual(accrual_id, held=True)
            changed, doubts = await recheck_in(uow, row)
            (view,) = await views_of(uow, actor, [row])
        return RecheckView(accrual=view, changed=changed, doubts=doubts)


async def release_due_in(uow: UnitOfWork, day: date) -> int:
    """Release some of what its carrier has paid and whose time of waiting is over by the day; 0 where nothing is left."""
    rows = await uow.commissions.due_for_release(day, _MOST_RELEASED)
    return await release_in(uow, rows, "its carrier has paid")


async def release_in(uow: UnitOfWork, rows: Sequence[AccrualRow], why: str) -> int:
    """Move what is pending of these held commissions to what may be paid, in one batch each; how many were released."""
    if not rows:
        return 0
    moment = now()
    posted = await uow.ledger.of_accruals([row.id for row in rows])
    entries = []
    for row in rows:
        pending = {place: minor for place, minor in posted.get(row.id, {}).items() if place.account is Account.PENDING}
        postings = tuple(
            posting
            for place, minor in sorted(pending.items())
            for posting in (Posting(place, -minor), Posting(Place(Account.PAYABLE, place.owner, place.line), minor))
        )
        if postings:
            batch = Batch(Happening.RELEASED, row.currency, postings)
            entries.append(Entry(f"release:{row.id}", batch, moment, why, row.id, rule_version=row.rule_version))
    await uow.ledger.post(entries)
    await uow.commissions.release([row.id for row in rows], moment)
    await uow.audit.note("commission.release", "commission", rows[0].id if len(rows) == 1 else None, released=len(rows))
    return len(rows)


def _said(given: AccrualIn) -> dict[str, Any]:
    """The command as it is compared with a repetition; what it need not say is as it was when it could not be left out."""
    unsaid = {name for name in ("before_minor", "referral_id") if not getattr(given, name)}
    said = given.model_dump(mode="json", exclude=unsaid)
    for party in said["parties"]:
        party["multiplier"] = party["multiplier"] or "1"
    return said


def _values(given: AccrualIn, gathered: Gathered, sent: str) -> dict[str, Any]:
    policy, terms = given.policy, gathered.terms
    return {
        "id": new_id(), "source": given.source, "number": given.number, "digest": sent, "rule_version": terms.rule_version,
        "policy_number": policy.number, "policy_key": policy_key(policy.number), "carrier": policy.carrier,
        "carrier_key": carrier_key(policy.carrier), "line": policy.line.value, "state": policy.state,
        "term": given.term.value, "effective_at": policy.effective_at, "effective_on": policy.effective_at.date(),
        "earned_on": (given.earned_at or policy.effective_at).date(), "as_earned": given.as_earned,
        "currency": given.currency, "premium": given.premium_minor, "gross": terms.gross, "terms": terms.as_dict(),
        "contract": gathered.contract.as_dict(), "hold_until": gathered.hold_until, "released_at": None,
        "created_at": now(), "referral_id": given.referral_id,
    }  # fmt: skip
