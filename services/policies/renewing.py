"""Renewals: the next term as a policy of its own that renews this one, offered in time (DOMAIN T64), at the carrier's quote where
one was entered.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.actor import Actor, Scope
from domain.policies.changes import contract_row
from domain.policies.contents import Contents, Operation
from domain.policies.offers import Offer, OfferBasis
from domain.policies.pricing import says_price
from domain.policies.types import catalogue, too_dear
from domain.policies.words import IN_FORCE, Act, Happening, PolicyStatus
from kernel.clock import now
from kernel.errors import Conflict, FieldError, Invalid
from kernel.ids import derived_id
from services.policies.drafts import contents_values, new_row, number_key, submit_in, term_values, with_licences
from services.policies.held import OFFERED, Held, hold, hold_next
from services.policies.offering import (
    NextTerm,
    fingerprint,
    months_of,
    next_term,
    offered,
    offered_in_time,
    quoted_contents,
    told,
)
from services.policies.recording import begin, move, record
from services.policies.requests import Request
from services.policies.schemas import RenewalIn, RenewalQuoteIn
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
        policy that is not active, or renewed already, and (``renewal_too_late``) where a law wanted its price or its terms told
        earlier.
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

    async def quote(
        self, actor: Actor, policy_id: UUID, body: RenewalQuoteIn, *, expected: int | None, key: str | None
    ) -> None:
        """Keep the carrier's quote for the next term, for the offer to come; an offer of which nothing is paid is made anew with
        it. For a person. Raises Conflict where the next term is paid, Invalid for a quote that is over or does not fit.
        """
        actor.require(Scope.POLICIES_WRITE)
        actor.require_person("a person enters the carrier's quote")
        request = Request.of(actor, "renewal_quote", key, body.model_dump(mode="json"))
        async with self._database.begin(actor) as uow:
            held, at = await hold(uow, policy_id), now()
            if await request.done(uow, policy_id):
                return
            held.require_version(expected)
            quote = _quote(held, body, actor, at)
            other = await _unpaid_offer(uow, held, at)
            base = (other or held).contents
            contents = quoted_contents(base, quote)
            if (fault := too_dear(contents)) is not None:
                raise Invalid("the premium cannot be", fields=(fault,))
            await record(
                uow, held, Act.RENEWAL_QUOTED, key=request.key, at=at, values={"renewal_quote": quote},
                price_before_minor=held.contents.price, price_after_minor=contents.price,
                valid_until=body.valid_until, request=request.body,
            )  # fmt: skip
            if other is not None:
                await _offer_anew(uow, held, other, contents, quote, request.key, at)


async def offer_in(uow: UnitOfWork, held: Held, body: RenewalIn, key: str, at: datetime, **data: Any) -> UUID:
    """Prepare the next term within the caller's transaction."""
    row = held.row
    _require_renewable(held)
    if held.renewed:
        raise Conflict("the policy is renewed already", code="renewed")
    following = next_term(held, body, at)
    offer = offered_in_time(held, following, at)
    number = {"number": body.number.strip(), "number_key": number_key(body.number)} if body.number else {}
    plan = {name: value for name, value in row.plan.items() if name not in OWN_PLAN}
    values = {
        **{name: getattr(row, name) for name in KEPT}, **number, **term_values(following.contract),
        **contents_values(following.contents), "contract": contract_row(following.contract), "plan": plan,
        "renews_id": row.id, "term_number": row.term_number + 1, "offer": offer.as_row(),
    }  # fmt: skip
    renewal_id = derived_id(row.id, "renewal", key)
    made = await uow.policies.add({"id": renewal_id, **new_row(values, uow.actor, at)})
    renewal = await begin(uow, made, f"renews:{row.id}")
    held.renewal = made
    await record(uow, held, Act.RENEWAL_OFFERED, key=key, at=at, renewal_id=renewal_id, **told(offer), **data)
    if not catalogue().faults(catalogue().of(row.type), following.contents) and at < made.ends_at:
        await submit_in(uow, renewal, f"renews:{row.id}:submit", at)
    else:
        await uow.policies.set_timers(renewal_id, timers_of(renewal, at))
    return renewal_id


def _require_renewable(held: Held) -> None:
    if held.status not in {PolicyStatus.ACTIVE, PolicyStatus.EXPIRED}:
        raise Conflict(f"the policy is {held.row.status}; what is active is renewed", code=f"policy_{held.row.status}")


async def carry_over(
    uow: UnitOfWork, held: Held, operations: Sequence[Operation], endorsement_id: UUID, key: str, at: datetime
) -> None:
    """Bring a change of a term to the next one, within the caller's transaction: an offer of which nothing is paid is made anew
    with it; what is paid, or does not take the change, or has the carrier's own price, is for a person.
    """
    if held.renewal is None:
        return
    other = await hold_next(uow, held.renewal)
    if at >= other.row.starts_at or other.status not in {PolicyStatus.DRAFT, PolicyStatus.PENDING_PAYMENT, *IN_FORCE}:
        return
    why: dict[str, Any] = {"code": "endorsed", "endorsement_id": str(endorsement_id)}
    contents = _with_change(other, operations)
    if contents is None:
        words = (
            "the term before this one was changed, and this one goes on without the change: it is paid, or does not have what "
            "was changed, or the carrier quoted it without; endorse it, enter another quote of the carrier, or tell the insured"
        )
        why["code"] = "renewal_without_change"
        await record(uow, other, Act.NEEDS_A_PERSON, key=f"{key}:next", at=at, words=words, **why)
        return
    basis, quote = _basis(other), held.row.renewal_quote
    following = NextTerm(other.contract, contents, basis, quote if basis is OfferBasis.CARRIER_QUOTE else None)
    await _made_anew(uow, held, other, following, offered(held, following, at), key, at, **why)


def _with_change(other: Held, operations: Sequence[Operation]) -> Contents | None:
    """The contents of an offer with a change; None where money came or is on its way, where it does not fit, or where it sets a
    premium of this term beside those that the carrier quoted for the next.
    """
    if other.status in IN_FORCE or _money_came(other):
        return None
    if _basis(other) is OfferBasis.CARRIER_QUOTE and any(says_price(one) for one in operations):
        return None
    try:
        contents = other.contents.after(operations, "the change of the term before")
        return None if too_dear(contents) else contents
    except (Conflict, Invalid):
        return None


async def _unpaid_offer(uow: UnitOfWork, held: Held, at: datetime) -> Held | None:
    """The offer that a quote replaces; None where there is none yet. Raises Conflict for one that is agreed on."""
    _require_renewable(held)
    if held.renewal is None:
        return None
    other = await hold_next(uow, held.renewal)
    if other.row.status not in OFFERED or _money_came(other) or at >= other.row.starts_at:
        raise Conflict("the next term is paid, or has begun; endorse it instead", code="renewal_paid")
    return other


async def _offer_anew(
    uow: UnitOfWork, held: Held, other: Held, contents: Contents, quote: dict[str, Any], key: str, at: datetime
) -> None:
    """Put the carrier's quote in the place of an offer that is not paid."""
    contract = next_term(held, RenewalIn(months=quote["months"]), at).contract
    following = NextTerm(contract, contents, OfferBasis.CARRIER_QUOTE, quote)
    offer = offered_in_time(held, following, at)
    await _made_anew(uow, held, other, following, offer, key, at, code="requoted")


async def _made_anew(
    uow: UnitOfWork, held: Held, other: Held, following: NextTerm, offer: Offer, key: str, at: datetime, **why: Any
) -> None:
    """Replace an offer, and say so on both terms."""
    if other.status is PolicyStatus.PENDING_PAYMENT:
        facts = other.facts(at, other.contract.start)
        await move(uow, other, Happening.REOPENED, facts, key=f"{key}:reopened", values={"schedule": []}, **why)
    other.contract = following.contract
    values = {
        **contents_values(following.contents), **term_values(following.contract), "offer": offer.as_row(),
    }  # fmt: skip
    await record(uow, other, Act.REVISED, key=f"{key}:next", at=at, values=values, **why)
    if not catalogue().faults(catalogue().of(other.row.type), following.contents):
        await submit_in(uow, other, f"{key}:submit", at)
        said = {**why, **told(offer), "renewal_id": other.row.id}
        await record(uow, held, Act.RENEWAL_OFFERED, key=f"{key}:offered", at=at, **said)


def _quote(held: Held, body: RenewalQuoteIn, actor: Actor, at: datetime) -> dict[str, Any]:
    """The quote as it is kept. Raises Invalid for one that is over, or for a term that the type does not have."""
    today = held.today(at)
    if body.valid_until < today:
        fault = FieldError(
            "valid_until", "over", f"it is {today}", "ask the carrier for another quote", str(body.valid_until)
        )
        raise Invalid("the carrier's quote is over", fields=(fault,))
    months, base = months_of(held, body.months), held.contents
    stated = None if body.contents is None else with_licences(body.contents.contents(), base).as_row()
    return {
        "contents": stated, "premiums": body.premiums, "months": months, "reference": body.reference,
        "reasons": body.reasons, "valid_until": body.valid_until.isoformat(), "by": actor.subject, "at": at.isoformat(),
        "of": fingerprint(base, whole=stated is not None),
    }  # fmt: skip


def _basis(other: Held) -> OfferBasis:
    return OfferBasis.ENTERED if other.row.offer is None else OfferBasis(other.row.offer["basis"])


def _money_came(other: Held) -> bool:
    return any(one.state in {"pending", "settled"} for one in other.payments)
