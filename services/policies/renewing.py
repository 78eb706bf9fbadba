"""Renewals: the next term as a policy of its own that renews this one, offered in time (DOMAIN T64)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from domain.actor import Actor, Scope
from domain.policies.calendar import months_after, months_between
from domain.policies.changes import contract_row
from domain.policies.contents import Contents
from domain.policies.types import catalogue
from domain.policies.words import Act, PolicyStatus
from kernel.clock import now
from kernel.errors import Conflict, FieldError, Invalid
from kernel.ids import derived_id
from services.policies.drafts import contents_values, new_row, number_key, submit_in, term_values
from services.policies.recording import Held, begin, hold, record
from services.policies.requests import Request
from services.policies.schemas import RenewalIn
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
    return renewal_id


def _end(held: Held, months: int) -> date:
    """From the anchor of the first term where the terms since are whole months of it, so that 31 January stays it (T55)."""
    first = held.row.first_started_on
    gone = months_between(first, held.contract.end)
    if gone is not None:
        return months_after(first, gone + months)
    return months_after(held.contract.end, months)
