"""Endorsements: quoted, priced, approved, applied (DOMAIN T63); what is applied prices later changes anew. What only the carrier
can price waits for its price (decision 50).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.actor import Actor, Scope
from domain.policies.changes import Change, ChangeKind
from domain.policies.contents import Operation
from domain.policies.pricing import PriceKind, change_operations, premium_operations, refusal
from domain.policies.term import differences, priced
from domain.policies.types import catalogue, too_dear
from domain.policies.words import IN_FORCE, Act
from kernel.clock import now
from kernel.errors import Conflict, Stale
from kernel.ids import new_id
from services.policies.asking import propose_anew
from services.policies.effects import endorsement_money
from services.policies.held import OPEN_ENDORSEMENTS, Held, hold, unrated_of
from services.policies.recording import apply_change, next_change, record
from services.policies.renewing import carry_over
from services.policies.requests import Request
from services.policies.schemas import EndorsementIn, PriceIn
from store.sql.models import EndorsementRow
from store.uow import Database, UnitOfWork


class Changing:
    """Each use case is one transaction. Whoever quotes may not approve unless they see the whole agency."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def quote(
        self, actor: Actor, policy_id: UUID, body: EndorsementIn, *, expected: int | None, key: str | None
    ) -> UUID:
        """Price a change and keep the quote. Raises Conflict where it does not fit the policy on that day, or would leave it
        incomplete: ``fields`` say what.
        """
        actor.require(Scope.POLICIES_WRITE)
        request = Request.of(actor, "endorse", key, body.model_dump(mode="json"))
        async with self._database.begin(actor) as uow:
            held = await hold(uow, policy_id)
            before = await uow.policies.under_key(EndorsementRow, policy_id, request.key)
            if before is not None and await request.done(uow, policy_id):
                return before.id
            held.require_version(expected)
            at = now()
            operations = tuple(one.operation() for one in body.operations)
            quoted = self._priced(
                held, Change(*next_change(held), ChangeKind.ENDORSEMENT, body.effective_on, at, operations=operations)
            )
            endorsement_id = new_id()
            await uow.policies.put(EndorsementRow, {
                "id": endorsement_id, "policy_id": policy_id, "key": request.key, "version": 1, "state": "quoted",
                "effective_on": body.effective_on, "operations": [one.as_row() for one in operations], "quoted": quoted,
                "created_at": at, "created_by": actor.subject, "updated_at": at,
            })  # fmt: skip
            await record(
                uow, held, Act.ENDORSEMENT_QUOTED, key=request.key, at=at, effective_on=body.effective_on,
                endorsement_id=endorsement_id, request=request.body,
            )  # fmt: skip
            return endorsement_id

    async def price(
        self, actor: Actor, policy_id: UUID, endorsement_id: UUID, body: PriceIn, *, expected: int | None
    ) -> None:
        """Enter the carrier's price, or that it charges nothing, and quote the change anew with it; an approval of another price
        is gone, and a request that waits for a word on it shows the new one. For a person.

        Raises Invalid where the price does not fit the coverages, Conflict for ``no_charge`` of what has its price.
        """
        actor.require(Scope.POLICIES_WRITE)
        actor.require_person("a person enters the carrier's price")
        async with self._database.begin(actor) as uow:
            held, row, at = await self._open(uow, policy_id, endorsement_id, expected, OPEN_ENDORSEMENTS)
            asked = asked_of(row)
            operations = (*asked, *_pricing(held, row, asked, body))
            row.quoted = self._priced(
                held, Change(*next_change(held), ChangeKind.ENDORSEMENT, row.effective_on, at, operations=operations)
            )
            row.operations = [one.as_row() for one in operations]
            row.price = {
                **body.model_dump(mode="json", exclude_none=True), "kind": body.kind.value, "asked": len(asked),
                "by": actor.subject, "at": at.isoformat(),
            }  # fmt: skip
            row.state, row.version, row.decided_by, row.updated_at = "quoted", row.version + 1, None, at
            await self._record(uow, held, row, Act.ENDORSEMENT_QUOTED, at, code="priced")
            money = endorsement_money(held.row.currency, held.row.written_minor, row.quoted, unrated=False)
            await propose_anew(uow, row, money, at)

    async def approve(self, actor: Actor, policy_id: UUID, endorsement_id: UUID, *, expected: int | None) -> None:
        """Agree to the quote, for who answers for the whole agency. Raises Conflict (``unrated``) while the carrier's price is
        awaited.
        """
        actor.require(Scope.POLICIES_WRITE)
        actor.require_whole_agency()
        async with self._database.begin(actor) as uow:
            held, row, at = await self._open(uow, policy_id, endorsement_id, expected, {"quoted"})
            _require_rated(held, row)
            row.state, row.version, row.decided_by, row.updated_at = "approved", row.version + 1, actor.subject, at
            await self._record(uow, held, row, Act.ENDORSEMENT_APPROVED, at)

    async def withdraw(
        self, actor: Actor, policy_id: UUID, endorsement_id: UUID, why: str, *, expected: int | None
    ) -> None:
        """Leave it."""
        actor.require(Scope.POLICIES_WRITE)
        async with self._database.begin(actor) as uow:
            held, row, at = await self._open(uow, policy_id, endorsement_id, expected, OPEN_ENDORSEMENTS)
            row.state, row.version, row.why, row.updated_at = "withdrawn", row.version + 1, why, at
            await self._record(uow, held, row, Act.ENDORSEMENT_ENDED, at, code="withdrawn")

    async def apply(self, actor: Actor, policy_id: UUID, endorsement_id: UUID, *, expected: int | None) -> None:
        """Put an approved change in force from its day, and bring it to the next term where that is offered.

        Raises Conflict (``quote_outdated``) where the policy changed so that it costs something else than was approved: quote
        it anew; and (``unrated``) while the carrier's price is awaited.
        """
        actor.require(Scope.POLICIES_WRITE)
        async with self._database.begin(actor) as uow:
            held, row, at = await self._open(uow, policy_id, endorsement_id, expected, {"approved"})
            _require_rated(held, row)
            operations = tuple(Operation.read(one) for one in row.operations)
            change = Change(*next_change(held), ChangeKind.ENDORSEMENT, row.effective_on, at, operations=operations)
            fresh = self._priced(held, change)
            if fresh != row.quoted:
                raise Conflict("the policy has changed since it was quoted; quote it anew", code="quote_outdated")
            values, amounts = await apply_change(uow, held, change, at)
            row.state, row.version, row.updated_at = "applied", row.version + 1, at
            row.change_id = UUID(change.id)
            await record(
                uow, held, Act.ENDORSED, key=f"applied:{endorsement_id}", at=at, effective_on=row.effective_on, values=values,
                endorsement_id=endorsement_id, premium_change_minor=amounts.premium, tax_change_minor=amounts.tax,
                fee_change_minor=amounts.fee, earned_premium_minor=held.term.money_on(row.effective_on).earned,
            )  # fmt: skip
            await carry_over(uow, held, operations, endorsement_id, f"applied:{endorsement_id}", at)

    async def _open(
        self,
        uow: UnitOfWork,
        policy_id: UUID,
        endorsement_id: UUID,
        expected: int | None,
        states: Sequence[str] | frozenset[str] | set[str],
    ) -> tuple[Held, EndorsementRow, datetime]:
        held = await hold(uow, policy_id)
        row = await uow.policies.belonging(EndorsementRow, policy_id, endorsement_id)
        if expected is not None and row.version != expected:
            current = {"id": str(row.id), "version": row.version, "state": row.state}
            raise Stale(f"the endorsement is at version {row.version}, not {expected}", current=current)
        if row.state not in states:
            raise Conflict(f"the endorsement is {row.state}", code=f"endorsement_{row.state}")
        return held, row, now()

    @staticmethod
    async def _record(uow: UnitOfWork, held: Held, row: EndorsementRow, act: Act, at: datetime, **data: Any) -> None:
        key = f"endorsement:{row.id}:{row.version}"
        await record(uow, held, act, key=key, at=at, effective_on=row.effective_on, endorsement_id=row.id, **data)

    @staticmethod
    def _priced(held: Held, change: Change) -> dict[str, Any]:
        if held.status not in IN_FORCE:
            raise Conflict(
                f"the policy is {held.row.status}; only what is in force is endorsed", code=f"policy_{held.row.status}"
            )
        term = priced(held.contract, [*held.changes, change])
        last = term.contents_on(held.contract.end)
        faults = [fault] if (fault := too_dear(last)) else []
        faults += catalogue().faults(catalogue().of(held.row.type), last)
        if faults:
            raise Conflict("the change would leave the policy incomplete", fields=tuple(faults), code="incomplete")
        posted = differences(held.term.lines, term.lines)
        numbers = {one.id: one.number for one in held.changes}
        return {
            "premium_change_minor": sum(line.premium for line in posted), "tax_change_minor": sum(line.tax for line in posted),
            "repriced": sorted(numbers[line.change] for line in posted if line.change in numbers),
        }  # fmt: skip


def asked_of(row: EndorsementRow) -> list[Operation]:
    """What was asked for, without what a price added to it."""
    rows = row.operations if row.price is None else row.operations[: row.price["asked"]]
    return [Operation.read(one) for one in rows]


def _pricing(held: Held, row: EndorsementRow, asked: Sequence[Operation], body: PriceIn) -> tuple[Operation, ...]:
    """The operations that make it cost what the carrier says."""
    before = held.term.contents_on(row.effective_on)
    if body.kind is PriceKind.PREMIUMS:
        return premium_operations(before.after(asked, "the endorsement"), body.premiums or {})
    if body.kind is PriceKind.CHANGE:
        return change_operations(before, asked, body.change(held.contract))
    if not unrated_of(held, row.effective_on, asked):
        raise Conflict("the change has its price; enter another one, or leave it", code="rated")
    return ()


def _require_rated(held: Held, row: EndorsementRow) -> None:
    if row.price is None and (open_ones := unrated_of(held, row.effective_on, asked_of(row))):
        raise refusal(open_ones)
