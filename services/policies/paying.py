"""Money: payments in part, ahead or beyond, attempts that fail, payments that are taken back, refunds of credit."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from domain.actor import Actor, Scope
from domain.policies.words import IN_FORCE, Act, PolicyStatus, Reason
from kernel.clock import now
from kernel.errors import Conflict, FieldError, Invalid
from kernel.ids import new_id
from services.policies.drafts import activate_if_paid
from services.policies.ending import withdraw_in
from services.policies.held import Held, hold
from services.policies.recording import record
from services.policies.requests import Request
from services.policies.schemas import PaymentIn, RefundIn
from store.sql.models import PolicyPaymentRow
from store.uow import Database, UnitOfWork


class Paying:
    """Each use case is one transaction; the same request again finds the first payment."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def pay(self, actor: Actor, policy_id: UUID, body: PaymentIn, *, key: str | None) -> UUID:
        """Write down a payment. Settled, it counts from when it was received: it settles the oldest instalments first, puts in
        force what waited for it, and ends notices for non-payment that it answers.
        """
        actor.require(Scope.POLICIES_WRITE)
        request = Request.of(actor, "pay", key, body.model_dump(mode="json"))
        async with self._database.begin(actor) as uow:
            held, at = await hold(uow, policy_id), now()
            before = await uow.policies.under_key(PolicyPaymentRow, policy_id, request.key)
            if before is not None and await request.done(uow, policy_id):
                return before.id
            if held.status is PolicyStatus.DRAFT:
                raise Conflict("a draft is not paid; submit it first", code=f"policy_{held.row.status}")
            if held.status is PolicyStatus.NOT_TAKEN:
                raise Conflict("the offer is withdrawn; nothing is to be paid for it", code="policy_not_taken")
            received = body.received_at or at
            if received > at:
                fault = FieldError("received_at", "future", "lies in the future", "leave it out", received.isoformat())
                raise Invalid("a payment is recorded once it came", fields=(fault,))
            payment_id = new_id()
            state = "settled" if body.settled else "pending"
            await self._put(
                uow,
                policy_id,
                payment_id,
                request.key,
                body.amount_minor,
                body.method,
                body.reference,
                state,
                received,
                at,
            )
            await self._after(
                uow, held, payment_id, Act.PAID if body.settled else Act.PAYMENT_PENDING, request.key, at, request.body
            )
            return payment_id

    async def settle(self, actor: Actor, policy_id: UUID, payment_id: UUID) -> None:
        """A payment that was on its way has come. The same again changes nothing."""
        await self._turn(actor, policy_id, payment_id, "settled", Act.PAID, None)

    async def fail(self, actor: Actor, policy_id: UUID, payment_id: UUID, why: str) -> None:
        """A payment that was on its way did not come. Grace goes on from where it was (T59)."""
        await self._turn(actor, policy_id, payment_id, "failed", Act.PAYMENT_FAILED, why)

    async def reverse(self, actor: Actor, policy_id: UUID, payment_id: UUID, why: str) -> None:
        """The bank took a settled payment back; it counts no more from now on."""
        await self._turn(actor, policy_id, payment_id, "reversed", Act.PAYMENT_REVERSED, why)

    async def returned(self, actor: Actor, policy_id: UUID, payment_id: UUID, why: str) -> None:
        """A refund came back: the cheque was not cashed, or the transfer was returned. The credit stands again from now on; the
        premium, and what is paid for selling it, are as they were. The same again changes nothing.
        """
        actor.require_whole_agency()
        await self._turn(actor, policy_id, payment_id, "reversed", Act.REFUND_RETURNED, why)

    async def refund(self, actor: Actor, policy_id: UUID, body: RefundIn, *, key: str | None) -> UUID:
        """Give credit back. Raises Conflict for more than there is."""
        actor.require(Scope.POLICIES_WRITE)
        actor.require_whole_agency()
        request = Request.of(actor, "refund", key, body.model_dump(mode="json"))
        async with self._database.begin(actor) as uow:
            held, at = await hold(uow, policy_id), now()
            before = await uow.policies.under_key(PolicyPaymentRow, policy_id, request.key)
            if before is not None and await request.done(uow, policy_id):
                return before.id
            credit = held.account(at).credit
            if body.amount_minor > credit:
                fault = FieldError(
                    "amount_minor",
                    "beyond_credit",
                    f"the credit is {credit}",
                    "give back no more",
                    str(body.amount_minor),
                )
                raise Conflict(f"there is a credit of {credit} minor units", fields=(fault,), code="beyond_credit")
            payment_id = new_id()
            await self._put(
                uow,
                policy_id,
                payment_id,
                request.key,
                -body.amount_minor,
                body.method,
                body.reference,
                "settled",
                at,
                at,
            )
            await self._after(uow, held, payment_id, Act.REFUNDED, request.key, at, request.body)
            return payment_id

    async def _turn(
        self, actor: Actor, policy_id: UUID, payment_id: UUID, state: str, act: Act, why: str | None
    ) -> None:
        actor.require(Scope.POLICIES_WRITE)
        wanted = "settled" if state == "reversed" else "pending"
        async with self._database.begin(actor) as uow:
            held, at = await hold(uow, policy_id), now()
            row = await uow.policies.belonging(PolicyPaymentRow, policy_id, payment_id)
            refund = row.amount_minor < 0
            if refund != (act is Act.REFUND_RETURNED):
                what, remedy = ("a refund", "returned") if refund else ("no refund", "reversed")
                raise Conflict(f"this is {what}; it can only be {remedy}", code="refund" if refund else "not_a_refund")
            if row.state == state:
                return
            if row.state != wanted:
                raise Conflict(f"the payment is {row.state}; it cannot be {state}", code=f"payment_{row.state}")
            row.state, row.why = state, why
            if state == "reversed":
                row.reversed_at = at
            elif state == "settled":
                row.received_at = at
            await uow.policies.flush()
            await self._after(uow, held, payment_id, act, f"payment:{payment_id}:{state}", at, None)

    @staticmethod
    async def _put(
        uow: UnitOfWork, policy_id: UUID, payment_id: UUID, key: str, amount: int, method: str, reference: str | None,
        state: str, received: datetime, at: datetime,
    ) -> None:  # fmt: skip
        await uow.policies.put(PolicyPaymentRow, {
            "id": payment_id, "policy_id": policy_id, "key": key, "amount_minor": amount, "method": method,
            "reference": reference, "state": state, "received_at": received, "recorded_at": at,
            "recorded_by": uow.actor.subject,
        })  # fmt: skip

    @staticmethod
    async def _after(
        uow: UnitOfWork, held: Held, payment_id: UUID, act: Act, key: str, at: datetime, body: str | None
    ) -> None:
        held.payments = await uow.policies.payments(held.row.id)
        row = next(one for one in held.payments if one.id == payment_id)
        paid = held.account(at).paid
        data: dict[str, Any] = {"request": body} if body is not None else {}
        await record(
            uow, held, act, key=key, at=at, values={"paid_minor": paid}, payment_id=payment_id, amount_minor=row.amount_minor,
            paid_minor=paid, **data,
        )  # fmt: skip
        await activate_if_paid(uow, held, f"{key}:activate", at)
        if held.status in IN_FORCE and not held.account(at).overdue:
            for notice in [
                one for one in held.notices if one.withdrawn_at is None and one.reason == Reason.NONPAYMENT.value
            ]:
                await withdraw_in(uow, held, notice, "paid", f"{key}:cured:{notice.id}", at)
