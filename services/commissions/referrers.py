"""The share of whoever referred the client: by the plan, to whom the network credits the sale, where the law lets it accrue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from domain.commissions.plan import Plan
from domain.commissions.terms import REFERRER, Party
from domain.referral_law import Event, Reward, law_table, may_accrue
from kernel.errors import FieldError, Invalid
from services.commissions.licensed import licences
from services.commissions.schemas import AccrualIn
from store.sql.models import ReferralCreditRow
from store.uow import UnitOfWork


@dataclass(frozen=True, slots=True)
class Referred:
    """Who is credited with the sale, the share of the parties' part that is theirs, and what is kept of why with the posting."""

    credit: ReferralCreditRow | None = None
    share: Fraction = Fraction(0)
    facts: Mapping[str, Any] = field(default_factory=dict)

    def party(self, others: Fraction) -> list[Party]:
        """The referrer beside parties of a weight of ``others`` together; nobody where there is no share."""
        if self.credit is None or not self.share:
            return []
        return [Party(others * self.share / (1 - self.share), REFERRER, producer=str(self.credit.producer_id))]


async def credit_of(uow: UnitOfWork, referral_id: UUID, event: Event) -> ReferralCreditRow:
    """Who is credited for what became of the referral. Raises Invalid where nobody is, or no more."""
    found = await uow.credits.earned_by(referral_id, event.value)
    if found is None:
        fault = FieldError(
            "referral_id", "not_credited", f"is of no referral that is credited as {event.value}",
            "use one whose credits say so (GET /broker-network/referrals/{id}/credits)", str(referral_id),
        )  # fmt: skip
        raise Invalid("the referral is not credited with this", fields=(fault,))
    return found


async def referred(uow: UnitOfWork, given: AccrualIn, plan: Plan, day: date) -> Referred:
    """The referrer of the sale. What the law does not let accrue, or a fee has paid, is no share: the parties have it, and the
    facts say why.
    """
    if given.referral_id is None:
        return Referred()
    policy = given.policy
    credit = await credit_of(uow, given.referral_id, Event.CONVERTED)
    share = plan.referral_share(policy.line, policy.carrier, policy.state, given.term)
    who = str(credit.producer_id)
    licence = (await licences(uow, [who], policy.line, policy.state, day))[who]
    told = may_accrue(Reward(policy.state, Event.CONVERTED, day, licensed=licence.licensed), law_table())
    code = told.code if share else "no_share"
    if share and await uow.ledger.facts_of(fee_key(given.referral_id, Event.CONVERTED)):
        share, code = Decimal(0), "fee_paid"
    facts = {
        "referral": {
            "id": str(credit.earned_by), "by": str(credit.referral_id),
            "share": str(share if told.allowed else 0), "code": code, "citation": told.citation, "law": told.version,
        }
    }  # fmt: skip
    return Referred(credit, Fraction(share) if told.allowed else Fraction(0), facts)


def fee_key(referral_id: UUID, trigger: Event) -> str:
    """What the ledger files the fee for a referral's credit under, so that it is paid once."""
    return f"fee:referral:{referral_id}:{trigger.value}"


async def fee_terms(uow: UnitOfWork, referral_id: UUID, trigger: Event, payee: UUID) -> None:
    """Hold a fee for a referral to its credit: to nobody else, and not beside a share of the sale. Raises Invalid."""
    credit = await credit_of(uow, referral_id, trigger)
    if credit.producer_id != payee:
        fault = FieldError(
            "payee_id", "not_credited", "is not who is credited", "pay whoever the credit names", str(payee)
        )  # fmt: skip
        raise Invalid("another producer is credited with this referral", fields=(fault,))
    if trigger is Event.CONVERTED and await uow.commissions.shares_by_referral(referral_id):
        fault = FieldError(
            "referral_id", "shared", "has a share of the sale's commission", "pay the share or a fee, not both", str(referral_id)
        )  # fmt: skip
        raise Invalid("the sale of this referral is paid by a share of its commission", fields=(fault,))
