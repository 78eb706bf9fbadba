"""Renewals: the next term as a policy of its own that renews this one, offered in time (DOMAIN T64)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from domain.actor import Actor, Scope
from domain.policies.calendar import months_after, months_between
from domain.policies.changes import contract_row
from domain.policies.contents import Contents, Operation
from domain.policies.types import catalogue
from domain.policies.words import IN_FORCE, Act, Happening, PolicyStatus
from kernel.clock import now
from kernel.errors import Conflict, FieldError, Invalid
from kernel.ids import derived_id
from services.policies.drafts import contents_values, new_row, number_key, submit_in, term_values
from services.policies.held import Held, hold, hold_next
from services.policies.recording import begin, move, record
from services.policies.requests import Request
from services.policies.schemas import RenewalIn
from services.policies.timers import timers_of
from store.uow import Database, UnitOfWork

KEPT = (
    "number", "number_key", "carrier", "line", "type", "state", "currency", "producers", "producer_id", "lead_id", "terms",
    "first_started_on",
)  # fmt: skip


OWN_PLAN = frozenset({"asked_end", "papers_until", "review_from"})
"""What a plan says of its own term, which the next one does not take over."""


class Renewing:
    """Each use case is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def offer(
        self, actor: Actor, policy_id: UUID, body: RenewalIn, *, expected: int | None, key: str | None
    ) -> UUID:
        """Prepare the next term: what is complete waits for its first payment, what is not is a draft. Raises Conflict for a
        policy that is not active, or renewed already.
        """
        actor.require(Scope.POLICIES_WRITE)
        request = Request.of(actor, "renew", key, body.model_dump(mode="json"))
        async with self._database.begin(actor) as uow:
            held = await hold(uow, policy_id)
            if await request.done(uow, policy_id):
                renewal = await uow.policies.renewal_of(policy_id)
                return renewal.id if renewal else policy_id
            held.require_version(expected)
            return await offer_in(uow, held, body, request.key, now(), request=request.body)


async def offer_in(uow: UnitOfWork, held: Held, body: RenewalIn, key: str, at: datetime, **data: Any) -> UUID:
    """Prepare the next term within the caller's transaction."""
    row = held.row
    if held.status not in {PolicyStatus.ACTIVE, PolicyStatus.EXPIRED}:
        raise Conflict(f"the policy is {row.status}; what is active is renewed", code=f"policy_{row.status}")
    if held.renewed:
        raise Conflict("the policy is renewed already", code="renewed")
    of, before = catalogue().of(row.type), held.contract
    months = body.months or months_between(before.start, before.end) or of.months[-1]
    if months not in of.months:
        fault = FieldError(
            "months", "wrong", "no term of this type", f"use {' or '.join(map(str, of.months))}", str(months)
        )
        raise Invalid("the renewal's term does not exist", fields=(fault,))
    contract = replace(before, start=before.end, end=_end(held, months))
    contents = body.contents.contents() if body.contents else Contents.read(row.contents)
    number = {"number": body.number.strip(), "number_key": number_key(body.number)} if body.number else {}
    plan = {name: value for name, value in row.plan.items() if name not in OWN_PLAN}
    values = {
        **{name: getattr(row, name) for name in KEPT}, **number, **term_values(contract), **contents_values(contents),
        "contract": contract_row(contract), "plan": plan, "renews_id": row.id, "term_number": row.term_number + 1,
    }  # fmt: skip
    renewal_id = derived_id(row.id, "renewal", key)
    made = await uow.policies.add({"id": renewal_id, **new_row(values, uow.actor, at)})
    renewal = await begin(uow, made, f"renews:{row.id}")
    held.renewal = made
    await record(uow, held, Act.RENEWAL_OFFERED, key=key, at=at, renewal_id=renewal_id, **data)
    if not catalogue().faults(of, contents) and at < made.ends_at:
        await submit_in(uow, renewal, f"renews:{row.id}:submit", at)
    else:
        await uow.policies.set_timers(renewal_id, timers_of(renewal, at))
    return renewal_id


async def carry_over(
    uow: UnitOfWork, held: Held, operations: Sequence[Operation], endorsement_id: UUID, key: str, at: datetime
) -> None:
    """Bring a change of a term to the next one, within the caller's transaction: an offer of which nothing is paid is made anew
    with it; what is paid, or does not take the change, is for a person.
    """
    if held.renewal is None:
        return
    other = await hold_next(uow, held.renewal)
    if at >= other.row.starts_at or other.status not in {PolicyStatus.DRAFT, PolicyStatus.PENDING_PAYMENT, *IN_FORCE}:
        return
    told: dict[str, Any] = {"code": "endorsed", "endorsement_id": str(endorsement_id)}
    values = _with_change(other, operations)
    if values is None:
        words = (
            "the term before this one was changed, and this one goes on without the change: it is paid, or does not have what "
            "was changed; endorse it, or tell the insured"
        )
        told["code"] = "renewal_without_change"
        await record(uow, other, Act.NEEDS_A_PERSON, key=f"{key}:next", at=at, words=words, **told)
        return
    if other.status is PolicyStatus.PENDING_PAYMENT:
        facts = other.facts(at, other.contract.start)
        await move(uow, other, Happening.REOPENED, facts, key=f"{key}:reopened", values={"schedule": []}, **told)
    await record(uow, other, Act.REVISED, key=f"{key}:next", at=at, values=values, **told)
    if not catalogue().faults(catalogue().of(other.row.type), Contents.read(other.row.contents)):
        await submit_in(uow, other, f"{key}:submit", at)
        offer = {**told, "renewal_id": other.row.id}
        await record(uow, held, Act.RENEWAL_OFFERED, key=f"{key}:offered", at=at, **offer)


def _with_change(other: Held, operations: Sequence[Operation]) -> dict[str, Any] | None:
    """The columns of an offer with a change; None where money came or is on its way, or where it does not fit."""
    if other.status in IN_FORCE or any(one.state in {"pending", "settled"} for one in other.payments):
        return None
    try:
        contents = Contents.read(other.row.contents).after(operations, "the change of the term before")
        return contents_values(contents)
    except (Conflict, Invalid):
        return None


def _end(held: Held, months: int) -> date:
    """From the anchor of the first term where the terms since are whole months of it, so that 31 January stays it (T55)."""
    first = held.row.first_started_on
    gone = months_between(first, held.contract.end)
    if gone is not None:
        return months_after(first, gone + months)
    return months_after(held.contract.end, months)
