"""What a step would do to the money of a policy, before anybody agrees to it; nothing is written."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from domain.actor import Actor, Scope
from domain.policies.asking.telling import PRICE_AWAITED
from domain.policies.lifecycle import follow
from domain.policies.offers import OfferBasis
from domain.policies.term import priced
from domain.policies.words import Reason
from kernel.clock import now
from kernel.errors import Conflict
from services.policies.held import Held, hold
from services.policies.offering import next_term, offered_in_time
from services.policies.reading import Reading
from services.policies.reinstating import reinstatement
from services.policies.request_views import MoneyEffect
from services.policies.schemas import ReinstateIn, RenewalIn
from store.uow import Database


class Effects:
    """Each needs ``policies:read``."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._reading = Reading(database)

    async def endorsement(self, actor: Actor, policy_id: UUID, endorsement_id: UUID) -> MoneyEffect:
        """Of an endorsement as it was quoted."""
        found = await self._reading.one(actor, policy_id)
        one = next(one for one in found.endorsements if one.id == endorsement_id)
        return endorsement_money(found.currency, found.written_minor, one.model_dump(), unrated=one.unrated)

    async def cancellation(self, actor: Actor, policy_id: UUID, day: date, reason: Reason) -> MoneyEffect:
        """Of an end at the insured's request on a day."""
        found = await self._reading.one(actor, policy_id)
        quote = await self._reading.quote_cancel(actor, policy_id, day, reason)
        return _effect(
            found.currency, found.written_minor, -quote.premium_return_minor, -quote.tax_return_minor,
            -quote.fee_return_minor, refund_minor=quote.refund_minor, words=f"{quote.words} {quote.why_method}",
        )  # fmt: skip

    async def reinstatement(self, actor: Actor, policy_id: UUID, body: ReinstateIn) -> MoneyEffect:
        """Of cover taken up again. Raises Conflict where the life cycle refuses it."""
        actor.require(Scope.POLICIES_READ)
        async with self._database.begin(actor) as uow:
            held = await hold(uow, policy_id, locked=False)
        back = reinstatement(held, body, now())
        follow(held.status, back.happening, back.facts)
        before, after = held.term, priced(held.contract, [*held.changes, back.change])
        return _effect(
            held.row.currency, before.written, after.written - before.written,
            sum(one.tax for one in after.lines) - sum(one.tax for one in before.lines),
            sum(one.fee for one in after.lines) - sum(one.fee for one in before.lines),
        )  # fmt: skip

    async def renewal(self, actor: Actor, policy_id: UUID) -> MoneyEffect:
        """Of the next term, at the carrier's quote or as this one is: its price beside what this term was written for. Raises
        Conflict where the policy is renewed already, or the quote is not good any more.
        """
        actor.require(Scope.POLICIES_READ)
        async with self._database.begin(actor) as uow:
            held = await hold(uow, policy_id, locked=False)
        if held.renewed:
            raise Conflict("the policy is renewed already", code="renewed")
        return _renewal(held, now())


def endorsement_money(currency: str, written: int, quoted: Mapping[str, Any], *, unrated: bool) -> MoneyEffect:
    """Of an endorsement as ``quoted``, of a term that is written for so much."""
    words = PRICE_AWAITED if unrated else ""
    return _effect(
        currency, written, quoted["premium_change_minor"], quoted["tax_change_minor"], unrated=unrated, words=words
    )


def _renewal(held: Held, at: datetime) -> MoneyEffect:
    following = next_term(held, RenewalIn(), at)
    offer = offered_in_time(held, following, at)
    whose = {
        OfferBasis.CARRIER_QUOTE: f"the carrier's quote {offer.reference}",
        OfferBasis.AS_EXPIRING: "the price of the present term, since the carrier has given no other yet",
    }[offer.basis]
    words = f"the next term begins on {held.contract.end} at {whose}"
    return _effect(held.row.currency, held.row.written_minor, offer.after.price - held.row.written_minor, words=words)


def _effect(currency: str, before: int, premium: int, tax: int = 0, fee: int = 0, **parts: Any) -> MoneyEffect:
    return MoneyEffect(
        currency=currency, written_before_minor=before, written_after_minor=before + premium, premium_change_minor=premium,
        tax_change_minor=tax, fee_change_minor=fee, **parts,
    )  # fmt: skip
