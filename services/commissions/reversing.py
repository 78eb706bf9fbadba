"""Commissions that come back when a policy's term ends early, by their own contracts, or stand again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from domain.actor import Actor
from domain.commissions.chargeback import Contract, Window, months_in_force
from domain.commissions.ledger import Happening
from domain.commissions.matching import policy_key
from domain.commissions.rates import carrier_key
from domain.commissions.record import successors
from domain.commissions.refusing import refuse
from domain.commissions.splitting import Standing
from domain.commissions.terms import Terms
from kernel.clock import now
from kernel.errors import Conflict, NotFound
from kernel.ids import digest, new_id
from kernel.money import apportion
from services.commissions.gathering import changes_of
from services.commissions.moments import require_manager, today
from services.commissions.posting import Move, entry_for
from services.commissions.schemas import ReversalIn, ReversalKind, ReversalView
from services.commissions.views import standing_of, views_of
from store.sql.models import AccrualRow
from store.uow import Database, UnitOfWork


@dataclass(frozen=True, slots=True)
class Target:
    """Where a commission shall stand: what share of it stays, and how much of its premium was returned in all."""

    retained: Fraction
    returned: int


class Reversals:
    """What comes back of a term is the mirror of what was posted for it, line by line, by a target that only grows (T35)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def reverse(self, actor: Actor, given: ReversalIn) -> ReversalView:
        """Reverse every commission of a policy's term by its contract. The same source and number again changes nothing.

        Raises NotFound where the term earned nothing here, Invalid where the contract needs what was not given.
        """
        require_manager(actor)
        async with self._database.begin(actor) as uow:
            rows, fresh = await self.reverse_in(uow, given)
            views = await views_of(uow, actor, rows)
        return ReversalView(
            source=given.source, number=given.number, kind=given.kind.value, replayed=not fresh, accruals=views
        )

    async def reverse_in(self, uow: UnitOfWork, given: ReversalIn) -> tuple[Sequence[AccrualRow], bool]:
        """The same within a transaction of the caller's: the commissions it is about, and whether it was done now."""
        rows = await uow.commissions.of_terms([_key(given)])
        fresh = await self._kept(uow, given)
        if fresh:
            if not rows:
                raise NotFound("no commission is known for this policy, carrier and effective date")
            await self._reverse(uow, given, rows)
        return rows, fresh

    async def _kept(self, uow: UnitOfWork, given: ReversalIn) -> bool:
        detail = given.model_dump(mode="json")
        sent = digest(detail)
        carrier, policy, effective_on = _key(given)
        added = await uow.commissions.add_reversal({
            "id": new_id(), "source": given.source, "number": given.number, "digest": sent, "carrier_key": carrier,
            "policy_key": policy, "effective_on": effective_on, "kind": given.kind.value, "detail": detail, "at": now(),
        })  # fmt: skip
        if not added:
            before = await uow.commissions.reversal_of(given.source, given.number)
            if before is None or before.digest != sent:
                detail_of = f"line {given.number} of {given.source!r} reversed something else; use another number"
                raise Conflict(detail_of, code="already_reversed")
        return added

    async def _reverse(self, uow: UnitOfWork, given: ReversalIn, rows: Sequence[AccrualRow]) -> None:
        targets = _targets(given, rows)
        heirs = successors(await changes_of(uow, given.carrier, given.policy_number), await today(uow))
        posted = await uow.ledger.of_accruals([row.id for row in rows])
        again = given.kind is ReversalKind.REINSTATED
        why = given.why or ("reinstated" if again else f"policy ended: {given.kind.value}")
        entries = []
        for row, target in zip(rows, targets, strict=True):
            before = Terms.from_dict(row.terms)
            day = given.ended_on if given.kind is ReversalKind.ENDED else None
            terms = before.reinstated() if again else before.ended(day, _present(row).retained)
            standing = Standing(target.retained, standing_of(row).released)
            changed = {} if terms == before else {"terms": terms.as_dict()}
            move = Move(
                Happening.REINSTATED if again else Happening.REVERSED,
                f"reverse:{given.source}:{given.number}:{row.id}", now(), why,
                facts={"source": given.source, "number": given.number, "returned": target.returned} | changed, successors=heirs,
            )  # fmt: skip
            entries += entry_for(row, terms, standing, posted.get(row.id, {}), move)
            if target != _present(row) or changed:
                retained = target.retained
                await uow.commissions.change_accrual(
                    row,
                    retained=retained.numerator,
                    retained_of=retained.denominator,
                    returned=target.returned,
                    **changed,
                )
        await uow.ledger.post(entries)
        await uow.audit.note("commission.reverse", "policy", given.policy_number, why=given.kind.value, n=len(rows))


def _key(given: ReversalIn) -> tuple[str, str, date]:
    return carrier_key(given.carrier), policy_key(given.policy_number), given.effective_on


def _present(row: AccrualRow) -> Target:
    return Target(Fraction(row.retained, row.retained_of), row.returned)


def _targets(given: ReversalIn, rows: Sequence[AccrualRow]) -> list[Target]:
    """Where each commission shall stand. What came back before never comes back twice: a target is at most the present one."""
    if given.kind is ReversalKind.REINSTATED:
        return [Target(Fraction(1), 0) for _ in rows]
    if given.kind is ReversalKind.FLAT:
        return [Target(Fraction(0), max(row.premium, 0)) for row in rows]
    contracts = [Contract.from_dict(row.contract) for row in rows]
    returned = _returned(given, rows, contracts)
    found = []
    for row, contract, more in zip(rows, contracts, returned, strict=True):
        present = _present(row)
        if row.as_earned or (row.premium <= 0 and not isinstance(contract.clause, Window)):
            found.append(present)
        elif isinstance(contract.clause, Window):
            if given.ended_on is None:
                refuse(
                    "ended_on", "", "is missing", "the contract has a window: give the day on which the policy ended"
                )
            kept = contract.clause.retained(months_in_force(given.effective_on, given.ended_on))
            found.append(Target(min(kept, present.retained), row.returned))
        else:
            whole = row.returned + more
            found.append(Target(min(Fraction(row.premium - whole, row.premium), present.retained), whole))
    return found


def _returned(given: ReversalIn, rows: Sequence[AccrualRow], contracts: Sequence[Contract]) -> list[int]:
    """The premium that is returned now, over the commissions that follow it, by the premium that each has left."""
    left = [
        0 if isinstance(contract.clause, Window) or row.as_earned else max(row.premium - row.returned, 0)
        for row, contract in zip(rows, contracts, strict=True)
    ]
    follows = any(
        not isinstance(one.clause, Window) and not row.as_earned for row, one in zip(rows, contracts, strict=True)
    )
    if not follows:
        return left
    if given.return_premium_minor is None:
        refuse("return_premium_minor", "", "is missing", "the contract follows the premium: give what is returned now")
    if given.return_premium_minor > sum(left):
        most = f"give at most {sum(left)}, which is left of the premium"
        refuse("return_premium_minor", given.return_premium_minor, "is more than the term has left", most)
    return apportion(given.return_premium_minor, left) if sum(left) else left
